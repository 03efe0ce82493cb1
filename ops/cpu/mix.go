package cpu

import (
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/tensor"
)

// mix processes all images with the weights (mixup) or the box (cutmix) of the
// attributes.
func mix(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	type args struct {
		y, x, temp rows[float32]
		partner    []int32
		h, w       int
		keep, take float32
		cutmix     bool
		box        [4]int
	}
	x, s := samplesOf(in[0]), in[0].Shape()
	each(b, x.count, x.grain(), args{
		y: samplesOf(out[0]), x: x, temp: mixupScratch(b, x.count), partner: ints(in[1]), h: s.Dim(2), w: s.Dim(3),
		keep: float32(at.Scale), take: float32(1 - at.Scale), cutmix: at.Cutmix(), box: at.Box,
	}, func(k *args, lo, hi int) {
		for i := lo; i < hi; i++ {
			y, own, partner := k.y.row(i), k.x.row(i), k.x.row(int(k.partner[i]))
			if k.cutmix {
				cutmixOne(y, own, partner, k.h, k.w, k.box)
			} else {
				mixupOne(y, own, partner, k.keep, k.take, k.temp.row(i))
			}
		}
	})
}

// mixRows processes each image with its own weights and box.
func mixRows(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	type args struct {
		y, x, temp rows[float32]
		partner    []int32
		h, w       int
		weights    rows[float32] // of the image and of its partner
		boxes      rows[int32]
	}
	x, s := samplesOf(in[0]), in[0].Shape()
	each(b, x.count, x.grain(), args{
		y: samplesOf(out[0]), x: x, temp: mixupScratch(b, x.count), partner: ints(in[1]), h: s.Dim(2), w: s.Dim(3),
		weights: samplesOf(in[2]), boxes: intsOf(in[3]),
	}, func(k *args, lo, hi int) {
		for i := lo; i < hi; i++ {
			y, own, partner := k.y.row(i), k.x.row(i), k.x.row(int(k.partner[i]))
			if box := [4]int32(k.boxes.row(i)); ops.HasBox(box) {
				cutmixOne(y, own, partner, k.h, k.w, [4]int{int(box[0]), int(box[1]), int(box[2]), int(box[3])})
			} else {
				weights := k.weights.row(i)
				mixupOne(y, own, partner, weights[0], weights[1], k.temp.row(i))
			}
		}
	})
}

// mixupPiece is the number of pixels that mixup blends at a time.
const mixupPiece = 1024

// mixupScratch returns a row of mixupPiece values for each of n images.
func mixupScratch(b *Backend, n int) rows[float32] {
	return rows[float32]{b.scratch(n * mixupPiece), n, mixupPiece}
}

// mixupOne rounds both products before their sum; temp holds the second one.
func mixupOne(y, own, partner []float32, keep, take float32, temp []float32) {
	for len(y) > 0 {
		n := min(len(y), len(temp))
		simd.Scale(y[:n], own[:n], keep)
		simd.Scale(temp[:n], partner[:n], take)
		simd.Add(y[:n], y[:n], temp[:n])
		y, own, partner = y[n:], own[n:], partner[n:]
	}
}

func cutmixOne(dst, own, partner []float32, h, w int, box [4]int) {
	copy(dst, own)
	for plane := 0; plane < len(dst); plane += h * w {
		for r := box[0]; r < box[1]; r++ {
			row := plane + r*w
			copy(dst[row+box[2]:row+box[3]], partner[row+box[2]:row+box[3]])
		}
	}
}
