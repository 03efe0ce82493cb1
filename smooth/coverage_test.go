package smooth

import (
	"context"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mathext"

	"github.com/godmae/godmae/internal/exact"
)

// below returns the number just below a decimal: a truth that a bound of that
// value misses.
func below(d Decimal) *big.Rat {
	return new(big.Rat).Sub(d.Rat(), new(big.Rat).SetFrac64(1, 1_000_000_000_000))
}

// Exact coverage of Cohen's method: with true probability p of the selected
// class, a radius is wrong if it exceeds sigma Phi^-1(p), that is if a count
// occurs whose bound exceeds p. Near every boundary the probability of such a
// count, summed exactly, is at most alpha.
func TestCoverageAtTheBoundaryIsAtMostAlpha(t *testing.T) {
	const n = 120
	c := cohen(t, "0.25", "0.02", n)
	alpha := exact.MustDecimal("0.02").Rat()
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
	require.Greater(t, worst, 0.0199, "the bound wastes nothing")
}

// Exact coverage of the randomised method: for each count the largest draw
// with a bound above the truth is found by bisection through the real code,
// and its probability is added up in intervals. Away from the clipped draws
// the sum is alpha to many digits: the method wastes nothing.
func TestCoverageOfTheRandomisedMethod(t *testing.T) {
	const n = 40
	p := Params{Method: MethodRandomised, Sigma: exact.MustDecimal("0.25"), Alpha: exact.MustDecimal("0.02"), N0: 1, N: n}
	r, alpha := newRandomised(p), exact.MustDecimal("0.02").Rat()
	one, worst := big.NewRat(1, 1), 0.0
	for _, truth := range []string{"0.5", "0.61", "0.83", "0.95"} {
		truth := exact.MustDecimal(truth)
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
		// The mass of a count is a difference of tails: a hair of width.
		limit := new(big.Rat).Add(alpha, new(big.Rat).SetFrac64(1, 1_000_000_000_000_000))
		require.True(t, wrong.AtMost(limit), "truth %s: %v", truth, wrong.Float64())
		worst = max(worst, wrong.Float64())
	}
	require.Greater(t, worst, 0.02*(1-1e-9))
}

