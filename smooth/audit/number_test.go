package audit

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mathext"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/internal/exact"
)

// The two independent implementations agree to more than forty digits.
func TestNumbersAgreeWithTheIntervals(t *testing.T) {
	near := func(want exact.Interval, got *big.Float, what string) {
		t.Helper()
		slack := new(big.Float).SetMantExp(big.NewFloat(1), -90)
		require.LessOrEqual(t, sub(number().Set(want.Lo), slack).Cmp(got), 0, what)
		require.GreaterOrEqual(t, add(number().Set(want.Hi), slack).Cmp(got), 0, what)
	}
	for _, z := range []string{"0", "0.001", "1", "2.5", "-3", "7", "11"} {
		r := decimal.Must(z).Rat()
		near(exact.NormalCDF(r), normalCDF(fraction(r)), "Phi("+z+")")
	}
	for _, c := range []struct {
		x, n int
		p    string
	}{{1, 1, "0.001"}, {7, 10, "0.3"}, {60, 100, "0.5"}, {990, 1000, "0.97"}, {1000, 1000, "0.99"}, {700, 1000, "0.69"}, {9990, 10_000, "0.998"}} {
		r := decimal.Must(c.p).Rat()
		near(exact.BinomialUpperTail(c.x, c.n, r), upperTail(c.x, c.n, fraction(r)), c.p)
	}
	require.Zero(t, upperTail(4, 3, fraction(big.NewRat(1, 2))).Sign())
	for _, p := range []string{"0.000000000001", "0.2", "0.5", "0.93", "0.999999999999"} {
		got, _ := quantile(decimal.Must(p).Rat()).Float64()
		require.InDelta(t, mathext.NormalQuantile(decimal.Must(p).Float64()), got, 1e-6*max(1, math.Abs(got)), p)
		back := normalCDF(quantile(decimal.Must(p).Rat()))
		off := sub(back, fraction(decimal.Must(p).Rat()))
		require.True(t, off.Sign() == 0 || off.MantExp(nil) < -200, "Phi undoes the quantile of %s", p)
	}
}

func TestLogarithmOfNumbers(t *testing.T) {
	for _, x := range []float64{1e-300, 0.3, 0.999999, 1, 1.0000001, 1.9, 2, 1000, 1e200} {
		require.InDelta(t, math.Log(x), logOf(number().SetFloat64(x)), 1e-14*max(1, math.Abs(math.Log(x))))
	}
}

// If logarithms cannot decide, full precision does.
func TestEvidenceIsDecidedToTheLastDigit(t *testing.T) {
	p0 := fraction(big.NewRat(1, 2))
	shares := []*big.Rat{big.NewRat(1, 2)}
	// One alternative, q = 3/4: after 7 hits the evidence is (3/2)^7 = 2187/128.
	at := func(level *big.Rat) bool { return newEvidence(p0, shares, level).reaches(7, 0) }
	require.True(t, at(big.NewRat(128, 2187)))
	off := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), 200))
	require.False(t, at(off.Sub(big.NewRat(128, 2187), off)))
}
