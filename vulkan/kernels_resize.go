package vulkan

import (
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// taps are the positions and weights of a bicubic interpolation from one length to
// another, on the device.
type taps struct{ pos, weights *tensor.Tensor }

// taps returns those from n positions to m, which stay on the device.
func (b *Backend) tapsOf(n, m int) taps {
	if t, ok := b.taps[[2]int{n, m}]; ok {
		return t
	}
	pos, weights := make([]int32, 0, 4*m), make([]float64, 0, 4*m)
	for i := range m {
		p, w := ops.CubicTaps(i, n, m)
		for k := range p {
			pos, weights = append(pos, int32(p[k])), append(weights, w[k])
		}
	}
	t := taps{b.Persist(tensor.I32, tensor.Of(4*m)), b.Persist(tensor.F32, tensor.Of(4*m))}
	b.Upload(t.pos, pos)
	b.Upload(t.weights, weights)
	b.taps[[2]int{n, m}] = t
	return t
}

// resize interpolates along rows, then along columns.
func resize(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	scope := b.Mark()
	defer b.Release(scope)
	s := in[0].Shape()
	h, w, oh, ow := s.Dim(2), s.Dim(3), at.Size[0], at.Size[1]
	lines := b.New(tensor.F32, tensor.Of(s.Dim(0), s.Dim(1), h, ow))
	b.resize("resize", lines, in[0], b.tapsOf(w, ow), n(lines), [4]int{h, w, h, ow}, true)
	b.resize("resize", out[0], lines, b.tapsOf(h, oh), n(out[0]), [4]int{h, ow, oh, ow}, false)
}

// resizeGrad undoes the columns first, then the rows.
func resizeGrad(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	scope := b.Mark()
	defer b.Release(scope)
	s := in[0].Shape()
	oh, ow, h, w := s.Dim(2), s.Dim(3), at.Size[0], at.Size[1]
	lines := b.New(tensor.F32, tensor.Of(s.Dim(0), s.Dim(1), h, ow))
	b.resize("resize_grad", lines, in[0], b.tapsOf(h, oh), n(lines), [4]int{h, ow, oh, ow}, false)
	b.resize("resize_grad", out[0], lines, b.tapsOf(w, ow), n(out[0]), [4]int{h, w, h, ow}, true)
}

// resize runs a kernel for one direction; sizes are those of its input and output.
func (b *Backend) resize(kernel string, y, x *tensor.Tensor, t taps, n int, sizes [4]int, rows bool) {
	b.command(kernel).out(y).in(x, t.pos, t.weights).ints(n).ints(sizes[:]...).flag(rows).run(groups(n), 4*n)
}
