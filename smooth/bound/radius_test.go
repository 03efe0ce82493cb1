package bound

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/internal/exact"
)

// A radius is the largest proven decimal: Phi(r/sigma) <= pA, and one more
// unit fails. Both sides are intervals with rational arguments, and sigma is
// the decimal of the command line.
func TestRadiusIsTheLargestProvenDecimal(t *testing.T) {
	unit := decimal.Must("0.000001").Rat()
	for _, sigma := range []string{"0.12", "0.25", "1", "0.333333333333333333333333", "7.0000000000000000000001"} {
		for _, pA := range []string{"0.5", "0.500000000001", "0.6", "0.841344746068", "0.9", "0.990000000001", "0.999930922469", "0.999999999999"} {
			s, p := decimal.Must(sigma).Rat(), decimal.Must(pA).Rat()
			r := Radius(decimal.Must(pA), decimal.Must(sigma)).Rat()
			at := func(x *big.Rat) exact.Interval { return exact.NormalCDF(new(big.Rat).Quo(x, s)) }
			if r.Sign() > 0 {
				require.True(t, at(r).AtMost(p), "sigma %s, pA %s", sigma, pA)
			}
			require.True(t, at(new(big.Rat).Add(r, unit)).AtLeast(p), "sigma %s, pA %s", sigma, pA)

			// With pB = 1-pA the two radii agree except for the last digit,
			// because two quantiles are rounded instead of one.
			if pA == "0.5" {
				continue
			}
			pB := decimal.Floor(new(big.Rat).Sub(big.NewRat(1, 1), p), exact.BoundPlaces)
			both := RunnerUpRadius(decimal.Must(pA), pB, decimal.Must(sigma)).Rat()
			require.True(t, both.Cmp(r) <= 0 && new(big.Rat).Add(both, unit).Cmp(r) >= 0, "sigma %s, pA %s", sigma, pA)
		}
	}
}

// Radii are truncated where published tables round up.
func TestRadiusIsRoundedDown(t *testing.T) {
	stats, err := NewCohen(Plan{Sigma: decimal.Must("0.5"), Alpha: decimal.Must("0.001"), N0: 100, N: 100_000})
	require.NoError(t, err)
	v := stats.Decide(3, 100_000)
	require.Equal(t, "0.999930924833", v.PA.String()) // 0.001^(1/100000) = 0.99993092483300...
	require.Equal(t, "1.905728", v.Radius.String())   // half of 3.81145656...
}
