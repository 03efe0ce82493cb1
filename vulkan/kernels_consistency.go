package vulkan

import (
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

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
