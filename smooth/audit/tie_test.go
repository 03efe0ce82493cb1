package audit

import (
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// For all small n, all counts, and levels with exact ties, the certifier's
// bound is on the safe side of the exact rational tail and at most one unit
// below the largest such bound. The audit accepts it and refuses one unit more.
func TestBoundsAtExactTies(t *testing.T) {
	ties := 0
	for n := 1; n <= 7; n++ {
		for _, level := range []string{"0.5", "0.25", "0.2", "0.125", "0.1", "0.05", "0.01", "0.001", "0.0001", "0.000001", "0.9", "0.19", "0.271", "0.0625", "0.96875"} {
			for _, method := range bound.Methods()[:3] {
				alpha := decimal.Must(level)
				p := certificate.Params{Plan: bound.Plan{Method: method, Sigma: decimal.Must("0.25"), Alpha: alpha, N0: 1, N: n}, Seed: 5}
				if p.Check() != nil {
					continue // the randomised bound takes small levels only
				}
				for _, classes := range []int{1, 2, 3, 11} {
					if method != bound.MethodRunnerUp && classes != 2 {
						continue
					}
					ties += checkTies(t, p, classes)
				}
			}
		}
	}
	require.Greater(t, ties, 20, "there are ties among them")
}

// checkTies checks all counts of two classes and returns the number of exact
// ties.
func checkTies(t *testing.T, p certificate.Params, classes int) (ties int) {
	t.Helper()
	stats, err := bound.New(p.Plan, classes)
	require.NoError(t, err)
	h := certificate.NewHeader(p, classes, certificate.Subject{Images: certificate.IndexSet{{0, 1, 1}}, Of: 1})
	for hits := range p.N + 1 {
		if classes == 1 && hits < p.N {
			continue
		}
		rec := certificate.Record{Estimation: certificate.Sampling{N: p.N}}
		for class, count := range []int{hits, p.N - hits} {
			if count > 0 {
				rec.Estimation.Counts = append(rec.Estimation.Counts, bound.ClassCount{class, count})
			}
		}
		v := stats.Begin(p.Draw(0, rec.Pixels)).Verdict(0, rec.Estimation.Counts)
		rec.Predict, rec.PA, rec.PB, rec.Radius, rec.W = v.Class, v.PA, v.PB, v.Radius, v.W
		what := fmt.Sprintf("%s, %d classes, alpha %s: %d of %d", p.Method, classes, p.Alpha, hits, p.N)
		require.NoError(t, newExaminer(h).examine(rec), what)
		if hits == 0 {
			continue
		}
		w, level := one, p.Alpha.Rat()
		if v.W != nil {
			w = v.W.Weight()
		}
		if p.Method == bound.MethodRunnerUp {
			level.Quo(level, big.NewRat(2, 1))
		}
		pA := rec.PA.Rat()
		next := new(big.Rat).Add(pA, boundStep)
		after := new(big.Rat).Add(next, boundStep)
		require.LessOrEqual(t, exactTail(hits, p.N, w, pA).Cmp(level), 0, what)
		require.Positive(t, exactTail(hits, p.N, w, after).Cmp(level), what)
		if exactTail(hits, p.N, w, next).Cmp(level) == 0 || exactTail(hits, p.N, w, pA).Cmp(level) == 0 {
			ties++
			continue
		}
		require.Positive(t, exactTail(hits, p.N, w, next).Cmp(level), what)
		rec.PA = decimal.Floor(next, 12)
		require.ErrorContains(t, newExaminer(h).examine(rec), "larger", what)
	}
	return ties
}

// Whole certificates with ties are intact: one sample at level 0.1, three at
// 0.001, two at 0.25, where the bound is one half and the radius 0.
func TestCertificatesAtExactTies(t *testing.T) {
	for n, alphas := range map[int][]string{1: {"0.1", "0.5", "0.001"}, 2: {"0.25", "0.01"}, 3: {"0.001", "0.125"}} {
		for _, alpha := range alphas {
			for _, m := range bound.Methods()[:3] {
				if m == bound.MethodRandomised && decimal.Must(alpha).Cmp(decimal.Must("0.0625")) >= 0 {
					continue
				}
				text := issue(t, func(task *smooth.Task) {
					task.Params = params(m)
					task.N, task.N0, task.Alpha = n, 1, decimal.Must(alpha)
				})
				r := audit(t, text, options(Full))
				require.True(t, r.Intact, "%s, n %d, alpha %s: %s\n%s", m, n, alpha, r.Difference, text)
			}
		}
	}
}

func TestExactTail(t *testing.T) {
	require.Equal(t, "7/64", exactTail(2, 3, one, big.NewRat(1, 4)).Sub(exactTail(2, 3, one, big.NewRat(1, 4)), big.NewRat(3, 64)).RatString())
	require.Equal(t, "1/1000", exactTail(3, 3, one, big.NewRat(1, 10)).RatString())
	require.Zero(t, compareTail(3, 3, one, big.NewRat(1, 10), big.NewRat(1, 1000), provedBits))
	require.Equal(t, -1, compareTail(3, 3, one, big.NewRat(1, 10), big.NewRat(1001, 1000000), provedBits))
	require.Equal(t, 1, compareTail(3, 3, one, big.NewRat(1, 10), big.NewRat(999, 1000000), provedBits))
	require.Equal(t, 1, compareTail(3, 3, one, one, big.NewRat(1, 2), provedBits))
}

// A level may be so near to a tail that only exact arithmetic distinguishes
// them. The audit must not compute fractions of a million digits then.
func TestLevelNextToATail(t *testing.T) {
	const n = 1 << 25 // all of them hits
	p := big.NewRat(999999, 1000000)
	tail, _ := upperTail(n, n, fraction(p)).Rat(nil)
	alpha := decimal.Ceil(tail, 64)
	require.Zero(t, compareTail(n, n, one, p, alpha.Rat(), 128), "nearer than that")
	params := certificate.Params{Plan: bound.Plan{Sigma: decimal.Must("0.25"), Alpha: alpha, N0: 1, N: n}, Seed: 5}
	stats, err := bound.New(params.Plan, 2)
	require.NoError(t, err)
	rec := certificate.Record{Estimation: certificate.Sampling{N: n, Counts: bound.Counts{{0, n}}}}
	v := stats.Begin(params.Draw(0, rec.Pixels)).Verdict(0, rec.Estimation.Counts)
	rec.Predict, rec.PA, rec.Radius = v.Class, v.PA, v.Radius
	require.Equal(t, "0.999999", rec.PA.String())
	done := make(chan error, 1)
	go func() {
		done <- newExaminer(certificate.NewHeader(params, 2, certificate.Subject{Images: certificate.IndexSet{{0, 1, 1}}, Of: 1})).examine(rec)
	}()
	select {
	case err := <-done:
		require.NoError(t, err)
	case <-time.After(time.Minute):
		t.Fatal("the audit takes too long")
	}
}

// If the certifier cannot prove the next decimal, because the distance of its
// tail to the level is below the width of the intervals, the audit accepts the
// printed one.
func TestLevelThatCannotBeProved(t *testing.T) {
	const n = 2000
	p := big.NewRat(496, 1000)
	tail, _ := upperTail(n/2, n, fraction(p)).Rat(nil)
	for _, places := range []int{44, 40, 36, 34, 32, 30, 28, 24, 20} {
		params := certificate.Params{Plan: bound.Plan{Sigma: decimal.Must("0.25"), Alpha: decimal.Ceil(tail, places), N0: 1, N: n}, Seed: 5}
		stats, err := bound.New(params.Plan, 2)
		require.NoError(t, err)
		rec := certificate.Record{Estimation: certificate.Sampling{N: n, Counts: bound.Counts{{0, n / 2}, {1, n / 2}}}}
		v := stats.Begin(params.Draw(0, rec.Pixels)).Verdict(0, rec.Estimation.Counts)
		rec.Predict, rec.PA, rec.Radius = v.Class, v.PA, v.Radius
		h := certificate.NewHeader(params, 2, certificate.Subject{Images: certificate.IndexSet{{0, 1, 1}}, Of: 1})
		require.NoError(t, newExaminer(h).examine(rec), places)
	}
}

// With a tiny noise level, one unit of a radius is more standard deviations
// than a float64 can hold.
func TestTinySigma(t *testing.T) {
	for _, sigma := range []string{"0.0000001", "1e-50", "1e-390"} {
		for _, method := range bound.Methods()[:3] {
			p := certificate.Params{Plan: bound.Plan{Method: method, Sigma: decimal.Must(sigma), Alpha: decimal.Must("0.05"), N0: 1, N: 20}, Seed: 5}
			stats, err := bound.New(p.Plan, 2)
			require.NoError(t, err)
			rec := certificate.Record{Estimation: certificate.Sampling{N: 20, Counts: bound.Counts{{0, 20}}}}
			v := stats.Begin(p.Draw(0, rec.Pixels)).Verdict(0, rec.Estimation.Counts)
			rec.Predict, rec.PA, rec.PB, rec.Radius, rec.W = v.Class, v.PA, v.PB, v.Radius, v.W
			h := certificate.NewHeader(p, 2, certificate.Subject{Images: certificate.IndexSet{{0, 1, 1}}, Of: 1})
			require.NoError(t, newExaminer(h).examine(rec), "%s %s", method, sigma)
			rec.Radius = decimal.Must("0.000001")
			require.Error(t, newExaminer(h).examine(rec), "%s %s", method, sigma)
		}
	}
}
