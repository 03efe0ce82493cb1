package simd

import "github.com/godmae/godmae/internal/exact"

// The epilogues of a matrix product, on the first len(bias) columns of rows
// rows that are ld apart.

func biasGo(dst, bias []float32, rows, ld int) {
	for r := range rows {
		row := dst[r*ld:][:len(bias)]
		for i, b := range bias {
			row[i] += b
		}
	}
}

func biasGeluGo(dst, bias []float32, rows, ld int) {
	for r := range rows {
		row := dst[r*ld:][:len(bias)]
		for i, b := range bias {
			row[i] = exact.Gelu32(row[i] + b)
		}
	}
}

func biasPreGeluGo(dst, bias, pre []float32, rows, ld, ldp int) {
	for r := range rows {
		row, before := dst[r*ld:][:len(bias)], pre[r*ldp:][:len(bias)]
		for i, b := range bias {
			before[i] = row[i] + b
			row[i] = exact.Gelu32(before[i])
		}
	}
}

// biasResidualGo is (dst + bias)*s + res, every step rounded.
func biasResidualGo(dst, bias []float32, s float32, res []float32, rows, ld, ldr int) {
	for r := range rows {
		row, add := dst[r*ld:][:len(bias)], res[r*ldr:][:len(bias)]
		for i, b := range bias {
			row[i] = float32((row[i]+b)*s) + add[i]
		}
	}
}