// Exact coverage of the runner-up method: all counts of three classes, for
// probabilities at and around ties, through the real verdicts. A certificate
// is false if its class is not the likeliest or its radius exceeds the truth.
func TestCoverageOfTheRunnerUpMethod(t *testing.T) {
	const n = 36
	p := Params{Method: MethodRunnerUp, Sigma: exact.MustDecimal("1"), Alpha: exact.MustDecimal("0.05"), N0: 1, N: n}
	r := newRunnerUp(p, 3)
	radius := func(a, b int) float64 { // of the selected class 0, -1 for an abstention
		v := r.decide(0, sparse([]int{0, a, b, n - a - b}))
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

// Exact coverage of the anytime method at every radius of a grid, where the
// truth is least favourable: the probability of claiming that radius or more,
// by dynamic programming over all looks with the real thresholds and the real
// futility rule, is at most alpha.
func TestCoverageOfTheAnytimeMethod(t *testing.T) {
	const alpha = 0.02
	n := 1600
	if testing.Short() {
		n = 480
	}
	a := anytimeOn(t, "0.02", n, "0", "0.3", "0.6", "1.2")
	for i, r := range a.params.Radii {
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

// coin answers class 0 with a probability that depends on the image: the
// smoothed classifier's true probability, without any pixels.
type coin struct{ p func(image int) float64 }

func (coin) Classes() int   { return 2 }
func (coin) BatchSize() int { return 4096 }

func (c coin) Classify(_ context.Context, jobs []Job, noise Noise, out []int32) error {
	for i, j := range jobs {
		w := noise.Addr(j).Block(0)
		u := (float64(uint64(w[0])<<21|uint64(w[1])>>11) + 0.5) / (1 << 53)
		out[i] = 1
		if u < c.p(j.Image) {
			out[i] = 0
		}
	}
	return nil
}

// A hundred thousand certificates of each method at the least favourable
// probability through the scheduler and the statistics: false ones stay within
// alpha at a binomial significance of 1e-6. The randomised method computes a
// bound of its own for each image; a fair coin, of which nothing is true, spares
// it most of the radii.
func TestSimulatedCertificatesKeepAlpha(t *testing.T) {
	if testing.Short() {
		t.Skip("fifty million samples")
	}
	// Just below the bound of a count: every count from there on is false.
	atCount := func(x, n int, level string) float64 {
		return exact.ClopperPearsonLower(x, n, exact.MustDecimal(level)).Float64() - 1e-9
	}
	const runs = 100_000
	for _, c := range []struct {
		method Method
		alpha  string
		n      int
		truth  float64
		least  float64 // share of alpha that is used up at least
	}{
		{MethodCohen, "0.01", 100, atCount(80, 100, "0.01"), 0.3},
		{MethodRandomised, "0.05", 12, 0.5, 0.9},
		{MethodRunnerUp, "0.01", 100, atCount(80, 100, "0.005"), 0.15},
		{MethodAnytime, "0.01", 320, exact.NormalCDF(big.NewRat(1, 2)).Float64(), 0.1},
	} {
		t.Run(string(c.method), func(t *testing.T) {
			t.Parallel()
			alpha := exact.MustDecimal(c.alpha)
			params := Params{Method: c.method, Sigma: exact.MustDecimal("1"), Alpha: alpha, N0: 1, N: c.n, Seed: 11}
			if c.method == MethodAnytime {
				params.Radii, params.Futility = decimals("0", "0.5", "1"), DefaultFutility()
			}
			stats, err := NewStatistics(params, 2)
			require.NoError(t, err)
			trueRadius := mathext.NormalQuantile(c.truth)
			next, wrong := 0, 0
			s := &scheduler{
				classifier: coin{func(int) float64 { return c.truth }}, noise: Noise{Sigma: 1, Seed: params.Seed}, params: params, stats: stats, batch: 4096,
				open: func() (int, Image, bool, error) { next++; return next - 1, Image{}, next <= runs, nil },
				emit: func(l Line, _ time.Duration) error {
					r := l.Record
					// That of class 1 is the negative of that of class 0. At the radius
					// itself a claim is false.
					truth := trueRadius
					if r.Predict == 1 {
						truth = -trueRadius
					}
					if r.Predict >= 0 && r.Radius.Float64() > truth-1e-12 {
						wrong++
					}
					return nil
				},
				batched: func(int) {},
			}
			require.NoError(t, s.run(t.Context()))
			t.Logf("%d of %d are false", wrong, runs)
			require.Less(t, 1e-6, exact.BinomialUpperTail(wrong, runs, alpha.Rat()).Float64(), "%d of %d are false", wrong, runs)
			require.Greater(t, wrong, int(c.least*alpha.Float64()*float64(runs)), "the simulation can fail")
		})
	}
}

// For every method a linear classifier's certificates stay within the geometry
// at a vanishing alpha.
func TestLinearClassifierUnderEveryMethod(t *testing.T) {
	l := newLinear()
	for _, m := range Methods() {
		task := methodTask(m, t.TempDir()+"/c.jsonl")
		task.Alpha, task.Images = exact.MustDecimal("1e-12"), IndexSet{{0, 1, 8}}
		runTask(t, task)
		_, recs := readFile(t, task.Out)
		certified := slices.DeleteFunc(recs, func(r Record) bool { return r.Predict < 0 })
		for _, rec := range certified {
			require.LessOrEqual(t, rec.Radius.Float64(), l.distance(rec.Image), "%s image %d", m, rec.Image)
			requireNoAdversary(t, l, rec)
		}
		require.NotEmpty(t, certified, m)
	}
}
