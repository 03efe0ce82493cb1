package simd

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/philox"
)

// goldenSizes are the sizes whose outputs enter a golden hash.
var goldenSizes = []int{1, 16, 67, 144, 4099}

// goldenInput returns numbers in (-3*scale, 3*scale) that depend on the seed
// alone, among them, when special is set, zeros, subnormals, infinities and NaN
// in fixed places.
func goldenInput(seed uint64, n int, scale float32, special bool) []float32 {
	g := philox.NewGen(philox.Addr{Seed: seed, Stream: philox.FirstUserStream})
	x := make([]float32, n)
	for i := range x {
		x[i] = (g.Float32() - 0.5) * 6 * scale
		if special {
			switch i % 53 {
			case 3:
				x[i] = float32(math.Copysign(0, -1))
			case 17:
				x[i] *= 0x1p-140
			case 29:
				x[i] *= 0x1p100
			case 43:
				x[i] = float32(math.Inf(i%2*2 - 1))
			case 47:
				x[i] = float32(math.NaN())
			}
		}
	}
	return x
}

// goldenHash is the SHA-256 of all outputs of a kernel, little endian, every NaN
// as 0x7FC00000.
func goldenHash(t *testing.T, c kernelCase) string {
	h := sha256.New()
	seed := uint64(1)
	for _, n := range goldenSizes {
		if c.rowKernel() && n > 1000 {
			continue
		}
		for _, special := range []bool{false, true} {
			fill := func(lengths []int) [][]float32 {
				var all [][]float32
				for _, l := range lengths {
					all = append(all, goldenInput(seed, l, c.scale, special))
					seed++
				}
				return all
			}
			for _, out := range c.run(t, n, fill(c.outputs(n)), fill(c.inputs(n)), c.name) {
				for _, b := range bits32(out) {
					require.NoError(t, binary.Write(h, binary.LittleEndian, b))
				}
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// rowKernel reports whether the size of a case is the width of a row, which is
// limited.
func (c kernelCase) rowKernel() bool {
	out := c.outputs(2048)
	return len(out) > 0 && out[0] >= testRows*2048 || &c.testSizes()[0] == &rowSizes[0]
}

// The results of all kernels on every instruction set of this machine, plain Go
// among them, are those that were committed. A change here is a change of the
// numerics contract and needs a new version of it.
func TestGoldenHashes(t *testing.T) {
	check := func(t *testing.T) {
		for _, c := range kernelCases {
			require.Equal(t, golden[c.name], goldenHash(t, c), "%s on %s", c.name, ISA())
		}
	}
	require.Len(t, golden, len(kernelCases))
	t.Run("go", func(t *testing.T) { onGo(func() { check(t) }) })
	withISA(t, check)
}
