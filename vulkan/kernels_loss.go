package vulkan

import (
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

func normPatches(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	rows := in[0].Shape().Rows()
	b.command("norm_patches").out(out[0]).in(in[0]).ints(rows, in[0].Shape().Last()).float(at.Eps).run(rowGroups(rows), 8*n(in[0]))
}

// patchMSE takes the mean of each patch, and of these.
func patchMSE(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	scope := b.Mark()
	defer b.Release(scope)
	s := in[0].Shape()
	means := b.New(tensor.F32, tensor.Of(s.Dim(0), s.Dim(1)))
	b.command("patch_mse").out(means).in(in[0], in[1]).ints(s.Rows(), s.Last()).run(rowGroups(s.Rows()), 4*n(in[0]))
	b.command("row_mean").out(out[0]).in(means).ints(s.Dim(0), s.Dim(1)).run(rowGroups(s.Dim(0)), n(means))
}

func patchMSEGrad(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	y := out[0]
	b.command("patch_mse_grad").out(y).in(in[0], in[1], in[2]).ints(n(y), n(y)/max(1, y.Shape().Dim(0))).each(n(y))
}

func crossEntropy(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	rows := in[0].Shape().Rows()
	b.command("cross_entropy").out(out[0]).update(out[1]).in(in[0], in[1]).ints(rows, in[0].Shape().Last()).run(rowGroups(rows), 64*n(in[0]))
}

func crossEntropyGrad(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	rows := in[0].Shape().Rows()
	b.command("cross_entropy_grad").out(out[0]).in(in[0], in[1], in[2]).ints(rows, in[0].Shape().Last()).run(rowGroups(rows), 32*n(in[0]))
}

// consistencyScratch returns memory for the distributions of n samples, as the shaders
// lay them out.
func (b *Backend) consistencyScratch(n, k int, r *ops.Regulariser) *tensor.Tensor {
	return b.New(tensor.F32, tensor.Of(n, (2*r.Copies+4)*k))
}

// regularised passes the sizes and the form of a loss of n samples.
func (c *command) regularised(n, k int, r *ops.Regulariser) *command {
	return c.ints(n, k, r.Copies).flag(r.Together).ints(int(r.Form)).float(r.Lambda)
}

func consistency(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	scope := b.Mark()
	defer b.Release(scope)
	count, k := n(out[0]), in[0].Shape().Last()
	scratch := b.consistencyScratch(count, k, &at.Reg)
	b.command("consistency").out(out[0]).update(scratch).in(in[0]).regularised(count, k, &at.Reg).float(at.Reg.Eta).
		run(rowGroups(count), 64*n(in[0]))
}

func consistencyGrad(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	scope := b.Mark()
	defer b.Release(scope)
	count, k, u := n(in[1]), in[0].Shape().Last(), 0.0
	switch at.Reg.Form {
	case ops.ConsistencyDefault:
		u = at.Reg.Lambda - at.Reg.Eta
	case ops.ConsistencyKL:
		u = at.Reg.Lambda
	}
	scratch := b.consistencyScratch(count, k, &at.Reg)
	b.command("consistency_grad").out(out[0]).update(scratch).in(in[0], in[1]).regularised(count, k, &at.Reg).float(u).
		run(rowGroups(count), 96*n(in[0]))
}
