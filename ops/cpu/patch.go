package cpu

import (
	"math"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/tensor"
)

// patchGrid describes the division of images [C, H, W] into patches of p x p
// pixels.
type patchGrid struct {
	c, h, w, p int
	order      ops.Order
}

func newPatchGrid(images *tensor.Tensor, at *ops.Attr) patchGrid {
	s := images.Shape()
	return patchGrid{s.Dim(1), s.Dim(2), s.Dim(3), at.Patch, at.Order}
}

// eachRun calls f for every horizontal run of p pixels of an image within one
// patch. img is the run's offset in the image, patch the offset of its first
// value in the patches, and stride the distance between its values there.
func (g *patchGrid) eachRun(f func(img, patch, stride int)) {
	c, h, w, p := g.c, g.h, g.w, g.p
	values := c * p * p
	for ch := range c {
		for y := range h {
			for gx := range w / p {
				img := (ch*h+y)*w + gx*p
				patch := (y/p*(w/p) + gx) * values
				if g.order == ops.RowColumnChannel {
					f(img, patch+y%p*p*c+ch, c)
				} else {
					f(img, patch+(ch*p+y%p)*p, 1)
				}
			}
		}
	}
}

func patchify(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	type args struct {
		patches, images rows[float32] // one row a sample
		grid            patchGrid
	}
	images := samplesOf(in[0])
	each(b, images.count, images.grain(), args{samplesOf(out[0]), images, newPatchGrid(in[0], at)}, func(k *args, lo, hi int) {
		for s := lo; s < hi; s++ {
			patches, image := k.patches.row(s), k.images.row(s)
			k.grid.eachRun(func(i, o, stride int) {
				for x := range k.grid.p {
					patches[o+x*stride] = image[i+x]
				}
			})
		}
	})
}

func unpatchify(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	type args struct {
		images, patches rows[float32] // one row a sample
		grid            patchGrid
	}
	images := samplesOf(out[0])
	each(b, images.count, images.grain(), args{images, samplesOf(in[0]), newPatchGrid(out[0], at)}, func(k *args, lo, hi int) {
		for s := lo; s < hi; s++ {
			image, patches := k.images.row(s), k.patches.row(s)
			k.grid.eachRun(func(i, o, stride int) {
				for x := range k.grid.p {
					image[i+x] = patches[o+x*stride]
				}
			})
		}
	})
}

func normalize(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	type args struct {
		y, x      rows[float32] // planes
		channels  int
		mean, std [3]float64 // of each channel
	}
	x := planesOf(in[0])
	each(b, x.count, x.grain(), args{planesOf(out[0]), x, in[0].Shape().Dim(1), at.Chan[0], at.Chan[1]}, func(k *args, lo, hi int) {
		for plane := lo; plane < hi; plane++ {
			c := plane % k.channels
			simd.Normalize(k.y.row(plane), k.x.row(plane), float32(k.mean[c]), float32(k.std[c]))
		}
	})
}

// normPatches normalises each patch by its mean and unbiased variance:
// centred values, their sum of squares over P-1, plus eps, square root,
// division.
func normPatches(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	type args struct {
		y, x rows[float32]
		eps  float32
	}
	x := rowsOf(in[0])
	each(b, x.count, x.grain(), args{rowsOf(out[0]), x, float32(at.Eps)}, func(k *args, lo, hi int) {
		p := k.x.width
		for r := lo; r < hi; r++ {
			y, x := k.y.row(r), k.x.row(r)
			mean := simd.Sum(x) / float32(p)
			simd.Normalize(y, x, mean, 1)
			variance := simd.SumSquares(y) / float32(p-1)
			simd.Normalize(y, y, 0, float32(math.Sqrt(float64(variance+k.eps))))
		}
	})
}

// inputOf is the network input for every 8-bit pixel value.
var inputOf = func() (y [256]float32) {
	for x := range y {
		y[x] = float32(x) / 255
	}
	return y
}()

func pixels(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	type args struct {
		y     rows[float32]
		x     rows[uint8]
		image []int32 // the row of x of each sample; nil if sample s uses row s
	}
	y := samplesOf(out[0])
	each(b, y.count, y.grain(), args{y, bytesOf(in[0]), ints(in[1])}, func(k *args, lo, hi int) {
		for s := lo; s < hi; s++ {
			y := k.y.row(s)
			for i, x := range k.x.row(picked(k.image, s))[:len(y)] {
				y[i] = inputOf[x]
			}
		}
	})
}
