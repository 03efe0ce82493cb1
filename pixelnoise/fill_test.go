package pixelnoise

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/philox"
)

var address = philox.Addr{Seed: 1<<40 + 9, Stream: philox.EstimationNoise, A: 3, B: 9}

// The fast path gives the draws of the definition, pixel by pixel, for every
// length and type of the pixels.
func TestFillIsDrawForEveryPixel(t *testing.T) {
	for _, sigma := range []string{"0.02", "0.25", "1.3"} {
		g := distribution(t, sigma)
		for _, n := range []int{0, 1, 15, 16, 17, 31, 32, 33, 48, 100, 784, 3072} {
			x, ints := make([]uint8, n), make([]int32, n)
			want := make([]float32, n)
			for i := range x {
				x[i] = uint8(i * 37)
				ints[i] = int32(x[i])
				want[i] = g.Input(int(x[i]) + g.At(address, i))
			}
			words := make([]uint32, Words(n))
			for i := range words {
				words[i] = address.Block(uint32(i/64*16 + i%16))[i/16%4]
			}
			for name, fill := range map[string]func(dst []float32){
				"bytes":      func(dst []float32) { Fill(g, dst, x, address) },
				"integers":   func(dst []float32) { Fill(g, dst, ints, address) },
				"from words": func(dst []float32) { FillFrom(g, dst, x, words, address) },
			} {
				got := make([]float32, n)
				fill(got)
				require.Equal(t, want, got, "sigma %s, %d pixels, %s", sigma, n, name)
			}
		}
	}
}

// The guide agrees with the search at the edges of its cells and next to every
// threshold.
func TestGuideAgreesWithTheSearch(t *testing.T) {
	for _, sigma := range []string{"0.004", "0.25", "1"} {
		g := distribution(t, sigma)
		search := func(u uint64) int { taken := 0; return g.rank(script(&taken, u)) }
		agreed := true
		check := func(u uint64) {
			if _, cut := slices.BinarySearch(g.cdf, u); cut {
				return // more words decide
			}
			rank := int(g.guide[u>>48] >> 1)
			if g.guide[u>>48]&1 != 0 {
				rank = g.settle(u, address, 0)
			}
			agreed = agreed && search(u) == rank
		}
		for cell := range uint64(1 << 16) {
			check(cell << 48)
			check(cell<<48 | (1<<48 - 1))
		}
		for _, c := range g.cdf {
			check(c - 1)
			check(c + 1)
		}
		require.True(t, agreed, "sigma %s", sigma)
	}
}

// A pixel whose word equals a threshold takes further words from the next
// retries of its own place. Its neighbours do not change.
func TestFillRetriesInPlace(t *testing.T) {
	g := distribution(t, "0.25")
	const n = 100
	x := make([]uint8, n)
	for _, i := range []int{0, 17, 40, 99} {
		u := wordsOf(address, i)()
		rank := g.rank(wordsOf(address, i))
		for _, cut := range []int{rank, rank - 1} { // the thresholds above and below the draw
			broken := *g
			broken.cdf = append([]uint64{}, g.cdf...)
			broken.cdf[cut] = u
			broken.fillGuide()
			got := make([]float32, n)
			Fill(&broken, got, x, address)
			retried := address
			retried.Retry = 1
			block := retried.Block(uint32(i/32*16 + i%16))
			second := uint64(block[i/16%2*2+1])<<32 | uint64(block[i/16%2*2])
			expect := cut // the number of thresholds at most the draw, if it lies below this one
			if second > g.threshold(cut-g.bound, 2)[1] {
				expect++
			}
			for p := range got {
				want := broken.Input(broken.At(address, p))
				if p == i {
					want = g.Input(expect - g.bound)
				}
				require.Equal(t, want, got[p], "pixel %d", p)
			}
		}
	}
}

// The published computation, x/255 + eta/255 in float32, gives several network
// inputs for one noisy pixel. The table gives one.
func TestOneInputForEachSum(t *testing.T) {
	g := distribution(t, "0.7")
	require.Equal(t, 4, g.Clip())
	several, sums := 0, 0
	for z := -255 * 4; z <= 255*5; z++ {
		floats, ours := map[float32]bool{}, map[float32]bool{}
		for x := range 256 {
			floats[float32(x)/255+float32(z-x)/255] = true
			// eta as the sampler returns it: saturated.
			eta := min(max(z-x, -g.bound), g.bound)
			ours[g.inputs[x+eta+g.bound]] = true
		}
		require.Len(t, ours, 1, "z=%d", z)
		require.True(t, ours[float32(z)/255])
		sums++
		if len(floats) > 1 {
			several++
		}
	}
	require.Equal(t, 2296, sums)
	require.Equal(t, 2026, several)
}

func BenchmarkFill(b *testing.B) {
	g := distribution(b, "0.25")
	x, dst, words := make([]uint8, 3072), make([]float32, 3072), make([]uint32, Words(3072))
	b.Run("all", func(b *testing.B) {
		b.SetBytes(3072)
		for b.Loop() {
			Fill(g, dst, x, address)
		}
	})
	b.Run("from words", func(b *testing.B) {
		gen := philox.NewGen(philox.Addr{})
		for i := range words {
			words[i] = gen.Uint32()
		}
		b.SetBytes(3072)
		for b.Loop() {
			FillFrom(g, dst, x, words, address)
		}
	})
}

func BenchmarkNew(b *testing.B) {
	for _, sigma := range []string{"0.25", "1"} {
		b.Run(sigma, func(b *testing.B) {
			for b.Loop() {
				_, err := New(decimal.Must(sigma))
				require.NoError(b, err)
			}
		})
	}
}
