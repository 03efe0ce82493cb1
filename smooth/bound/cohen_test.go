package bound

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mathext"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/internal/exact"
)

func cohen(t *testing.T, sigma, alpha string, n int) *Cohen {
	t.Helper()
	c, err := NewCohen(Plan{Sigma: decimal.Must(sigma), Alpha: decimal.Must(alpha), N0: 1, N: n})
	require.NoError(t, err)
	return c
}

func TestVerdictsAgainstGonum(t *testing.T) {
	c := cohen(t, "0.5", "0.001", 1000)
	for count := 0; count <= 1000; count += 25 {
		v := c.Decide(4, count)
		pA := 0.0
		if count > 0 {
			pA = mathext.InvRegIncBeta(float64(count), float64(1000-count+1), .001)
		}
		require.InDelta(t, pA, v.PA.Float64(), 1e-9)
		if pA < 0.5 {
			require.Equal(t, NoClass, v.Class)
			require.Equal(t, "0", v.Radius.String())
			continue
		}
		require.Equal(t, 4, v.Class)
		radius := 0.5 * mathext.NormalQuantile(pA)
		require.InDelta(t, radius, v.Radius.Float64(), 1.1e-6)
		require.LessOrEqual(t, v.Radius.Float64(), radius+1e-9, "rounded down")
	}
	require.Equal(t, NoClass, c.Decide(NoClass, 0).Class)
}

// The printed numbers prove the radius: Phi(r/sigma) <= pA, and pA passes the
// binomial test. One more unit in the last place of either fails.
func TestPrintedNumbersAreTheLastThatHold(t *testing.T) {
	sigma := decimal.Must("0.12")
	c := cohen(t, "0.12", "0.001", 100_000)
	for _, count := range []int{51_000, 80_000, 99_999, 100_000} {
		v := c.Decide(0, count)
		require.Equal(t, 0, v.Class)
		holds := func(radius *big.Rat) bool {
			return exact.NormalCDF(radius.Quo(radius, sigma.Rat())).AtMost(v.PA.Rat())
		}
		require.True(t, holds(v.Radius.Rat()), count)
		next := v.Radius.Rat()
		require.False(t, holds(next.Add(next, big.NewRat(1, 1_000_000))), count)
	}
	require.Equal(t, c.Decide(0, 100_000).Radius, c.BestRadius())
}

func TestSelectionTies(t *testing.T) {
	for _, c := range []struct {
		counts        Counts
		first, second ClassCount
	}{
		{Counts{{NoClass, 50}, {2, 7}, {5, 7}, {9, 1}}, ClassCount{2, 7}, ClassCount{5, 7}},
		{Counts{{NoClass, 50}}, ClassCount{NoClass, 0}, ClassCount{NoClass, 0}},
		{Counts{{0, 3}, {1, 9}, {2, 4}, {3, 9}}, ClassCount{1, 9}, ClassCount{3, 9}},
	} {
		first, second := c.counts.Top()
		require.Equal(t, c.first, first)
		require.Equal(t, c.second, second)
	}
}

// The figures of docs/certificates.md: the largest radius that n can certify.
func TestBestRadius(t *testing.T) {
	for n, want := range map[int]string{500: "0.551296", 1000: "0.615815", 10_000: "0.799644", 100_000: "0.952864"} {
		require.Equal(t, want, cohen(t, "0.25", "0.001", n).BestRadius().String())
	}
}
