package vulkan

import (
	"math"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// heads are the sizes of attention over qkv [B, T, 3W].
type heads struct {
	rows, tokens, width, each, number int
	scale                             float64
}

func headsOf(qkv *tensor.Tensor, at *ops.Attr) heads {
	s := qkv.Shape()
	width := s.Last() / 3
	d := width / at.Heads
	return heads{s.Dim(0) * s.Dim(1) * at.Heads, s.Dim(1), width, d, at.Heads, 1 / math.Sqrt(float64(d))}
}

// run runs a kernel that works on the rows, each the given number of times as much
// work as a product of a query with all keys.
func (h *heads) run(c *command, products int) {
	c.ints(h.rows, h.tokens, h.width, h.each, h.number).float(h.scale).
		run(rowGroups(h.rows), products*h.rows*h.tokens*max(1, h.each))
}

func attention(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	h := headsOf(in[0], at)
	h.run(b.command("attention").update(out[0]).in(in[0]), 4)
}

// attentionGrad computes dq and what the kernel that computes dk and dv needs of each
// query: the largest score, 1/Z and the sum over keys of p*dp.
func attentionGrad(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	scope := b.Mark()
	defer b.Release(scope)
	h := headsOf(in[1], at)
	stats := b.New(tensor.F32, tensor.Of(h.rows, 3))
	h.run(b.command("attention_grad_q").update(out[0], stats).in(in[0], in[1]), 7)
	h.run(b.command("attention_grad_kv").update(out[0]).in(stats, in[0], in[1]), 5)
}
