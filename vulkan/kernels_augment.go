package vulkan

import (
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

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

func addNoise(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	y := out[0]
	b.command("add_noise").out(y).in(in[0], in[1], in[2], in[3], in[4]).
		ints(n(y), n(y)/max(1, y.Shape().Dim(0))).flag(in[3] != nil).flag(in[4] != nil).
		ints(int(uint32(at.Seed)), int(at.Seed>>32), int(at.Stream), int(at.Copy)).float(at.Scale).
		run(groups(n(y)), 64*n(y))
}
