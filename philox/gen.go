package philox

import "math/bits"

// Gen reads the words of an address in order: block 0 word 0, block 0 word 1
// and so on. It is for host-side decisions; it is not safe for concurrent use.
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
