package simd

import (
	"math"

	"github.com/godmae/godmae/internal/exact"
)

func layerNormGo(y, mean, rstd, x, gamma, beta []float32, eps float32) {
	n := len(gamma)
	for r := range mean {
		x, y := x[r*n:r*n+n], y[r*n:r*n+n]
		var acc [lanes]float32
		sumGo(&acc, x)
		m := treeSum(&acc) / float32(n)
		Fill(acc[:], 0)
		for i, v := range x {
			acc[i%lanes] = exact.FMA32(v-m, v-m, acc[i%lanes])
		}
		v := treeSum(&acc) / float32(n)
		s := 1 / float32(math.Sqrt(float64(v+eps)))
		for i := range x {
			y[i] = exact.FMA32(gamma[i], float32((x[i]-m)*s), beta[i])
		}
		mean[r], rstd[r] = m, s
	}
}

func layerNormGradXGo(dx, dy, x, mean, rstd, gamma []float32) {
	layerNormGradX(dx, dy, x, mean, rstd, gamma, func(_, d float32) float32 { return d })
}

func layerNormGradXAddGo(dx, dy, x, mean, rstd, gamma []float32) {
	layerNormGradX(dx, dy, x, mean, rstd, gamma, func(old, d float32) float32 { return old + d })
}

func layerNormGradX(dx, dy, x, mean, rstd, gamma []float32, store func(old, d float32) float32) {
	n := len(gamma)
	for r := range mean {
		m, s := mean[r], rstd[r]
		x, dy, dx := x[r*n:r*n+n], dy[r*n:r*n+n], dx[r*n:r*n+n]
		var sum, dot [lanes]float32
		for i := range x {
			g := float32(dy[i] * gamma[i])
			sum[i%lanes] += g
			dot[i%lanes] = exact.FMA32(g, float32((x[i]-m)*s), dot[i%lanes])
		}
		a, b := treeSum(&sum)/float32(n), treeSum(&dot)/float32(n)
		for i := range x {
			g, h := float32(dy[i]*gamma[i]), float32((x[i]-m)*s)
			dx[i] = store(dx[i], float32(exact.FMA32(-h, b, g-a)*s))
		}
	}
}

func layerNormGradParamsGo(dgamma, dbeta, dy, x, mean, rstd []float32) {
	n := len(dgamma)
	for i := range n {
		var s, t float32
		for r := range mean {
			d := dy[r*n+i]
			s = exact.FMA32(d, float32((x[r*n+i]-mean[r])*rstd[r]), s)
			t += d
		}
		dgamma[i] += s
		dbeta[i] += t
	}
}
