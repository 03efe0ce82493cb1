package bound

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/internal/exact"
)

// The integer limit is the largest number of misses that satisfies the rule,
// which is evaluated here in rationals, squared.
func TestForecastLimitIsTheRule(t *testing.T) {
	for _, c := range []struct{ n, most int }{{160, 0}, {160, 1}, {160, 40}, {1600, 790}, {100_000, 88}, {100_000, 15_289}, {1 << 30, 1 << 28}} {
		for _, level := range []string{"1e-12", "0.01", "0.2", "0.5"} {
			z := futilityQuantile(decimal.Must(level))
			f := newForecast(c.n, c.most, z)
			share := big.NewRat(int64(c.most), int64(c.n))
			within := func(samples, misses int) bool {
				d := new(big.Rat).Mul(share, big.NewRat(int64(samples), 1))
				d.Sub(big.NewRat(int64(misses), 1), d)
				if misses > c.most || d.Sign() <= 0 {
					return misses <= c.most
				}
				n, samplesLeft := int64(c.n), int64(c.n-samples)
				prior := big.NewRat(n, PriorShare)
				spread := new(big.Rat).Sub(big.NewRat(1, 1), share)
				spread.Mul(spread, share)
				spread.Mul(spread, big.NewRat(samplesLeft, 1))
				spread.Mul(spread, new(big.Rat).Add(big.NewRat(int64(samples), 1), prior))
				spread.Quo(spread, new(big.Rat).Add(big.NewRat(n, 1), prior))
				spread.Mul(spread, z.Rat())
				spread.Mul(spread, z.Rat())
				return d.Mul(d, d).Cmp(spread) <= 0
			}
			looks := min(c.n/LookEvery, 6250)
			for look := 1; look <= looks; look += 1 + looks/50 {
				limit := f.mostMisses(look)
				require.True(t, within(look*LookEvery, limit), "%+v level %s look %d", c, level, look)
				require.False(t, within(look*LookEvery, limit+1), "%+v level %s look %d", c, level, look)
			}
			if looks*LookEvery == c.n {
				require.Equal(t, c.most, f.mostMisses(looks), "no samples are left")
			}
		}
	}
	require.Equal(t, -1, newForecast(160, -1, decimal.Must("2")).mostMisses(3), "a radius out of reach")
}

func TestFutilityQuantile(t *testing.T) {
	for level, want := range map[string]string{"0.5": "0", "0.01": "2.326347", "0.2": "0.841621", "1e-12": "7.034483"} {
		require.Equal(t, want, futilityQuantile(decimal.Must(level)).String())
	}
}

// predicted returns the probability that n samples have at most most
// misses, after m misses among t, for a Beta prior that counts as
// n/priorShare samples with the share most/n. The forecast approximates it.
func predicted(n, most, t, m int) float64 {
	lg := func(x float64) float64 { v, _ := math.Lgamma(x); return v }
	prior := float64(n) / PriorShare
	a := float64(m) + prior*float64(most)/float64(n)
	b := float64(t-m) + prior*(1-float64(most)/float64(n))
	left, sum := n-t, 0.0
	for k := 0; k <= most-m; k++ {
		x := float64(k)
		sum += math.Exp(logChoose(left, k) + lg(a+x) + lg(b+float64(left)-x) - lg(a+b+float64(left)) - lg(a) - lg(b) + lg(a+b))
	}
	return sum
}

// When a radius is given up, the probability of still claiming it, from the
// Beta posterior without the normal approximation, is close to the level.
func TestForecastIsAboutItsLevel(t *testing.T) {
	for _, c := range []struct{ n, most int }{{16_000, 7700}, {16_000, 2400}, {16_000, 320}} {
		f := newForecast(c.n, c.most, futilityQuantile(decimal.Must("0.01")))
		for _, look := range []int{20, 100, 300, 700, 900} {
			limit := f.mostMisses(look)
			last, next := predicted(c.n, c.most, look*LookEvery, limit), predicted(c.n, c.most, look*LookEvery, limit+1)
			t.Logf("%+v after %d samples: %.4f with %d misses, %.4f with one more", c, look*LookEvery, last, limit, next)
			require.Greater(t, last, 0.008)
			require.Less(t, next, 0.015)
		}
	}
}

// The cost and the saving of giving up, exactly, by dynamic programming, for p from
// far below to far above Phi(r/sigma): the probability of giving up a radius that
// would have been claimed, and the expected samples with and without giving up.
func TestGivingUpCostsLittle(t *testing.T) {
	const n = 4000
	for _, radius := range []string{"0", "2"} {
		grid := []string{"0", radius}
		if radius == "0" {
			grid = grid[:1]
		}
		a, never := anytimeOn(t, "0.001", n, grid...), anytimeOn(t, "0.001", n, grid...)
		never.z = decimal.Must("1000000") // continues while a claim is possible
		p0 := exact.NormalCDF(decimal.Must(radius).Rat()).Float64()
		unit := math.Sqrt(p0 * (1 - p0) / float64(n))
		worst, saved := 0.0, 0.0
		for _, drift := range []float64{-20, 0, 3, 4, 5, 6, 8} {
			p := p0 + drift*unit
			with, without := dynamic(a, p), dynamic(never, p)
			last := len(with.claims) - 1
			lost := without.claims[last] - with.claims[last]
			t.Logf("radius %s, p0 %+.0f deviations: claimed %.4f, lost %.4f, %.0f samples of %.0f", radius, drift, with.claims[last], lost, with.samples, without.samples)
			require.GreaterOrEqual(t, lost, -1e-9)
			worst = max(worst, lost)
			saved = max(saved, without.samples/with.samples)
		}
		require.Less(t, worst, 0.04)
		require.Greater(t, worst, 0.01, "the test can fail")
		require.Greater(t, saved, 10.0)
	}
}
