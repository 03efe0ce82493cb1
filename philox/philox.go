package philox

import "math/bits"

// Multipliers and Weyl increments of Philox4x32 (Salmon et al. 2011, section 4.3).
const (
	mul0  = 0xD2511F53
	mul1  = 0xCD9E8D57
	weyl0 = 0x9E3779B9
	weyl1 = 0xBB67AE85

	// Rounds is the number of Philox rounds, the recommended ten.
	Rounds = 10
)

// Block returns the four 32-bit words Philox4x32-10 assigns to a counter under
// a key.
func Block(key [2]uint32, ctr [4]uint32) [4]uint32 {
	k0, k1 := key[0], key[1]
	c0, c1, c2, c3 := ctr[0], ctr[1], ctr[2], ctr[3]
	for range Rounds {
		h0, l0 := bits.Mul32(mul0, c0)
		h1, l1 := bits.Mul32(mul1, c2)
		c0, c1, c2, c3 = h1^c1^k0, l1, h0^c3^k1, l0
		k0 += weyl0
		k1 += weyl1
	}
	return [4]uint32{c0, c1, c2, c3}
}

// Uniform maps a random word to ((w>>9) + 0.5) * 2^-23: one of 2^23 equally
// spaced values inside the open interval (0,1), exact in float32.
func Uniform(w uint32) float32 {
	return (float32(w>>9) + 0.5) * (1.0 / (1 << 23))
}
