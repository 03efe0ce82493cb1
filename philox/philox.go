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

// Gen reads the words of an address in order: block 0 word 0, block 0 word 1
// and so on. It is not safe for concurrent use.
type Gen struct {
	addr Addr
	next uint32
	buf  [4]uint32
	left int
}

// NewGen returns a generator at the start of an address's sequence.
func NewGen(a Addr) *Gen { return &Gen{addr: a} }

// Uint32 returns the next word.
func (g *Gen) Uint32() uint32 {
	if g.left == 0 {
		g.buf = g.addr.Block(g.next)
		g.next++
		g.left = 4
	}
	w := g.buf[4-g.left]
	g.left--
	return w
}

// Uint64 returns the next two words, the first one in the low half.
func (g *Gen) Uint64() uint64 {
	lo := g.Uint32()
	return uint64(g.Uint32())<<32 | uint64(lo)
}

// Float32 returns the next word as [Uniform].
func (g *Gen) Float32() float32 { return Uniform(g.Uint32()) }

// Float64 returns ((u>>12) + 0.5) * 2^-52 for the next two words u: exact,
// inside the open interval (0,1).
func (g *Gen) Float64() float64 {
	return (float64(g.Uint64()>>12) + 0.5) * (1.0 / (1 << 52))
}

// Intn returns an unbiased integer in [0,n) by Lemire's multiplication with
// rejection. It panics when n <= 0.
func (g *Gen) Intn(n int) int {
	if n <= 0 {
		panic("philox: Intn with n <= 0")
	}
	un := uint64(n)
	hi, lo := bits.Mul64(g.Uint64(), un)
	if lo < un {
		for threshold := -un % un; lo < threshold; {
			hi, lo = bits.Mul64(g.Uint64(), un)
		}
	}
	return int(hi)
}

// Perm returns a uniformly random permutation of 0..n-1 by Fisher and Yates'
// shuffle, last position first.
func (g *Gen) Perm(n int) []int {
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}
	for i := n - 1; i > 0; i-- {
		j := g.Intn(i + 1)
		p[i], p[j] = p[j], p[i]
	}
	return p
}
