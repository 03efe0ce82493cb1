package cpu

import (
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/tensor"
)

func layerNorm(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	type args struct {
		y, x                    rows[float32]
		mean, rstd, gamma, beta []float32
		eps                     float32
	}
	x := rowsOf(in[0])
	each(b, x.count, x.grain(), args{
		y: rowsOf(out[0]), mean: floats(out[1]), rstd: floats(out[2]),
		x: x, gamma: floats(in[1]), beta: floats(in[2]), eps: float32(at.Eps),
	}, func(k *args, lo, hi int) {
		simd.LayerNormRows(k.y.span(lo, hi), k.mean[lo:hi], k.rstd[lo:hi], k.x.span(lo, hi), k.gamma, k.beta, k.eps)
	})
}

func layerNormGradX(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	type args struct {
		dx, dy, x         rows[float32]
		mean, rstd, gamma []float32
		accumulate        bool
	}
	dy := rowsOf(in[0])
	each(b, dy.count, dy.grain(), args{
		dx: rowsOf(out[0]), dy: dy, x: rowsOf(in[1]),
		mean: floats(in[2]), rstd: floats(in[3]), gamma: floats(in[4]), accumulate: at.Accumulate,
	}, func(k *args, lo, hi int) {
		simd.LayerNormGradX(k.dx.span(lo, hi), k.dy.span(lo, hi), k.x.span(lo, hi), k.mean[lo:hi], k.rstd[lo:hi], k.gamma, k.accumulate)
	})
}

// layerNormGradParams sums the samples in parallel and then adds their sums in
// order.
func layerNormGradParams(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	type args struct {
		sums       rows[float32] // [B, 2D]: dgamma and dbeta of each sample
		dy, x      rows[float32] // one row per sample
		mean, rstd rows[float32] // the same
	}
	d := in[0].Shape().Last()
	dy := samplesOf(in[0])
	t := dy.width / max(d, 1)
	sums := rows[float32]{b.scratch(dy.count * 2 * d), dy.count, 2 * d}
	each(b, dy.count, dy.grain(), args{
		sums: sums, dy: dy, x: samplesOf(in[1]),
		mean: rows[float32]{floats(in[2]), dy.count, t}, rstd: rows[float32]{floats(in[3]), dy.count, t},
	}, func(k *args, lo, hi int) {
		for s := lo; s < hi; s++ {
			sum := k.sums.row(s)
			clear(sum)
			simd.LayerNormGradParams(sum[:len(sum)/2], sum[len(sum)/2:], k.dy.row(s), k.x.row(s), k.mean.row(s), k.rstd.row(s))
		}
	})
	dgamma, dbeta := floats(out[0]), floats(out[1])
	if !at.Accumulate {
		clear(dgamma)
		clear(dbeta)
	}
	for s := range sums.count {
		sum := sums.row(s)
		simd.Add(dgamma, dgamma, sum[:d])
		simd.Add(dbeta, dbeta, sum[d:])
	}
}
