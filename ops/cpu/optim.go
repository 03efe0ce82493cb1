package cpu

import (
	"math"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/tensor"
)

// adamW processes the groups one after the other.
func adamW(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	type args struct {
		p, m, v, g []float32
		step       simd.AdamW
	}
	if skipped(in[1]) {
		return
	}
	scale := floats(in[1])[0]
	p, m, v, g := floats(out[0]), floats(out[1]), floats(out[2]), floats(in[0])
	ends, rates, f := ints(in[2]), floats(in[3]), at.Adam.Factors()
	from := 0
	for i, end := range ends {
		to := int(end)
		each(b, to-from, elementGrain, args{p[from:to], m[from:to], v[from:to], g[from:to], simd.AdamW{
			GradScale: scale, Decay: rates[2*i], Step: rates[2*i+1],
			Beta1: f.Beta1, OneMinusBeta1: f.OneMinusBeta1, Beta2: f.Beta2, OneMinusBeta2: f.OneMinusBeta2,
			SqrtBias2: f.SqrtBiasCorr2, Eps: f.Eps,
		}}, func(k *args, lo, hi int) {
			simd.AdamWStep(k.p[lo:hi], k.m[lo:hi], k.v[lo:hi], k.g[lo:hi], &k.step)
		})
		from = to
	}
}

// skipped reports whether the step must be skipped: its scale is present and
// not finite.
func skipped(scale *tensor.Tensor) bool {
	if scale == nil {
		return false
	}
	s := floats(scale)[0]
	return s-s != 0
}

func stepScale(_ *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	floats(out[0])[0] = float32(ops.StepScaleOf(floats(in[0])[0], at.Value, floats(in[1])))
}

// reductionBlock is the block length of the contract's long reductions.
const reductionBlock = 4096

// block returns block i of a vector for a reduction.
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

// ema is y = fma(x, take, y*keep).
func ema(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	type args struct {
		y, x       []float32
		keep, take float32
	}
	if skipped(in[1]) {
		return
	}
	y := floats(out[0])
	keep, take := ops.EMAWeights(at.Scale)
	each(b, len(y), elementGrain, args{y, floats(in[0]), keep, take}, func(k *args, lo, hi int) {
		// Blocks that stay in the L1 cache between the two passes.
		for ; lo < hi; lo += reductionBlock {
			piece := min(lo+reductionBlock, hi)
			y, x := k.y[lo:piece], k.x[lo:piece]
			simd.Scale(y, y, k.keep)
			simd.AddScaled(y, y, k.take, x)
		}
	})
}

// lars takes a step of one parameter. The vector d is in scratch memory, after
// the partial sums of its norm.
func lars(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	if skipped(in[1]) {
		return
	}
	scale := floats(in[1])[0]
	l := at.Lars
	p, mu, g := floats(out[0]), floats(out[1]), floats(in[0])
	blocks := (len(p) + reductionBlock - 1) / reductionBlock
	buf := b.scratch(blocks + len(p))
	parts, d := buf[:blocks], buf[blocks:]
	simd.Scale(d, g, scale)
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
