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
	s := in[0].Shape()
	h, w, oh, ow := s.Dim(2), s.Dim(3), at.Size[0], at.Size[1]
	planes := s.Dim(0) * s.Dim(1)
	b.each(planes, 1, job{
		dst: floats(out[0]), dst2: b.scratch(planes * h * ow), a: floats(in[0]),
		size: [6]int{h, w, oh, ow},
		fn: func(j *job, lo, hi int) {
			h, w, oh, ow := j.size[0], j.size[1], j.size[2], j.size[3]
			for plane := lo; plane < hi; plane++ {
				lines := j.dst2[plane*h*ow : (plane+1)*h*ow]
				resizeRows(lines, j.a[plane*h*w:(plane+1)*h*w], h, w, ow)
				resizeColumns(j.dst[plane*oh*ow:(plane+1)*oh*ow], lines, h, oh, ow)
			}
		}})
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

// resizeGrad undoes the columns first: each line of the image before them is a
// chain of fused multiply-adds from +0 over the rows that read it, ascending.
// Then each pixel, in the same way, over the positions of its line.
func resizeGrad(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	s := in[0].Shape()
	oh, ow, h, w := s.Dim(2), s.Dim(3), at.Size[0], at.Size[1]
	planes := s.Dim(0) * s.Dim(1)
	b.each(planes, 1, job{
		dst: floats(out[0]), dst2: b.scratch(planes * h * ow), a: floats(in[0]),
		size: [6]int{h, w, oh, ow},
		fn: func(j *job, lo, hi int) {
			h, w, oh, ow := j.size[0], j.size[1], j.size[2], j.size[3]
			for plane := lo; plane < hi; plane++ {
				lines := j.dst2[plane*h*ow : (plane+1)*h*ow]
				resizeColumnsGrad(lines, j.a[plane*oh*ow:(plane+1)*oh*ow], h, oh, ow)
				resizeRowsGrad(j.dst[plane*h*w:(plane+1)*h*w], lines, h, w, ow)
			}
		}})
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
