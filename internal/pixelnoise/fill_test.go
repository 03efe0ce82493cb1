package pixelnoise

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/internal/philox"
)

func distribution(t testing.TB, sigma string) *Gaussian {
	g, err := New(exact.MustDecimal(sigma))
	require.NoError(t, err)
	return g
}

func BenchmarkFill(b *testing.B) {
	for _, sigma := range []string{"0.25", "1"} {
		b.Run(sigma, func(b *testing.B) {
			g := distribution(b, sigma)
			x, dst := make([]uint8, 3072), make([]float32, 3072)
			b.SetBytes(3072)
			sample := uint32(0)
			for b.Loop() {
				Fill(g, dst, x, philox.Addr{Stream: philox.EstimationNoise, B: sample})
				sample++
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	for _, sigma := range []string{"0.25", "1"} {
		b.Run(sigma, func(b *testing.B) {
			for b.Loop() {
				distribution(b, sigma)
			}
		})
	}
}

func BenchmarkFillFrom(b *testing.B) {
	g := distribution(b, "0.25")
	x, dst, words := make([]uint8, 3072), make([]float32, 3072), make([]uint32, Words(3072))
	b.SetBytes(3072)
	gen := philox.NewGen(philox.Addr{})
	for i := range words {
		words[i] = gen.Uint32()
	}
	for b.Loop() {
		FillFrom(g, dst, x, words, philox.Addr{})
	}
}
