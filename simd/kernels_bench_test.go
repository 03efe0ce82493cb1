package simd

import (
	"testing"

	"github.com/godmae/godmae/philox"
)

// BenchmarkKernels times the kernels on data in the L2 cache, with every
// instruction set of the machine. MB/s counts four bytes per element.
func BenchmarkKernels(b *testing.B) {
	const rows, n = 64, 384
	x := goldenInput(1, rows*n, 1, false)
	y := goldenInput(2, rows*n, 1, false)
	z := goldenInput(3, rows*n, 1, false)
	m := make([]float32, rows*n)
	v := make([]float32, rows*n)
	gamma, beta := goldenInput(4, n, 1, false), goldenInput(5, n, 1, false)
	mean, rstd := make([]float32, rows), make([]float32, rows)
	dgamma, dbeta := make([]float32, n), make([]float32, n)
	addr := philox.Addr{Seed: 1, Stream: philox.TrainNoise}
	var sum float32
	for _, c := range []struct {
		name string
		run  func()
	}{
		{"Add", func() { Add(y, x, z) }},
		{"AddScaled", func() { AddScaled(y, x, 0.5, z) }},
		{"Exp", func() { Exp(y, x) }},
		{"Gelu", func() { Gelu(y, x) }},
		{"GeluGrad", func() { GeluGrad(y, z, x) }},
		{"Sum", func() { sum += Sum(x) }},
		{"Dot", func() { sum += Dot(x, z) }},
		{"Max", func() { sum += Max(x) }},
		{"ColumnSum", func() { ColumnSum(dgamma, x, rows, n) }},
		{"SoftmaxRows n=197", func() { SoftmaxRows(m[:rows*RowStride(197)], rows, 197, 0.1) }},
		{"SoftmaxGradRows n=197", func() { SoftmaxGradRows(y, x, z, rows, 197, 0.1) }},
		{"SoftmaxRows n=50", func() { SoftmaxRows(m[:rows*RowStride(50)], rows, 50, 0.1) }},
		{"LayerNormRows", func() { LayerNormRows(y, mean, rstd, x, gamma, beta, 1e-6) }},
		{"LayerNormGradX", func() { LayerNormGradX(y, z, x, mean, rstd, gamma, false) }},
		{"LayerNormGradParams", func() { LayerNormGradParams(dgamma, dbeta, z, x, mean, rstd) }},
		{"AdamWStep", func() { AdamWStep(y, m, v, z, &adamWTest) }},
		{"Uniform", func() { Uniform(y, addr) }},
		{"Gaussian", func() { Gaussian(y, addr) }},
		{"AddGaussian", func() { AddGaussian(y, x, 0.25, addr) }},
	} {
		before := active
		for _, k := range usable {
			active = k
			b.Run(c.name+"/"+k.name, func(b *testing.B) {
				b.SetBytes(4 * rows * n)
				b.ReportAllocs()
				for range b.N {
					c.run()
				}
			})
		}
		active = before
	}
	gradSink = sum
}

var gradSink float32
