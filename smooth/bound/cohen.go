package bound

import (
	"math/big"
	"sync"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/internal/exact"
)

// RadiusPlaces is the number of decimals of a certified radius, always rounded
// down.
const RadiusPlaces = 6

// ClopperPearsonLower returns the one-sided lower confidence bound of Clopper
// and Pearson (1934) at level 1-alpha for x successes in n trials, rounded
// down to 12 decimals. It is the largest p on that grid for which P[Bin(n,p)
// >= x] is proven to be at most alpha. With a success probability below the
// returned bound, x or more successes have probability at most alpha.
//
// It panics unless 0 <= x <= n, 0 < n and 0 < alpha < 1.
func ClopperPearsonLower(x, n int, alpha decimal.Decimal) decimal.Decimal {
	return exact.BinomialLowerBound(x, n, alpha.Rat(), big.NewRat(1, 1))
}

// ClopperPearsonUpper returns the one-sided upper confidence bound at level
// 1-alpha, rounded up to 12 decimals: one minus the lower bound of
// the failures.
func ClopperPearsonUpper(x, n int, alpha decimal.Decimal) decimal.Decimal {
	q := ClopperPearsonLower(n-x, n, alpha).Rat()
	return decimal.Floor(q.Sub(big.NewRat(1, 1), q), exact.BoundPlaces) // exact: q is on the grid
}

// Cohen computes verdicts from counts with the procedure CERTIFY of Cohen
// et al. (2019). pA is the Clopper-Pearson lower bound of the selected
// class at level 1-alpha. The radius is sigma Phi^-1(pA); if pA < 1/2 the
// verdict is an abstention. It caches bounds, which depend on only one
// count, and may be used concurrently.
type Cohen struct {
	plan  Plan
	mu    sync.Mutex
	known map[int]bound
}

// bound is the lower bound and the radius for a count of the selected class.
type bound struct{ pA, radius decimal.Decimal }

// NewCohen returns the statistics of a plan that passes Check.
func NewCohen(p Plan) (*Cohen, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	return &Cohen{plan: p, known: make(map[int]bound)}, nil
}

// Begin starts a trial of N samples.
func (c *Cohen) Begin(Draw) Trial {
	return &fixedTrial{due: c.plan.N, decide: func(selected int, counts Counts) Verdict {
		return c.Decide(selected, counts.Of(selected))
	}}
}

// Decide returns the verdict on a selected class that has count of the N
// estimation samples.
func (c *Cohen) Decide(class, count int) Verdict {
	if class == NoClass {
		return Verdict{Class: NoClass}
	}
	return c.bound(count).verdict(class)
}

// verdict abstains if pA < 1/2.
func (b bound) verdict(class int) Verdict {
	if b.pA.Cmp(half) < 0 {
		class = NoClass
	}
	return Verdict{Class: class, PA: b.pA, Radius: b.radius}
}

func (c *Cohen) bound(count int) bound {
	c.mu.Lock()
	defer c.mu.Unlock()
	b, ok := c.known[count]
	if !ok {
		b = newBound(ClopperPearsonLower(count, c.plan.N, c.plan.Alpha), c.plan.Sigma)
		forget(c.known)
		c.known[count] = b
	}
	return b
}

// newBound returns a lower bound on the probability of the selected class with
// its radius, if all other classes together have the rest.
func newBound(pA, sigma decimal.Decimal) bound {
	b := bound{pA: pA}
	if pA.Cmp(half) >= 0 {
		b.radius = Radius(pA, sigma)
	}
	return b
}

// Radius returns sigma Phi^-1(pA) for 1/2 <= pA < 1, rounded down to
// RadiusPlaces decimals (Cohen et al. 2019, theorem 1 with pB = 1-pA).
func Radius(pA, sigma decimal.Decimal) decimal.Decimal {
	z := exact.NormalQuantile(pA.Rat())
	return z.Mul(exact.Enclose(sigma.Rat())).FloorDecimal(RadiusPlaces)
}

// BestRadius returns the largest radius that the plan can certify. Users see it
// before a certification.
func (c *Cohen) BestRadius() decimal.Decimal { return c.bound(c.plan.N).radius }

// Needs returns the smallest n that certifies a radius when every sample has
// the selected class: about log(alpha)/log(Phi(radius/sigma)).
func (c *Cohen) Needs(radius decimal.Decimal) (int, bool) {
	return needs(radius, c.plan.Sigma, c.plan.Alpha.Rat(), big.NewRat(1, 1))
}

// needs returns the smallest n whose bound for n of n hits, at a level and with
// weight w of the last atom, gives the radius.
func needs(radius, sigma decimal.Decimal, level, w *big.Rat) (int, bool) {
	return smallest(func(n int) bool {
		b := newBound(exact.BinomialLowerBound(n, n, level, w), sigma)
		return b.pA.Cmp(half) >= 0 && b.radius.Cmp(radius) >= 0
	})
}
