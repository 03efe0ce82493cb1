package data

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/philox"
)

// The factors and the order are inferred from images on which the three
// operations do not commute. Every order is equally frequent, the factors are
// uniform, and the result is that of PIL's operations, which have their own
// tests.
func TestColorJitter(t *testing.T) {
	im := Image{C: 3, H: 2, W: 2, Pix: []byte{200, 30, 90, 10, 60, 180, 90, 40, 20, 100, 250, 70}}
	const n, v = 3000, 0.4
	j := ColorJitter{v, v, v}
	names := [3]func(s *scratch, im Image, f float64) Image{(*scratch).brightness, (*scratch).contrast, (*scratch).saturation}
	perms := [][3]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}
	count := map[[3]int]int{}
	var below [3]float64
	for i := range n {
		a := AugmentAddr(1, uint32(i), 0)
		g := philox.NewGen(a)
		order := [3]int{0, 1, 2}
		for i := 2; i > 0; i-- {
			k := g.Intn(i + 1)
			order[i], order[k] = order[k], order[i]
		}
		var f [3]float64
		for k := range f {
			f[k] = 1 - v + 2*v*g.Float64()
			require.True(t, f[k] > 0.6 && f[k] < 1.4)
			if f[k] < 1 {
				below[k]++
			}
		}
		count[order]++
		var s, other scratch
		want := im
		for _, k := range order {
			want = names[k](&s, want, f[k])
		}
		got := j.apply(im, philox.NewGen(a), &other)
		require.Equal(t, want, got)
		require.Equal(t, byte(200), im.Pix[0], "the input is unchanged")
	}
	for _, p := range perms {
		require.InDelta(t, 1.0/6, float64(count[p])/n, 4*math.Sqrt(1.0/6/n))
	}
	for k := range below {
		require.InDelta(t, 0.5, below[k]/n, 4*math.Sqrt(0.25/n))
	}

	// A strength above 1 may remove all colour, but never inverts it.
	var s scratch
	strong := ColorJitter{Saturation: 3}
	for i := range uint32(50) {
		got := strong.apply(im, philox.NewGen(AugmentAddr(2, i, 0)), &s)
		require.GreaterOrEqual(t, got.Pix[0], got.Pix[4], "red is still the largest value of a red pixel")
	}
	require.Equal(t, im, ColorJitter{}.apply(im, philox.NewGen(AugmentAddr(3, 0, 0)), &s), "no strength, no change")
}
