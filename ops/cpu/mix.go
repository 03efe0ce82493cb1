package cpu

import (
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/tensor"
)

func mix(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	s := in[0].Shape()
	count, elems := samples(in[0])
	b.each(count, rowGrain(elems), job{
		dst: floats(out[0]), a: floats(in[0]), ids: tensor.Data[int32](in[1]), at: at, size: [6]int{elems, s.Dim(2), s.Dim(3)},
		fn: func(j *job, lo, hi int) {
			n := j.size[0]
			for i := lo; i < hi; i++ {
				other := int(j.ids[i])
				dst, own, partner := j.dst[i*n:(i+1)*n], j.a[i*n:(i+1)*n], j.a[other*n:(other+1)*n]
				if j.at.Cutmix() {
					cutmixOne(dst, own, partner, j.size[1], j.size[2], j.at.Box)
				} else {
					mixupOne(dst, own, partner, float32(j.at.Scale), float32(1-j.at.Scale))
				}
			}
		}})
}

func mixRows(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	s := in[0].Shape()
	count, elems := samples(in[0])
	b.each(count, rowGrain(elems), job{
		dst: floats(out[0]), a: floats(in[0]), ids: tensor.Data[int32](in[1]), b: floats(in[2]), ids2: tensor.Data[int32](in[3]), size: [6]int{elems, s.Dim(2), s.Dim(3)},
		fn: func(j *job, lo, hi int) {
			n := j.size[0]
			for i := lo; i < hi; i++ {
				other, box := int(j.ids[i]), [4]int32(j.ids2[4*i:])
				dst, own, partner := j.dst[i*n:(i+1)*n], j.a[i*n:(i+1)*n], j.a[other*n:(other+1)*n]
				if ops.HasBox(box) {
					cutmixOne(dst, own, partner, j.size[1], j.size[2], [4]int{int(box[0]), int(box[1]), int(box[2]), int(box[3])})
				} else {
					mixupOne(dst, own, partner, j.b[2*i], j.b[2*i+1])
				}
			}
		}})
}

func mixupOne(dst, own, partner []float32, keep, take float32) {
	var buf [1024]float32
	for len(dst) > 0 {
		n := min(len(dst), len(buf))
		simd.Scale(dst[:n], own[:n], keep)
		simd.Scale(buf[:n], partner[:n], take)
		simd.Add(dst[:n], dst[:n], buf[:n])
		dst, own, partner = dst[n:], own[n:], partner[n:]
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
