package cpu

import (
	"math"

	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/tensor"
)

// columnGrain is the number of columns a worker takes at a time: a cache line
// for each row.
const columnGrain = 16

// batchNorm is parallel over columns; each sum is a chain over the rows.
func batchNorm(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	type args struct {
		y, x                 rows[float32]
		mean, variance, rstd []float32
		eps                  float32
	}
	x := rowsOf(in[0])
	each(b, x.width, columnGrain, args{
		y: rowsOf(out[0]), mean: floats(out[1]), variance: floats(out[2]), rstd: floats(out[3]), x: x, eps: float32(at.Eps),
	}, func(k *args, lo, hi int) {
		mean, variance, rstd := k.mean[lo:hi], k.variance[lo:hi], k.rstd[lo:hi]
		n := float32(k.x.count)
		clear(mean)
		clear(variance)
		for i := range k.x.count {
			simd.Add(mean, mean, k.x.row(i)[lo:hi])
		}
		for j := range mean {
			mean[j] /= n
		}
		for i := range k.x.count {
			for j, x := range k.x.row(i)[lo:hi] {
				c := x - mean[j]
				variance[j] = exact.FMA32(c, c, variance[j])
			}
		}
		for j := range variance {
			variance[j] /= n
			rstd[j] = reciprocalRoot(variance[j] + k.eps)
		}
		for i := range k.x.count {
			y := k.y.row(i)[lo:hi]
			simd.Sub(y, k.x.row(i)[lo:hi], mean)
			simd.Mul(y, y, rstd)
		}
	})
}

// reciprocalRoot is a square root and a division, both correctly rounded.
func reciprocalRoot(v float32) float32 { return 1 / float32(math.Sqrt(float64(v))) }

func batchNormGrad(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	type args struct {
		dx, dy, y rows[float32]
		rstd      []float32
	}
	dy := rowsOf(in[0])
	each(b, dy.width, columnGrain, args{rowsOf(out[0]), dy, rowsOf(in[1]), floats(in[2])}, func(k *args, lo, hi int) {
		n, d := k.dy.count, k.dy.width
		dx, dy, y := k.dx.data, k.dy.data, k.y.data
		for j := lo; j < hi; j++ {
			var sum, dot float32
			for i := range n {
				sum += dy[i*d+j]
				dot = exact.FMA32(dy[i*d+j], y[i*d+j], dot)
			}
			sum /= float32(n)
			dot /= float32(n)
			for i := range n {
				dx[i*d+j] = k.rstd[j] * (dy[i*d+j] - sum - float32(y[i*d+j]*dot))
			}
		}
	})
}

func standardize(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	type args struct {
		y, x       rows[float32]
		mean, rstd []float32 // mean may be nil
	}
	x, variance := rowsOf(in[0]), floats(in[2])
	rstd := b.scratch(len(variance))
	for j, v := range variance {
		rstd[j] = reciprocalRoot(v + float32(at.Eps))
	}
	each(b, x.count, x.grain(), args{rowsOf(out[0]), x, floats(in[1]), rstd}, func(k *args, lo, hi int) {
		for i := lo; i < hi; i++ {
			y, x := k.y.row(i), k.x.row(i)
			if k.mean != nil {
				simd.Sub(y, x, k.mean)
				x = y
			}
			simd.Mul(y, x, k.rstd)
		}
	})
}

func runningStats(_ *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	if skipped(in[2]) {
		return
	}
	k, t, u := ops.RunningWeights(at.Scale, at.Count)
	keep, take, unbiased := float32(k), float32(t), float32(u)
	mean, variance, m, v := floats(out[0]), floats(out[1]), floats(in[0]), floats(in[1])
	for j := range mean {
		mean[j] = float32(keep*mean[j]) + float32(take*m[j])
		variance[j] = float32(keep*variance[j]) + float32(take*float32(v[j]*unbiased))
	}
}
