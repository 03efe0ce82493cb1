package simd

import "github.com/godmae/godmae/internal/exact"

func addGo(dst, a, b []float32) {
	for i := range dst {
		dst[i] = a[i] + b[i]
	}
}

func subGo(dst, a, b []float32) {
	for i := range dst {
		dst[i] = a[i] - b[i]
	}
}

func mulGo(dst, a, b []float32) {
	for i := range dst {
		dst[i] = a[i] * b[i]
	}
}

func scaleGo(dst, a []float32, s float32) {
	for i := range dst {
		dst[i] = a[i] * s
	}
}

func addScaledGo(dst, a []float32, s float32, b []float32) {
	for i := range dst {
		dst[i] = exact.FMA32(b[i], s, a[i])
	}
}

func normalizeGo(dst, x []float32, mean, std float32) {
	for i := range dst {
		dst[i] = (x[i] - mean) / std
	}
}

func expGo(dst, x []float32) {
	for i := range dst {
		dst[i] = exact.Exp32(x[i])
	}
}

func geluGo(dst, x []float32) {
	for i := range dst {
		dst[i] = exact.Gelu32(x[i])
	}
}

func geluGradGo(dst, dy, x []float32) {
	for i := range dst {
		dst[i] = dy[i] * exact.GeluGrad32(x[i])
	}
}
