package simd

import "github.com/godmae/godmae/internal/exact"

// All of these except the last add element i to lane i mod 16 and do not change
// lanes without an element.

func sumGo(acc *[lanes]float32, x []float32) {
	for i, v := range x {
		acc[i%lanes] += v
	}
}

func sumSquaresGo(acc *[lanes]float32, x []float32) {
	for i, v := range x {
		acc[i%lanes] = exact.FMA32(v, v, acc[i%lanes])
	}
}

func dotGo(acc *[lanes]float32, a, b []float32) {
	for i, v := range a {
		acc[i%lanes] = exact.FMA32(v, b[i], acc[i%lanes])
	}
}

func squaredDiffGo(acc *[lanes]float32, a, b []float32) {
	for i, v := range a {
		d := v - b[i]
		acc[i%lanes] = exact.FMA32(d, d, acc[i%lanes])
	}
}

func maxGo(acc *[lanes]float32, x []float32) {
	for i, v := range x {
		if v > acc[i%lanes] {
			acc[i%lanes] = v
		}
	}
}

// columnSumGo sums each column, rows ascending.
func columnSumGo(acc, x []float32, rows, ld int) {
	for i := range acc {
		s := float32(0)
		for r := range rows {
			s += x[r*ld+i]
		}
		acc[i] += s
	}
}
