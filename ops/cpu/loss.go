package cpu

import (
	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/tensor"
)

// patchMSE is, per sample, the mean over patches of the mean over the values
// of a patch of (pred - target)^2: both sums in the 16-lane order.
func patchMSE(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	type args struct {
		loss         []float32
		pred, target tokens
		means        rows[float32] // [B, L]: the mean of each patch
	}
	pred := tokensOf(in[0])
	means := rows[float32]{b.scratch(pred.count * pred.t), pred.count, pred.t}
	each(b, pred.count, pred.grain(), args{floats(out[0]), pred, tokensOf(in[1]), means}, func(k *args, lo, hi int) {
		for s := lo; s < hi; s++ {
			pred, target, means := k.pred.sample(s), k.target.sample(s), k.means.row(s)
			for i := range means {
				means[i] = simd.SquaredDiffSum(pred.row(i), target.row(i)) / float32(pred.width)
			}
			k.loss[s] = simd.Sum(means) / float32(len(means))
		}
	})
}

// patchMSEGrad is (pred - target) * (2 dloss / (L P)).
func patchMSEGrad(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	type args struct {
		dpred, pred, target rows[float32] // one row per sample
		dloss               []float32
	}
	pred := samplesOf(in[0])
	each(b, pred.count, pred.grain(), args{samplesOf(out[0]), pred, samplesOf(in[1]), floats(in[2])}, func(k *args, lo, hi int) {
		for s := lo; s < hi; s++ {
			dpred := k.dpred.row(s)
			simd.Sub(dpred, k.pred.row(s), k.target.row(s))
			simd.Scale(dpred, dpred, 2*k.dloss[s]/float32(k.pred.width))
		}
	})
}

// exponentialGrain is the number of rows a worker takes at a time in kernels with
// exponentials: an element takes about sixteen times as long as in a sum.
func exponentialGrain(x rows[float32]) int { return rowGrain(16 * x.width) }

// logSoftmaxRow writes x - max - log(sum exp(x - max)); e is scratch memory,
// with exp(x - max) afterwards.
func logSoftmaxRow(logp, e, x []float32) {
	m := simd.Max(x)
	for i, v := range x {
		logp[i] = v - m
	}
	simd.Exp(e, logp)
	logZ := exact.Log32(simd.Sum(e))
	for i := range logp {
		logp[i] -= logZ
	}
}

func crossEntropy(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	type args struct {
		loss                  []float32
		logP, x, target, temp rows[float32] // [B, K]
	}
	x := rowsOf(in[0])
	temp := rows[float32]{b.scratch(x.count * x.width), x.count, x.width}
	each(b, x.count, exponentialGrain(x), args{floats(out[0]), rowsOf(out[1]), x, rowsOf(in[1]), temp}, func(k *args, lo, hi int) {
		for r := lo; r < hi; r++ {
			logP := k.logP.row(r)
			logSoftmaxRow(logP, k.temp.row(r), k.x.row(r))
			k.loss[r] = -simd.Dot(k.target.row(r), logP)
		}
	})
}

// crossEntropyGrad is (exp(logp) * sum(target) - target) * dloss.
func crossEntropyGrad(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	type args struct {
		dx, logP, target rows[float32] // [B, K]
		dloss            []float32
	}
	logP := rowsOf(in[0])
	each(b, logP.count, exponentialGrain(logP), args{rowsOf(out[0]), logP, rowsOf(in[1]), floats(in[2])}, func(k *args, lo, hi int) {
		for r := lo; r < hi; r++ {
			dx, target := k.dx.row(r), k.target.row(r)
			simd.Exp(dx, k.logP.row(r))
			simd.Scale(dx, dx, simd.Sum(target))
			simd.Sub(dx, dx, target)
			simd.Scale(dx, dx, k.dloss[r])
		}
	})
}

// softmaxRow is the contract's softmax: maximum, exponentials, 16-lane sum,
// one division, one multiplication each.
func softmaxRow(p, x []float32) {
	m := simd.Max(x)
	for i, v := range x {
		p[i] = v - m
	}
	simd.Exp(p, p)
	simd.Scale(p, p, 1/simd.Sum(p))
}

func softmax(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	type args struct{ p, x rows[float32] }
	x := rowsOf(in[0])
	each(b, x.count, exponentialGrain(x), args{rowsOf(out[0]), x}, func(k *args, lo, hi int) {
		for r := lo; r < hi; r++ {
			softmaxRow(k.p.row(r), k.x.row(r))
		}
	})
}

// softmaxGrad is p * (dy - dot(p, dy)).
func softmaxGrad(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	type args struct{ dx, dy, p rows[float32] }
	dy := rowsOf(in[0])
	each(b, dy.count, dy.grain(), args{rowsOf(out[0]), dy, rowsOf(in[1])}, func(k *args, lo, hi int) {
		for r := lo; r < hi; r++ {
			softmaxGradRow(k.dx.row(r), k.dy.row(r), k.p.row(r))
		}
	})
}

func softmaxGradRow(dx, dy, p []float32) {
	d := simd.Dot(p, dy)
	for i := range dx {
		dx[i] = dy[i] - d
	}
	simd.Mul(dx, dx, p)
}

// top lists the best classes of each row: one for ArgMax.
func top(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	type args struct {
		top rows[int32]
		x   rows[float32]
	}
	x := rowsOf(in[0])
	best := rows[int32]{ints(out[0]), x.count, out[0].Shape().Elems() / max(1, x.count)}
	each(b, x.count, x.grain(), args{best, x}, func(k *args, lo, hi int) {
		for r := lo; r < hi; r++ {
			ops.TopOf(k.top.row(r), k.x.row(r))
		}
	})
}
