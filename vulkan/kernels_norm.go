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
