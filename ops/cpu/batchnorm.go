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

// batchNorm goes through columns; each of its sums is a chain over the rows.
func batchNorm(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	rows, d := in[0].Shape().Dim(0), in[0].Shape().Dim(1)
	y, mean, variance, rstd := floats(out[0]), floats(out[1]), floats(out[2]), floats(out[3])
	x, eps := floats(in[0]), float32(at.Eps)
	b.each(d, columnGrain, job{fn: func(_ *job, lo, hi int) {
		clear(mean[lo:hi])
		clear(variance[lo:hi])
		for i := range rows {
			simd.Add(mean[lo:hi], mean[lo:hi], x[i*d+lo:i*d+hi])
		}
		for j := lo; j < hi; j++ {
			mean[j] /= float32(rows)
		}
		for i := range rows {
			for j := lo; j < hi; j++ {
				c := x[i*d+j] - mean[j]
				variance[j] = exact.FMA32(c, c, variance[j])
			}
		}
		for j := lo; j < hi; j++ {
			variance[j] /= float32(rows)
			rstd[j] = reciprocalRoot(variance[j] + eps)
		}
		for i := range rows {
			row := y[i*d+lo : i*d+hi]
			simd.Sub(row, x[i*d+lo:i*d+hi], mean[lo:hi])
			simd.Mul(row, row, rstd[lo:hi])
		}
	}})
}

// reciprocalRoot is a square root and a division, both correctly rounded.
func reciprocalRoot(v float32) float32 { return 1 / float32(math.Sqrt(float64(v))) }

func batchNormGrad(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	rows, d := in[0].Shape().Dim(0), in[0].Shape().Dim(1)
	dx, dy, y, rstd := floats(out[0]), floats(in[0]), floats(in[1]), floats(in[2])
	b.each(d, columnGrain, job{fn: func(_ *job, lo, hi int) {
		for j := lo; j < hi; j++ {
			var sum, dot float32
			for i := range rows {
				sum += dy[i*d+j]
				dot = exact.FMA32(dy[i*d+j], y[i*d+j], dot)
			}
			sum /= float32(rows)
			dot /= float32(rows)
			for i := range rows {
				dx[i*d+j] = rstd[j] * (dy[i*d+j] - sum - float32(y[i*d+j]*dot))
			}
		}
	}})
}

func standardize(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	rows, d := in[0].Shape().Dim(0), in[0].Shape().Dim(1)
	y, x, mean, variance := floats(out[0]), floats(in[0]), floats(in[1]), floats(in[2])
	rstd := b.scratch(d)
	for j, v := range variance {
		rstd[j] = reciprocalRoot(v + float32(at.Eps))
	}
	b.each(rows, rowGrain(d), job{fn: func(_ *job, lo, hi int) {
		for i := lo; i < hi; i++ {
			row, from := y[i*d:(i+1)*d], x[i*d:(i+1)*d]
			if mean != nil {
				simd.Sub(row, from, mean)
				from = row
			}
			simd.Mul(row, from, rstd)
		}
	}})
}

func runningStats(_ *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	keep, take := float32(1-at.Scale), float32(at.Scale)
	unbiased := float32(float64(at.Count) / float64(at.Count-1))
	mean, variance, m, v := floats(out[0]), floats(out[1]), floats(in[0]), floats(in[1])
	for j := range mean {
		mean[j] = float32(keep*mean[j]) + float32(take*m[j])
		variance[j] = float32(keep*variance[j]) + float32(take*float32(v[j]*unbiased))
	}
}
