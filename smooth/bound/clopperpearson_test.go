package bound

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mathext"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/internal/exact"
)

// lowerBoundTable reads rows of (successes, n, alpha, bound, probit).
func lowerBoundTable(t *testing.T) [][5]float64 {
	t.Helper()
	raw, err := os.ReadFile("testdata/clopper_pearson.json")
	require.NoError(t, err)
	var table struct{ Rows [][5]float64 }
	require.NoError(t, json.Unmarshal(raw, &table))
	require.NotEmpty(t, table.Rows)
	return table.Rows
}

func TestClopperPearsonAgainstFixtureAndGonum(t *testing.T) {
	for i, row := range lowerBoundTable(t) {
		x, n := int(row[0]), int(row[1])
		if testing.Short() && i%8 != 0 {
			continue
		}
		alpha := decimal.Must(fmt.Sprint(row[2]))
		got := ClopperPearsonLower(x, n, alpha)
		// Twelve decimals rounded down, and the fixture's own rounding.
		require.InDelta(t, row[3], got.Float64(), 1.1e-12+1e-12*row[3], "x=%d n=%d alpha=%s", x, n, alpha)
		if x > 0 {
			beta := mathext.InvRegIncBeta(float64(x), float64(n-x+1), row[2])
			require.InDelta(t, beta, got.Float64(), 1e-9, "gonum, x=%d n=%d", x, n)
		}
		if row[4] > 0 {
			z := exact.NormalQuantile(got.Rat()).Float64()
			require.InDelta(t, row[4], z, 1e-7, "probit, x=%d n=%d", x, n)
		}
	}
}

func TestClopperPearsonIsTheLastGridPointThatPasses(t *testing.T) {
	step := big.NewRat(1, 1_000_000_000_000)
	for _, c := range []struct {
		x, n  int
		alpha string
	}{{1, 1, "0.001"}, {1, 100, "0.05"}, {3, 1000, "0.001"}, {50, 100, "0.5"}, {50, 100, "0.9"}, {100, 100, "0.001"}, {99_990, 100_000, "0.001"},
		{100_000, 100_000, "0.001"}, {60, 500, "1e-12"}, {1, 100_000, "1e-12"}, {500, 1000, "1e-300"}} {
		alpha := decimal.Must(c.alpha)
		p := ClopperPearsonLower(c.x, c.n, alpha).Rat()
		require.True(t, exact.BinomialUpperTail(c.x, c.n, p).AtMost(alpha.Rat()), "%+v passes", c)
		next := p.Add(p, step)
		require.False(t, exact.BinomialUpperTail(c.x, c.n, next).AtMost(alpha.Rat()), "%+v: the next one fails", c)
	}
}

func TestClopperPearsonClosedForms(t *testing.T) {
	alpha := decimal.Must("0.001")
	require.Equal(t, "0", ClopperPearsonLower(0, 50, alpha).String())
	require.Equal(t, "1", ClopperPearsonUpper(50, 50, alpha).String())
	// All successes: alpha^(1/n).
	for _, n := range []int{1, 3, 100, 10_000} {
		require.InDelta(t, math.Pow(.001, 1/float64(n)), ClopperPearsonLower(n, n, alpha).Float64(), 2e-12)
	}
	// The upper bound is one minus the lower one of the failures.
	lower, upper := ClopperPearsonLower(70, 100, alpha).Rat(), ClopperPearsonUpper(30, 100, alpha).Rat()
	require.Equal(t, "1", lower.Add(lower, upper).RatString())
	for _, bad := range []func(){
		func() { ClopperPearsonLower(-1, 10, alpha) },
		func() { ClopperPearsonLower(11, 10, alpha) },
		func() { ClopperPearsonLower(0, 0, alpha) },
		func() { ClopperPearsonLower(1, 2, decimal.Must("1")) },
		func() { ClopperPearsonLower(1, 2, decimal.Must("0")) },
	} {
		require.Panics(t, bad)
	}
}

// Coverage: for a true p just above the reported bound of count x, the
// probability of reporting a bound above p is at most alpha. It is exactly
// P[Bin(n,p) >= x+1].
func TestClopperPearsonCoverageAtEveryBoundary(t *testing.T) {
	alpha := decimal.Must("0.05")
	const n = 60
	for x := range n {
		p := ClopperPearsonLower(x+1, n, alpha).Rat() // largest p for which a false bound needs x+1 successes
		wrong := exact.BinomialUpperTail(x+1, n, p)
		require.True(t, wrong.AtMost(alpha.Rat()), "x=%d", x)
		require.Greater(t, wrong.Float64(), 0.0499, "the bound is tight, x=%d", x)
	}
}

func BenchmarkClopperPearson(b *testing.B) {
	alpha := decimal.Must("0.001")
	for _, x := range []int{50_500, 90_000, 99_900, 100_000} {
		b.Run(fmt.Sprint(x), func(b *testing.B) {
			for b.Loop() {
				ClopperPearsonLower(x, 100_000, alpha)
			}
		})
	}
}
