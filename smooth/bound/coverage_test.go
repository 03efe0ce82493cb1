package bound

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mathext"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/internal/exact"
)

// below returns a number just below a decimal: a true probability for which a
// bound of that value is false.
func below(d decimal.Decimal) *big.Rat {
	return new(big.Rat).Sub(d.Rat(), new(big.Rat).SetFrac64(1, 1_000_000_000_000))
}

// Exact coverage of Cohen's method: with true probability p of the selected
// class, a radius is wrong if it exceeds sigma Phi^-1(p), that is if a count
// occurs whose bound exceeds p. Near every boundary the probability of such a
// count, summed exactly, is at most alpha.
func TestCoverageAtTheBoundaryIsAtMostAlpha(t *testing.T) {
	const n = 120
	c := cohen(t, "0.25", "0.02", n)
	alpha := decimal.Must("0.02").Rat()
	worst := 0.0
	for count := n / 2; count <= n; count++ {
		v := c.Decide(0, count)
		if v.Class == NoClass {
			continue
		}
		wrong := exact.BinomialUpperTail(count, n, below(v.PA))
		require.True(t, wrong.AtMost(alpha), "count %d", count)
		worst = max(worst, wrong.Float64())
	}
	require.Greater(t, worst, 0.0199, "the bound is not conservative")
}

// Exact coverage of the randomised method. For each count the largest draw
// with a false bound is found by bisection, with the code under test, and
// probabilities are added up in intervals. Without clipped draws the sum is
// alpha to many digits, so the method is not conservative.
func TestCoverageOfTheRandomisedMethod(t *testing.T) {
	const n = 40
	p := Plan{Method: MethodRandomised, Sigma: decimal.Must("0.25"), Alpha: decimal.Must("0.02"), N0: 1, N: n}
	r, alpha := newRandomised(p), decimal.Must("0.02").Rat()
	one, worst := big.NewRat(1, 1), 0.0
	for _, truth := range []string{"0.5", "0.61", "0.83", "0.95"} {
		truth := decimal.Must(truth)
		wrong := exact.Enclose(new(big.Rat))
		for x := range n + 1 {
			above := func(d Draw) bool { return r.bound(x, d.Weight()).pA.Cmp(truth) > 0 }
			share := new(big.Rat) // of the draws
			switch {
			case x < n/2 || !above(0):
				continue
			case above(1<<64 - 1):
				share = one
			default:
				lo, hi := Draw(0), Draw(1<<64-1) // above at lo, not at hi
				for hi-lo > 1 {
					if m := lo + (hi-lo)/2; above(m) {
						lo = m
					} else {
						hi = m
					}
				}
				share.SetFrac(new(big.Int).Add(new(big.Int).SetUint64(uint64(lo)), big.NewInt(1)), new(big.Int).Lsh(big.NewInt(1), 64))
			}
			mass := exact.BinomialUpperTail(x, n, truth.Rat()).Sub(exact.BinomialUpperTail(x+1, n, truth.Rat()))
			wrong = wrong.Add(mass.Mul(exact.Enclose(share)))
		}
		// The probability of a count is a difference of tails, with a small
		// interval width.
		limit := new(big.Rat).Add(alpha, new(big.Rat).SetFrac64(1, 1_000_000_000_000_000))
		require.True(t, wrong.AtMost(limit), "truth %s: %v", truth, wrong.Float64())
		worst = max(worst, wrong.Float64())
	}
	require.Greater(t, worst, 0.02*(1-1e-9))
}

// Exact coverage of the runner-up method: all counts of three classes, for
// probabilities at and near ties, with the code under test. A certificate is
// false if its class is not the most probable or its radius exceeds the true
// one.
func TestCoverageOfTheRunnerUpMethod(t *testing.T) {
	const n = 36
	p := Plan{Method: MethodRunnerUp, Sigma: decimal.Must("1"), Alpha: decimal.Must("0.05"), N0: 1, N: n}
	r := newRunnerUp(p, 3)
	radius := func(a, b int) float64 { // of the selected class 0, -1 for an abstention
		var counts Counts
		for class, count := range [3]int{a, b, n - a - b} {
			if count > 0 {
				counts = append(counts, ClassCount{class, count})
			}
		}
		v := r.decide(0, counts)
		if v.Class == NoClass {
			return -1
		}
		return v.Radius.Float64()
	}
	var table [n + 1][n + 1]float64
	for a := range n + 1 {
		for b := 0; b <= n-a; b++ {
			table[a][b] = radius(a, b)
		}
	}
	worst := 0.0
	for _, truth := range [][3]float64{
		{0.5, 0.5, 0}, {0.4, 0.4, 0.2}, {1. / 3, 1. / 3, 1. / 3}, {0.45, 0.3, 0.25}, {0.6, 0.2, 0.2}, {0.7, 0.29, 0.01}, {0.8, 0.1, 0.1}, {0.95, 0.03, 0.02}, {0.3, 0.36, 0.34},
	} {
		rival := max(truth[1], truth[2])
		true0 := (mathext.NormalQuantile(truth[0]) - mathext.NormalQuantile(rival)) / 2
		wrong := 0.0
		for a := range n + 1 {
			for b := 0; b <= n-a; b++ {
				if certified := table[a][b]; certified >= 0 && (truth[0] <= rival || certified > true0) {
					wrong += multinomial(truth, a, b, n-a-b)
				}
			}
		}
		require.LessOrEqual(t, wrong, 0.05, "%v", truth)
		worst = max(worst, wrong)
	}
	require.Greater(t, worst, 0.005, "the test can fail")
}

func multinomial(p [3]float64, counts ...int) float64 {
	mass, left := 1.0, 0
	for i, c := range counts {
		for k := range c {
			left++
			mass *= p[i] * float64(left) / float64(k+1)
		}
	}
	return mass
}

// Exact coverage of the anytime method at every radius of a grid, at the
// least favourable probability. The probability of claiming that radius or
// more is at most alpha. It is computed by dynamic programming over all looks
// with the thresholds and the futility rule of the code under test.
func TestCoverageOfTheAnytimeMethod(t *testing.T) {
	const alpha = 0.02
	n := 1600
	if testing.Short() {
		n = 480
	}
	a := anytimeOn(t, "0.02", n, "0", "0.3", "0.6", "1.2")
	for i, r := range a.plan.Radii {
		truth := exact.NormalCDF(r.Rat()).Float64()
		wrong := 0.0
		for claims, mass := range dynamic(a, truth).claims {
			if claims > i {
				wrong += mass
			}
		}
		t.Logf("radius %s: %.5f of %g", r, wrong, alpha)
		require.LessOrEqual(t, wrong, alpha, "radius %s", r)
		require.Greater(t, wrong, alpha/20, "the test can fail")
	}
}
