package cpu

import (
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/tensor"
)

func layerNorm(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	n := in[0].Shape().Last()
	b.each(in[0].Shape().Rows(), rowGrain(n), job{
		dst: floats(out[0]), dst2: floats(out[1]), dst3: floats(out[2]),
		a: floats(in[0]), b: floats(in[1]), c: floats(in[2]),
		size: [6]int{n}, s: float32(at.Eps),
		fn: func(j *job, lo, hi int) {
			n := j.size[0]
			simd.LayerNormRows(j.dst[lo*n:hi*n], j.dst2[lo:hi], j.dst3[lo:hi], j.a[lo*n:hi*n], j.b, j.c, j.s)
		}})
}

func layerNormGradX(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	n := in[0].Shape().Last()
	b.each(in[0].Shape().Rows(), rowGrain(n), job{
		dst: floats(out[0]),
		a:   floats(in[0]), b: floats(in[1]), c: floats(in[2]), d: floats(in[3]), e: floats(in[4]),
		size: [6]int{n}, acc: at.Accumulate,
		fn: func(j *job, lo, hi int) {
			n := j.size[0]
			simd.LayerNormGradX(j.dst[lo*n:hi*n], j.a[lo*n:hi*n], j.b[lo*n:hi*n], j.c[lo:hi], j.d[lo:hi], j.e, j.acc)
		}})
}

// layerNormGradParams sums each sample by itself, in parallel, and then adds
// the samples in order.
func layerNormGradParams(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	n := in[0].Shape().Last()
	count, elems := samples(in[0])
	t := elems / max(n, 1)
	parts := b.scratch(count * 2 * n)
	clear(parts)
	b.each(count, rowGrain(elems), job{
		dst: parts, a: floats(in[0]), b: floats(in[1]), c: floats(in[2]), d: floats(in[3]),
		size: [6]int{n, t},
		fn: func(j *job, lo, hi int) {
			n, t := j.size[0], j.size[1]
			for s := lo; s < hi; s++ {
				p, r := j.dst[s*2*n:(s+1)*2*n], s*t
				simd.LayerNormGradParams(p[:n], p[n:], j.a[r*n:(r+t)*n], j.b[r*n:(r+t)*n], j.c[r:r+t], j.d[r:r+t])
			}
		}})
	dgamma, dbeta := floats(out[0]), floats(out[1])
	if !at.Accumulate {
		clear(dgamma)
		clear(dbeta)
	}
	for s := range count {
		p := parts[s*2*n : (s+1)*2*n]
		simd.Add(dgamma, dgamma, p[:n])
		simd.Add(dbeta, dbeta, p[n:])
	}
}
