package vulkan

import (
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// topK computes ArgMax, too, whose output has one place for each row.
func topK(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	k := in[0].Shape().Last()
	rows := in[0].Shape().Rows()
	count := n(out[0]) / max(1, rows)
	b.command("topk").out(out[0]).in(in[0]).ints(rows, k, count).run(groups(rows), rows*k*count)
}

// rowSum adds the chains of the samples.
func rowSum(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	samples, width := in[0].Shape().Dim(0), in[0].Shape().Last()
	rows := in[0].Shape().Rows() / max(1, samples)
	b.command("sum_rows").update(out[0]).in(in[0]).ints(width, samples, rows, rows*width, 1).flag(at.Accumulate).
		run(groups(width), n(in[0]))
}

// broadcastGrad adds the repetitions of b in one chain.
func broadcastGrad(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	width := n(out[0])
	b.command("sum_rows").update(out[0]).in(in[0]).ints(width, n(in[0])/max(1, width), 1, width, 0).flag(at.Accumulate).
		run(groups(width), n(in[0]))
}

// rowGroups returns the number of workgroups for kernels that work on rows, four in
// each.
func rowGroups(rows int) int { return (rows + 3) / 4 }

func softmax(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	rows := in[0].Shape().Rows()
	b.command("softmax").update(out[0]).in(in[0]).ints(rows, in[0].Shape().Last()).run(rowGroups(rows), 32*n(in[0]))
}

func softmaxGrad(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	rows := in[0].Shape().Rows()
	b.command("softmax_grad").out(out[0]).in(in[0], in[1]).ints(rows, in[0].Shape().Last()).run(rowGroups(rows), 4*n(in[0]))
}
