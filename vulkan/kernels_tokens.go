package vulkan

import (
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

func slice(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	y, x := out[0], in[0].Shape()
	b.command("slice").out(y).in(in[0]).ints(n(y), x.Dim(1), x.Dim(2), at.From, at.Count).each(n(y))
}

func sliceGrad(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	dx, dy := out[0], in[0].Shape()
	b.command("slice_grad").out(dx).in(in[0]).ints(n(dx), dy.Dim(1), dy.Dim(2), at.From, at.Count).each(n(dx))
}

func prepend(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	y, x := out[0], in[1].Shape()
	b.command("prepend").out(y).in(in[0], in[1]).ints(n(y), x.Dim(1), x.Dim(2)).each(n(y))
}

// prependGradToken adds the first rows of the samples in one chain.
func prependGradToken(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	dy := in[0].Shape()
	d := dy.Dim(2)
	b.command("sum_rows").update(out[0]).in(in[0]).ints(d, dy.Dim(0), 1, dy.Dim(1)*d, 0).flag(at.Accumulate).each(d)
}

func gather(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	y := out[0]
	b.command("gather").out(y).in(in[0], in[1]).ints(n(y), in[0].Shape().Dim(1), in[1].Shape().Dim(1), y.Shape().Dim(2)).each(n(y))
}

func gatherGrad(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	dx, dy := out[0], in[0]
	b.command("fill").out(dx).ints(n(dx)).float(0).each(n(dx))
	b.command("gather_grad").update(dx).in(dy, in[1]).ints(n(dy), at.Count, dy.Shape().Dim(1), dy.Shape().Dim(2)).each(n(dy))
}

func restore(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	y, x := out[0], in[0].Shape()
	b.command("restore").out(y).in(in[0], in[1], in[2]).ints(n(y), x.Dim(1)-1, in[2].Shape().Dim(1), x.Dim(2)).each(n(y))
}

func restoreGradX(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	dy := in[0]
	b.command("restore_grad_x").out(out[0]).in(dy, in[1]).ints(n(dy), at.Count, in[1].Shape().Dim(1), dy.Shape().Dim(2)).each(n(dy))
}

func restoreGradToken(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	dy := in[0].Shape()
	b.command("restore_grad_token").update(out[0]).in(in[0], in[1]).
		ints(dy.Dim(2), dy.Dim(0), in[1].Shape().Dim(1), at.Count).flag(at.Accumulate).each(dy.Dim(2))
}

func meanTokens(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	y, x := out[0], in[0].Shape()
	b.command("mean_tokens").out(y).in(in[0]).ints(n(y), x.Dim(1), x.Dim(2), at.From).
		float(ops.MeanWeight(x.Dim(1)-at.From)).run(groups(n(y)), n(in[0]))
}

func meanTokensGrad(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	dx := out[0]
	b.command("mean_tokens_grad").out(dx).in(in[0]).ints(n(dx), dx.Shape().Dim(2), at.From, at.Count).
		float(ops.MeanWeight(at.Count - at.From)).each(n(dx))
}
