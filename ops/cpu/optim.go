package cpu

import (
	"math"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/tensor"
)

func adamW(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	type args struct {
		p, m, v, g []float32
		step       simd.AdamW
	}
	a, p := at.Adam, floats(out[0])
	each(b, len(p), elementGrain, args{p, floats(out[1]), floats(out[2]), floats(in[0]), simd.AdamW{
		GradScale: float32(a.GradScale), Decay: float32(1 - float64(a.LR*a.WeightDecay)),
		Beta1: float32(a.Beta1), OneMinusBeta1: float32(1 - a.Beta1),
		Beta2: float32(a.Beta2), OneMinusBeta2: float32(1 - a.Beta2),
		Step: float32(a.LR / a.BiasCorr1), SqrtBias2: float32(a.SqrtBiasCorr2), Eps: float32(a.Eps),
	}}, func(k *args, lo, hi int) {
		simd.AdamWStep(k.p[lo:hi], k.m[lo:hi], k.v[lo:hi], k.g[lo:hi], &k.step)
	})
}

// reductionBlock is the length at which the contract cuts a long axis.
const reductionBlock = 4096

// block returns block i of a vector that is cut for a reduction.
func block(x []float32, i int) []float32 {
	return x[i*reductionBlock : min((i+1)*reductionBlock, len(x))]
}

// sumSquares reduces the contract's blocks in parallel and then their results.
func sumSquares(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	type args struct{ sums, x []float32 }
	x := floats(in[0])
	sums := b.scratch((len(x) + reductionBlock - 1) / reductionBlock)
	each(b, len(sums), 4, args{sums, x}, func(k *args, lo, hi int) {
		for i := lo; i < hi; i++ {
			k.sums[i] = simd.SumSquares(block(k.x, i))
		}
	})
	floats(out[0])[0] = simd.Sum(sums)
}

// ema is y = fma(x, 1-d, y*d).
func ema(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	type args struct {
		y, x []float32
		d    float32
	}
	y := floats(out[0])
	each(b, len(y), elementGrain, args{y, floats(in[0]), float32(at.Scale)}, func(k *args, lo, hi int) {
		// Pieces that stay in the first cache between the two passes.
		for ; lo < hi; lo += reductionBlock {
			piece := min(lo+reductionBlock, hi)
			y, x := k.y[lo:piece], k.x[lo:piece]
			simd.Scale(y, y, k.d)
			simd.AddScaled(y, y, 1-k.d, x)
		}
	})
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
			parts[i] = simd.SumSquares(block(x, i))
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
