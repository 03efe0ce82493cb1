package cpu

import (
	"math"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/tensor"
)

// patchJob describes images and their patches: size is {C, H, W, patch}.
func patchJob(dst, src []float32, img tensor.Shape, at *ops.Attr) job {
	return job{dst: dst, a: src, at: at, size: [6]int{img.Dim(1), img.Dim(2), img.Dim(3), at.Patch}}
}

// eachPatchRow calls f for every horizontal run of pixels of an image that
// lies in one patch, with the position of the run in the image, of its first
// value among the patches, and the distance between its values there.
func (j *job) eachPatchRow(f func(img, patch, stride int)) {
	c, h, w, p := j.size[0], j.size[1], j.size[2], j.size[3]
	values := c * p * p
	for ch := range c {
		for y := range h {
			for gx := range w / p {
				img := (ch*h+y)*w + gx*p
				patch := (y/p*(w/p) + gx) * values
				if j.at.Order == ops.RowColumnChannel {
					f(img, patch+y%p*p*c+ch, c)
				} else {
					f(img, patch+(ch*p+y%p)*p, 1)
				}
			}
		}
	}
}

func patchify(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	j := patchJob(floats(out[0]), floats(in[0]), in[0].Shape(), at)
	j.fn = func(j *job, lo, hi int) {
		n, p := j.size[0]*j.size[1]*j.size[2], j.size[3]
		for s := lo; s < hi; s++ {
			img, patches := j.a[s*n:(s+1)*n], j.dst[s*n:(s+1)*n]
			j.eachPatchRow(func(i, o, stride int) {
				for x := range p {
					patches[o+x*stride] = img[i+x]
				}
			})
		}
	}
	b.each(in[0].Shape().Dim(0), tokenGrain(in[0]), j)
}

func unpatchify(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	j := patchJob(floats(out[0]), floats(in[0]), out[0].Shape(), at)
	j.fn = func(j *job, lo, hi int) {
		n, p := j.size[0]*j.size[1]*j.size[2], j.size[3]
		for s := lo; s < hi; s++ {
			patches, img := j.a[s*n:(s+1)*n], j.dst[s*n:(s+1)*n]
			j.eachPatchRow(func(i, o, stride int) {
				for x := range p {
					img[i+x] = patches[o+x*stride]
				}
			})
		}
	}
	b.each(in[0].Shape().Dim(0), tokenGrain(in[0]), j)
}

func normalize(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	s := in[0].Shape()
	b.each(s.Dim(0)*s.Dim(1), rowGrain(s.Dim(2)*s.Dim(3)), job{
		dst: floats(out[0]), a: floats(in[0]), at: at, size: [6]int{s.Dim(1), s.Dim(2) * s.Dim(3)},
		fn: func(j *job, lo, hi int) {
			c, n := j.size[0], j.size[1]
			for plane := lo; plane < hi; plane++ {
				mean, std := float32(j.at.Chan[0][plane%c]), float32(j.at.Chan[1][plane%c])
				simd.Normalize(j.dst[plane*n:(plane+1)*n], j.a[plane*n:(plane+1)*n], mean, std)
			}
		}})
}

// normPatches normalises each patch by its mean and unbiased variance:
// centred values, their sum of squares over P-1, plus eps, square root,
// division.
func normPatches(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	p := in[0].Shape().Last()
	b.each(in[0].Shape().Rows(), rowGrain(p), job{
		dst: floats(out[0]), a: floats(in[0]), size: [6]int{p}, s: float32(at.Eps),
		fn: func(j *job, lo, hi int) {
			p := j.size[0]
			for r := lo; r < hi; r++ {
				dst, x := j.dst[r*p:(r+1)*p], j.a[r*p:(r+1)*p]
				mean := simd.Sum(x) / float32(p)
				simd.Normalize(dst, x, mean, 1)
				variance := simd.SumSquares(dst) / float32(p-1)
				simd.Normalize(dst, dst, 0, float32(math.Sqrt(float64(variance+j.s))))
			}
		}})
}
