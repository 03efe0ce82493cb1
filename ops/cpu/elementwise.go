package cpu

import (
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/tensor"
)

// add adds b to a, broadcasting b over the leading dimensions of a.
func add(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	y := floats(in[1])
	b.each(len(floats(in[0]))/max(len(y), 1), rowGrain(len(y)), job{
		dst: floats(out[0]), a: floats(in[0]), b: y,
		fn: func(j *job, lo, hi int) {
			n := len(j.b)
			for r := lo; r < hi; r++ {
				simd.Add(j.dst[r*n:(r+1)*n], j.a[r*n:(r+1)*n], j.b)
			}
		}})
}

func addInPlace(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	dst := floats(out[0])
	b.each(len(dst), elementGrain, job{dst: dst, a: floats(in[0]), fn: func(j *job, lo, hi int) {
		simd.Add(j.dst[lo:hi], j.dst[lo:hi], j.a[lo:hi])
	}})
}

// broadcastGrad adds the samples of dy in order.
func broadcastGrad(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	dst, dy := floats(out[0]), floats(in[0])
	if !at.Accumulate {
		clear(dst)
	}
	n := len(dst)
	b.each(n, elementGrain/4, job{dst: dst, a: dy, fn: func(j *job, lo, hi int) {
		n := len(j.dst)
		for s := 0; s < len(j.a); s += n {
			simd.Add(j.dst[lo:hi], j.dst[lo:hi], j.a[s+lo:s+hi])
		}
	}})
}

func rowScale(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	count, elems := samples(in[0])
	b.each(count, rowGrain(elems), job{
		dst: floats(out[0]), a: floats(in[0]), b: floats(in[1]), size: [6]int{elems},
		fn: func(j *job, lo, hi int) {
			n := j.size[0]
			for r := lo; r < hi; r++ {
				simd.Scale(j.dst[r*n:(r+1)*n], j.a[r*n:(r+1)*n], j.b[r])
			}
		}})
}

func copyTensor(_ *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	copy(floats(out[0]), floats(in[0]))
}

func fill(_ *Backend, out, _ []*tensor.Tensor, at *ops.Attr) {
	simd.Fill(floats(out[0]), float32(at.Value))
}

func scaleInPlace(b *Backend, out, _ []*tensor.Tensor, at *ops.Attr) {
	dst := floats(out[0])
	b.each(len(dst), elementGrain, job{dst: dst, s: float32(at.Scale), fn: func(j *job, lo, hi int) {
		simd.Scale(j.dst[lo:hi], j.dst[lo:hi], j.s)
	}})
}
