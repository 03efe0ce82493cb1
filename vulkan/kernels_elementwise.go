package vulkan

import (
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// n returns the number of elements of a tensor.
func n(t *tensor.Tensor) int { return t.Shape().Elems() }

func fill(b *Backend, out, _ []*tensor.Tensor, at *ops.Attr) {
	y := out[0]
	b.command("fill").out(y).ints(n(y)).float(at.Value).each(n(y))
}

func copyTensor(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	y, x := b.span("copy", out[0]), b.span("copy", in[0])
	if b.err != nil || n(out[0]) == 0 {
		return
	}
	dst, src := b.buffer("copy", out[0]).place.block, b.buffer("copy", in[0]).place.block
	b.check(b.recorder.copy(dst, y.lo-dst.address, src, x.lo-src.address, x.size()))
}

func add(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	y := out[0]
	b.command("add").out(y).in(in[0], in[1]).ints(n(y), n(in[1])).each(n(y))
}

func addInPlace(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	y := out[0]
	b.command("add_in_place").update(y).in(in[0]).ints(n(y)).each(n(y))
}

func scaleInPlace(b *Backend, out, _ []*tensor.Tensor, at *ops.Attr) {
	y := out[0]
	b.command("scale_in_place").update(y).ints(n(y)).float(at.Scale).each(n(y))
}

func rowScale(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	y, s := out[0], in[1]
	b.command("row_scale").out(y).in(in[0], s).ints(n(y), n(y)/max(1, n(s))).each(n(y))
}
