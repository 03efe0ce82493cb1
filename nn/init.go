package nn

import (
	"math"

	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/philox"
)

// Initializer computes the initial value of a parameter from the parameter's
// sequence of random numbers. The arithmetic is float64, rounded once to
// float32, with functions that give the same bits on every machine.
type Initializer func(g *philox.Gen, dst []float32)

// Zeros initialises biases.
func Zeros(_ *philox.Gen, dst []float32) { clear(dst) }

// Ones initialises the gains of layer normalisation.
func Ones(_ *philox.Gen, dst []float32) {
	for i := range dst {
		dst[i] = 1
	}
}

// SinCos initialises a fixed position embedding; see [SinCosPositions].
func SinCos(width, grid int) Initializer {
	return func(_ *philox.Gen, dst []float32) {
		for i, v := range SinCosPositions(width, grid) {
			dst[i] = float32(v)
		}
	}
}

// Uniform draws from (-bound, bound).
func Uniform(bound float64) Initializer {
	return func(g *philox.Gen, dst []float32) {
		for i := range dst {
			u := g.Float64()
			dst[i] = float32(bound * (2*u - 1))
		}
	}
}

// XavierUniform draws from (-a, a) with a = sqrt(6/(fanIn+fanOut)) (Glorot and
// Bengio 2010, equation 16).
func XavierUniform(fanIn, fanOut int) Initializer {
	return Uniform(math.Sqrt(6 / float64(fanIn+fanOut)))
}

// ConvBias draws from (-a, a) with a = 1/sqrt(fanIn), PyTorch's default for
// the bias of a convolution, and so for the patch embedding.
func ConvBias(fanIn int) Initializer { return Uniform(1 / math.Sqrt(float64(fanIn))) }

// Normal draws from a normal distribution with mean 0, two values from each
// pair of uniform numbers.
func Normal(std float64) Initializer {
	return func(g *philox.Gen, dst []float32) {
		for i := 0; i < len(dst); i += 2 {
			u, v := g.Float64(), g.Float64()
			a, b := exact.BoxMuller(std, u, v)
			dst[i] = float32(a)
			if i+1 < len(dst) {
				dst[i+1] = float32(b)
			}
		}
	}
}
