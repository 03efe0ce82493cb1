package smooth

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/simd"
)

// The scalar noise here and the kernels' noise are the same bits, so that a
// function classifier and a network see the same samples.
func TestAddGaussianEqualsTheKernels(t *testing.T) {
	for _, n := range []int{0, 1, 2, 15, 16, 17, 31, 48, 63, 64, 65, 79, 100, 128, 784} {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(i%256) / 255
		}
		addr := Noise{Seed: 1<<40 + 9}.Addr(Job{Image: 12, Stream: philox.EstimationNoise, Sample: 345})
		got, want := make([]float32, n), make([]float32, n)
		AddGaussian(got, x, 0.25, addr)
		simd.AddGaussian(want, x, 0.25, addr)
		require.Equal(t, want, got, "n=%d", n)
	}
}

func TestAddGaussianIsStandardNormal(t *testing.T) {
	const n = 1 << 16
	g := make([]float32, n)
	AddGaussian(g, make([]float32, n), 1, philox.Addr{Seed: 5, Stream: philox.EvalNoise})
	var moments [5]float64
	for _, v := range g {
		for k := 1; k <= 4; k++ {
			moments[k] += math.Pow(float64(v), float64(k)) / n
		}
	}
	// Five standard errors of the sample moments of a standard normal.
	for k, want := range []float64{1: 0, 2: 1, 3: 0, 4: 3} {
		se := []float64{1: 1, 2: math.Sqrt(2), 3: math.Sqrt(15), 4: math.Sqrt(96)}
		if k > 0 {
			require.InDelta(t, want, moments[k], 5*se[k]/math.Sqrt(n), "moment %d", k)
		}
	}
}

func TestNoiseAddressesDiffer(t *testing.T) {
	noise := Noise{Sigma: 1, Seed: 1}
	seen := map[[4]uint32]Job{}
	for _, stream := range []philox.Stream{philox.SelectionNoise, philox.EstimationNoise} {
		for image := range 20 {
			for sample := range uint32(20) {
				j := Job{Image: image, Stream: stream, Sample: sample}
				block := noise.Addr(j).Block(0)
				require.NotContains(t, seen, block)
				seen[block] = j
			}
		}
	}
}
