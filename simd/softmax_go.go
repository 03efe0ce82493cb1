package simd

import (
	"math"

	"github.com/godmae/godmae/internal/exact"
)

func softmaxGo(x []float32, rows int, mask *rowMask, scale float32) {
	n, ld := mask.n, RowStride(mask.n)
	for r := range rows {
		row := x[r*ld : r*ld+n]
		var acc [lanes]float32
		Fill(acc[:], float32(math.Inf(-1)))
		for i, v := range row {
			acc[i%lanes] = larger(acc[i%lanes], v*scale)
		}
		m := treeMax(&acc)
		Fill(acc[:], 0)
		for i, v := range row {
			row[i] = exact.Exp32(float32(v*scale) - m)
			acc[i%lanes] += row[i]
		}
		inverse := 1 / treeSum(&acc)
		for i := range row {
			row[i] *= inverse
		}
		Fill(x[r*ld+n:r*ld+ld], 0)
	}
}

func softmaxPairsGo(x []float32, pairs int, mask *rowMask, scale float32) {
	softmaxGo(x, 2*pairs, mask, scale)
}

func softmaxGradGo(dst, p, dp []float32, rows int, mask *rowMask, scale float32) {
	n, ld := mask.n, RowStride(mask.n)
	for r := range rows {
		p, dp, dst := p[r*ld:r*ld+n], dp[r*ld:r*ld+n], dst[r*ld:r*ld+ld]
		var acc [lanes]float32
		dotGo(&acc, p, dp)
		d := treeSum(&acc)
		for i := range p {
			dst[i] = float32(p[i]*(dp[i]-d)) * scale
		}
		Fill(dst[n:], 0)
	}
}
