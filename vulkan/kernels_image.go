package vulkan

import (
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

func patchify(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	patches(b, out[0], in[0], in[0].Shape(), at, false)
}

func unpatchify(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	patches(b, out[0], in[0], out[0].Shape(), at, true)
}

// patches copies between images of the given shape and their patches.
func patches(b *Backend, y, x *tensor.Tensor, img tensor.Shape, at *ops.Attr, inverse bool) {
	b.command("patchify").out(y).in(x).ints(n(y), img.Dim(1), img.Dim(2), img.Dim(3), at.Patch).
		flag(at.Order == ops.RowColumnChannel).flag(inverse).each(n(y))
}

func normalize(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	y, x := out[0], in[0].Shape()
	c := b.command("normalize").out(y).in(in[0]).ints(n(y), x.Dim(1), x.Dim(2)*x.Dim(3))
	for _, channel := range at.Chan {
		for _, v := range channel {
			c.float(v)
		}
	}
	c.each(n(y))
}

func pixels(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	y, x, image := out[0], in[0], in[1]
	size := n(y) / max(1, y.Shape().Dim(0))
	c := b.command("pixels").out(y)
	first := c.bytes(x)
	c.in(image).ints(n(y), size).flag(image != nil).ints(first).each(n(y))
}

func mix(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	c := b.command("mix").out(out[0]).in(in[0], in[1], nil, nil)
	c.mixed(in[0], false)
	c.ints(at.Box[:]...).float(at.Scale).float(1 - at.Scale).each(n(out[0]))
}

func mixRows(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	c := b.command("mix").out(out[0]).in(in[0], in[1], in[2], in[3])
	c.mixed(in[0], true)
	c.ints(0, 0, 0, 0).float(0).float(0).each(n(out[0]))
}

// mixed passes the sizes of the images of a mix.
func (c *command) mixed(x *tensor.Tensor, rows bool) {
	s := x.Shape()
	c.ints(n(x), s.Dim(1)*s.Dim(2)*s.Dim(3), s.Dim(2), s.Dim(3)).flag(rows)
}
