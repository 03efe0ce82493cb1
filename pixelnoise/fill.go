package pixelnoise

import "github.com/godmae/godmae/philox"

// The layout of a fill: 32 pixels take 16 Philox blocks, two words of 32 bits
// each. Pixel 32q + 16h + l has words 2h (low) and 2h+1 (high) of the block at
// position 16q + l; further words of the same draw come from the same place of
// the block with retry 1, 2 and so on.
const (
	lanes = 16
	group = 2 * lanes
)

// Words returns the number of random words of 32 bits that n pixels take: a
// whole number of groups of 16 blocks.
func Words(n int) int { return (n + group - 1) / group * group * 2 }

// Fill sets dst[i] to the network input of pixel x[i] plus the noise at the
// address, clipped. x has at least the length of dst and values of 0 to 255.
func Fill[P uint8 | int32](g *Gaussian, dst []float32, x []P, addr philox.Addr) {
	var words [4 * lanes]uint32
	key, ctr := addr.Key(), addr.Counter(0)
	for from := 0; from < len(dst); from += group {
		for l := range lanes {
			for w, v := range philox.Block(key, ctr) {
				words[w*lanes+l] = v
			}
			ctr[0]++
		}
		n := min(group, len(dst)-from)
		place(g, dst[from:from+n], x[from:from+n], words[:], addr, from)
	}
}

// FillFrom is [Fill] with words that the caller has made: word 64q + 16w + l is
// word w of the address's block at position 16q + l. It takes Words(len(dst))
// of them.
func FillFrom[P uint8 | int32](g *Gaussian, dst []float32, x []P, words []uint32, addr philox.Addr) {
	place(g, dst, x, words, addr, 0)
}

// place is FillFrom for the pixels from number first on, a multiple of group.
func place[P uint8 | int32](g *Gaussian, dst []float32, x []P, words []uint32, addr philox.Addr, first int) {
	x = x[:len(dst)]
	for from := 0; from < len(dst); from += lanes {
		low := words[2*from : 2*from+2*lanes]
		high := (*[lanes]uint32)(low[lanes:])
		d, p := dst[from:], x[from:]
		for l := range min(lanes, len(d), len(p)) {
			entry := g.guide[high[l]>>16]
			rank := int(entry >> 1)
			if entry&1 != 0 {
				rank = g.settle(uint64(high[l])<<32|uint64(low[l]), addr, first+from+l)
			}
			d[l] = g.inputs[int(p[l])+rank]
		}
	}
}

// settle returns the rank of the word u of pixel i of a fill when the upper
// digits of u do not decide it.
func (g *Gaussian) settle(u uint64, addr philox.Addr, i int) int {
	rank := int(g.guide[u>>48] >> 1)
	for rank < len(g.cdf) && g.cdf[rank] < u {
		rank++
	}
	if rank < len(g.cdf) && g.cdf[rank] == u {
		return g.rank(wordsOf(addr, i))
	}
	return rank
}

// At returns the noise of pixel i of a fill.
func (g *Gaussian) At(addr philox.Addr, i int) int { return g.Draw(wordsOf(addr, i)) }

// wordsOf returns the words of pixel i, 64 digits at a time.
func wordsOf(addr philox.Addr, i int) func() uint64 {
	position, low := uint32(i/group*lanes+i%lanes), i/lanes%2*2
	return func() uint64 {
		w := addr.Block(position)
		addr.Retry++
		return uint64(w[low+1])<<32 | uint64(w[low])
	}
}
