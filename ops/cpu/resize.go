package cpu

import (
	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/tensor"
)

// resize interpolates along rows first (a chain of four fused multiply-adds
// from +0, taps ascending), then along columns in the same way. Weights are
// float64 numbers rounded once.
func resize(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	type args struct {
		y, x, lines  rows[float32] // planes; lines are h lines of ow values
		h, w, oh, ow int
	}
	x, s := planesOf(in[0]), in[0].Shape()
	h, w, oh, ow := s.Dim(2), s.Dim(3), at.Size[0], at.Size[1]
	lines := rows[float32]{b.scratch(x.count * h * ow), x.count, h * ow}
	each(b, x.count, 1, args{planesOf(out[0]), x, lines, h, w, oh, ow}, func(k *args, lo, hi int) {
		for plane := lo; plane < hi; plane++ {
			lines := k.lines.row(plane)
			resizeRows(lines, k.x.row(plane), k.h, k.w, k.ow)
			resizeColumns(k.y.row(plane), lines, k.h, k.oh, k.ow)
		}
	})
}

func resizeRows(dst, src []float32, h, w, ow int) {
	for x := range ow {
		pos, weight := ops.CubicTaps(x, w, ow)
		for y := range h {
			var sum float32
			for k, p := range pos {
				sum = exact.FMA32(float32(weight[k]), src[y*w+p], sum)
			}
			dst[y*ow+x] = sum
		}
	}
}

func resizeColumns(dst, src []float32, h, oh, ow int) {
	for y := range oh {
		pos, weight := ops.CubicTaps(y, h, oh)
		row := dst[y*ow : (y+1)*ow]
		clear(row)
		for k, p := range pos {
			simd.AddScaled(row, row, float32(weight[k]), src[p*ow:(p+1)*ow])
		}
	}
}

// resizeGrad processes columns first: each intermediate line is a chain of
// fused multiply-adds from +0 over the rows that read it, in ascending order.
// Then each pixel is such a chain over the positions of its line.
func resizeGrad(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	type args struct {
		dx, dy, lines rows[float32] // planes; lines are h lines of ow values
		h, w, oh, ow  int
	}
	dy, s := planesOf(in[0]), in[0].Shape()
	oh, ow, h, w := s.Dim(2), s.Dim(3), at.Size[0], at.Size[1]
	lines := rows[float32]{b.scratch(dy.count * h * ow), dy.count, h * ow}
	each(b, dy.count, 1, args{planesOf(out[0]), dy, lines, h, w, oh, ow}, func(k *args, lo, hi int) {
		for plane := lo; plane < hi; plane++ {
			lines := k.lines.row(plane)
			resizeColumnsGrad(lines, k.dy.row(plane), k.h, k.oh, k.ow)
			resizeRowsGrad(k.dx.row(plane), lines, k.h, k.w, k.ow)
		}
	})
}

func resizeColumnsGrad(dst, src []float32, h, oh, ow int) {
	clear(dst)
	for y := range oh {
		pos, weight := ops.CubicTaps(y, h, oh)
		for k, p := range pos {
			line := dst[p*ow : (p+1)*ow]
			simd.AddScaled(line, line, float32(weight[k]), src[y*ow:(y+1)*ow])
		}
	}
}

func resizeRowsGrad(dst, src []float32, h, w, ow int) {
	clear(dst)
	for x := range ow {
		pos, weight := ops.CubicTaps(x, w, ow)
		for y := range h {
			for k, p := range pos {
				dst[y*w+p] = exact.FMA32(float32(weight[k]), src[y*ow+x], dst[y*w+p])
			}
		}
	}
}
