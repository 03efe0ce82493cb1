package smooth

import (
	"math"

	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/philox"
)

// The bulk layout of the project: 64 outputs come from 16 consecutive blocks.
// Element e is word (e/16)%4 of the block at position 16*(e/64) + e%16, so
// that 16 lanes of a vector hold 16 blocks.
const (
	fillLanes = 16
	fillGroup = 4 * fillLanes
)

// AddGaussian writes x + noise to dst (same length): element e becomes
// fma(sigma, g[e], x[e]) where g is the standard normal fill of the address.
// It is the scalar definition of what a kernel computes, bit for bit: words
// (0,1) and (2,3) of a block are Box-Muller pairs (u1, u2) and give
// sqrt(-2 log u1) times cos and sin of 2 pi u2.
func AddGaussian(dst, x []float32, sigma float32, addr philox.Addr) {
	for base := 0; base < len(dst); base += fillGroup {
		for lane := range min(fillLanes, len(dst)-base) {
			words := addr.Block(uint32(base/fillGroup*fillLanes + lane))
			for w := 0; w < 4; w += 2 {
				e := base + w*fillLanes + lane
				if e >= len(dst) {
					break
				}
				cos, sin := boxMuller(words[w], words[w+1])
				dst[e] = exact.FMA32(sigma, cos, x[e])
				if e += fillLanes; e < len(dst) {
					dst[e] = exact.FMA32(sigma, sin, x[e])
				}
			}
		}
	}
}

// boxMuller turns two random words into two independent standard normals (Box
// and Muller 1958).
func boxMuller(w1, w2 uint32) (a, b float32) {
	r := float32(math.Sqrt(float64(-2 * exact.LogOpen32(philox.Uniform(w1)))))
	sin, cos := exact.SinCos2Pi32(philox.Uniform(w2))
	return r * cos, r * sin
}
