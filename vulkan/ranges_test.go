package vulkan

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRangesNeverOverlapAndComeBack(t *testing.T) {
	const size = 1 << 12
	rng := rand.New(rand.NewPCG(1, 2))
	r := newRanges(size)
	var taken []span
	for range 20_000 {
		if rng.IntN(2) == 0 {
			s, ok := r.take(1 + rng.Uint64N(200))
			if !ok {
				continue
			}
			for _, o := range taken {
				require.False(t, s.overlaps(o), "%v and %v", s, o)
			}
			require.LessOrEqual(t, s.hi, uint64(size))
			taken = append(taken, s)
		} else if n := len(taken); n > 0 {
			i := rng.IntN(n)
			r.give(taken[i])
			taken[i] = taken[n-1]
			taken = taken[:n-1]
		}
	}
	for _, s := range taken {
		r.give(s)
	}
	require.Equal(t, []span{{0, size}}, r.free)
}
