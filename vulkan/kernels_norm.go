package vulkan

import (
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

func layerNorm(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	rows := in[0].Shape().Rows()
	b.command("layer_norm").out(out[0], out[1], out[2]).in(in[0], in[1], in[2]).
		ints(rows, in[0].Shape().Last()).float(at.Eps).run(rowGroups(rows), 8*n(in[0]))
}

func layerNormGradX(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	rows := in[0].Shape().Rows()
	b.command("layer_norm_grad_x").update(out[0]).in(in[0], in[1], in[2], in[3], in[4]).
		ints(rows, in[0].Shape().Last()).flag(at.Accumulate).run(rowGroups(rows), 16*n(in[0]))
}

func layerNormGradParams(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	dy := in[0].Shape()
	d, samples := dy.Last(), dy.Dim(0)
	b.command("layer_norm_grad_params").update(out[0], out[1]).in(in[0], in[1], in[2], in[3]).
		ints(d, samples, dy.Rows()/max(1, samples)).flag(at.Accumulate).run(groups(d), 4*n(in[0]))
}

func batchNorm(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	s := in[0].Shape()
	b.command("batch_norm").out(out[0], out[1], out[2], out[3]).in(in[0]).ints(s.Dim(0), s.Dim(1)).float(at.Eps).run(groups(s.Dim(1)), 6*n(in[0]))
}

func batchNormGrad(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	s := in[0].Shape()
	b.command("batch_norm_grad").out(out[0]).in(in[0], in[1], in[2]).ints(s.Dim(0), s.Dim(1)).run(groups(s.Dim(1)), 6*n(in[0]))
}

func standardize(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	y := out[0]
	b.command("standardize").out(y).in(in[0], in[1], in[2]).ints(n(y), y.Shape().Dim(1)).flag(in[1] != nil).float(at.Eps).each(n(y))
}

func runningStats(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	keep, take, unbiased := ops.RunningWeights(at.Scale, at.Count)
	b.command("running_stats").update(out[0], out[1]).in(in[0], in[1], in[2]).ints(n(out[0])).flag(in[2] != nil).
		float(keep).float(take).float(unbiased).each(n(out[0]))
}
