package bound

import (
	"math/big"
	"sync"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/internal/exact"
)

// runnerUp is MethodRunnerUp. The lower bound of the selected class A has half
// of alpha. The upper bounds of all K-1 other classes, whether they occur or
// not, share the other half evenly. So all K bounds hold together with
// probability 1-alpha, and the radius is sigma/2 (Phi^-1(pA) - Phi^-1(pB))
// (Cohen et al. 2019, theorem 1).
type runnerUp struct {
	plan   Plan
	lower  *big.Rat // level of the bound on A
	upper  *big.Rat // level of each other bound
	others int      // K-1

	mu    sync.Mutex
	known map[runnerUpCounts]Verdict // for any selected class
}

// runnerUpCounts are the counts that determine a verdict.
type runnerUpCounts struct{ selected, second int }

func newRunnerUp(p Plan, classes int) *runnerUp {
	r := &runnerUp{plan: p, others: classes - 1, known: make(map[runnerUpCounts]Verdict)}
	r.lower = new(big.Rat).Mul(p.Alpha.Rat(), big.NewRat(1, 2))
	r.upper = new(big.Rat).Mul(r.lower, big.NewRat(1, int64(max(r.others, 1))))
	return r
}

// Begin starts a trial of N samples.
func (r *runnerUp) Begin(Draw) Trial {
	return &fixedTrial{due: r.plan.N, decide: r.decide}
}

// decide returns the verdict on a selected class. The largest of the other
// upper bounds is that of the largest count, because the bound grows with it.
func (r *runnerUp) decide(selected int, counts Counts) Verdict {
	key := runnerUpCounts{selected: counts.Of(selected)}
	for _, cc := range counts {
		if cc[0] != NoClass && cc[0] != selected {
			key.second = max(key.second, cc[1])
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.known[key]
	if !ok {
		v = r.bound(key)
		forget(r.known)
		r.known[key] = v
	}
	if v.Class != NoClass {
		v.Class = selected
	}
	return v
}

// bound returns the verdict on counts, with 0 as the selected class.
func (r *runnerUp) bound(c runnerUpCounts) Verdict {
	one := big.NewRat(1, 1)
	pA := exact.BinomialLowerBound(c.selected, r.plan.N, r.lower, one)
	// Every other class has at most 1-pA.
	pB := decimal.Floor(new(big.Rat).Sub(one, pA.Rat()), exact.BoundPlaces)
	if r.others > 0 {
		q := exact.BinomialLowerBound(r.plan.N-c.second, r.plan.N, r.upper, one)
		upper := decimal.Floor(new(big.Rat).Sub(one, q.Rat()), exact.BoundPlaces)
		if upper.Cmp(pB) < 0 {
			pB = upper
		}
	}
	v := Verdict{Class: NoClass, PA: pA, PB: &pB}
	if pA.Cmp(pB) > 0 {
		v.Class, v.Radius = 0, RunnerUpRadius(pA, pB, r.plan.Sigma)
	}
	return v
}

// RunnerUpRadius returns sigma/2 (Phi^-1(pA) - Phi^-1(pB)) for 0 < pB < pA <
// 1, rounded down to RadiusPlaces decimals. It uses the lower end of the
// interval of the first quantile and the upper end of the second.
func RunnerUpRadius(pA, pB, sigma decimal.Decimal) decimal.Decimal {
	low, _ := quantileEnds(pA)
	_, high := quantileEnds(pB)
	d := low.Sub(low, high)
	if d.Sign() < 0 {
		return decimal.Decimal{} // pA and pB are so close that the intervals overlap
	}
	d.Mul(d, sigma.Rat())
	return decimal.Floor(d.Mul(d, big.NewRat(1, 2)), RadiusPlaces)
}

// quantileEnds returns bounds on Phi^-1(p), of any sign.
func quantileEnds(p decimal.Decimal) (low, high *big.Rat) {
	q := p.Rat()
	negative := p.Cmp(half) < 0
	if negative {
		q.Sub(big.NewRat(1, 1), q)
	}
	z := exact.NormalQuantile(q)
	low, _ = z.Lo.Rat(nil)
	high, _ = z.Hi.Rat(nil)
	if negative {
		low, high = high.Neg(high), low.Neg(low)
	}
	return low, high
}

// BestRadius is the radius of an image with N hits: no other class occurred,
// and pB = 1-pA.
func (r *runnerUp) BestRadius() decimal.Decimal { return r.decide(0, Counts{{0, r.plan.N}}).Radius }

// Needs is the number of Cohen's method at half the level.
func (r *runnerUp) Needs(radius decimal.Decimal) (int, bool) {
	return needs(radius, r.plan.Sigma, r.lower, big.NewRat(1, 1))
}
