package cpu

import (
	"math"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/tensor"
)

func adamW(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	a := at.Adam
	p := floats(out[0])
	b.each(len(p), elementGrain, job{
		dst: p, dst2: floats(out[1]), dst3: floats(out[2]), a: floats(in[0]),
		adam: simd.AdamW{
			GradScale: float32(a.GradScale), Decay: float32(1 - float64(a.LR*a.WeightDecay)),
			Beta1: float32(a.Beta1), OneMinusBeta1: float32(1 - a.Beta1),
			Beta2: float32(a.Beta2), OneMinusBeta2: float32(1 - a.Beta2),
			Step: float32(a.LR / a.BiasCorr1), SqrtBias2: float32(a.SqrtBiasCorr2), Eps: float32(a.Eps),
		},
		fn: func(j *job, lo, hi int) {
			simd.AdamWStep(j.dst[lo:hi], j.dst2[lo:hi], j.dst3[lo:hi], j.a[lo:hi], &j.adam)
		}})
}

// reductionBlock is the length at which the contract cuts a long axis.
const reductionBlock = 4096

// sumSquares reduces the contract's blocks in parallel and then their results.
func sumSquares(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	x := floats(in[0])
	blocks := (len(x) + reductionBlock - 1) / reductionBlock
	parts := b.scratch(blocks)
	b.each(blocks, 4, job{dst: parts, a: x, fn: func(j *job, lo, hi int) {
		for i := lo; i < hi; i++ {
			j.dst[i] = simd.SumSquares(j.a[i*reductionBlock : min((i+1)*reductionBlock, len(j.a))])
		}
	}})
	floats(out[0])[0] = simd.Sum(parts)
}

// ema is y = fma(x, 1-d, y*d).
func ema(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	y := floats(out[0])
	b.each(len(y), elementGrain, job{dst: y, a: floats(in[0]), s: float32(at.Scale), fn: func(j *job, lo, hi int) {
		// Pieces that stay in the first cache between the two passes.
		for ; lo < hi; lo += reductionBlock {
			y, x := j.dst[lo:min(lo+reductionBlock, hi)], j.a[lo:min(lo+reductionBlock, hi)]
			simd.Scale(y, y, j.s)
			simd.AddScaled(y, y, 1-j.s, x)
		}
	}})
}

// lars takes a step of one parameter. The vector d lies in scratch, behind the
// partial sums of its length.
func lars(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	l := at.Lars
	p, mu, g := floats(out[0]), floats(out[1]), floats(in[0])
	blocks := (len(p) + reductionBlock - 1) / reductionBlock
	buf := b.scratch(blocks + len(p))
	parts, d := buf[:blocks], buf[blocks:]
	simd.Scale(d, g, float32(l.GradScale))
	if l.WeightDecay != 0 {
		decay := float32(l.WeightDecay)
		for i := range d {
			d[i] += float32(decay * p[i])
		}
	}
	length := func(x []float32) float32 {
		for i := range parts {
			parts[i] = simd.SumSquares(x[i*reductionBlock : min((i+1)*reductionBlock, len(x))])
		}
		return float32(math.Sqrt(float64(simd.Sum(parts))))
	}
	if l.Trust > 0 {
		if pn, dn := length(p), length(d); pn > 0 && dn > 0 {
			simd.Scale(d, d, float32(float32(l.Trust)*pn)/dn)
		}
	}
	simd.Scale(mu, mu, float32(l.Momentum))
	simd.Add(mu, mu, d)
	simd.Scale(d, mu, float32(l.LR))
	simd.Sub(p, p, d)
}
