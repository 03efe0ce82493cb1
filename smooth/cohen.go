package smooth

import (
	"math/big"
	"sync"

	"github.com/godmae/godmae/internal/exact"
)

// RadiusPlaces is the number of decimals of a certified radius, always rounded
// down.
const RadiusPlaces = 6

// Cohen turns counts into verdicts by the procedure CERTIFY of Cohen et al.
// (2019): the Clopper-Pearson lower bound pA of the selected class at level
// 1-alpha, the radius sigma Phi^-1(pA), abstention when pA < 1/2. It remembers
// bounds, which depend on one count alone, and may be used concurrently.
type Cohen struct {
	params Params
	mu     sync.Mutex
	known  map[int]bound
}

// bound is what a count of the selected class is worth.
type bound struct{ pA, radius Decimal }

// NewCohen returns the statistics for parameters that pass Check.
func NewCohen(p Params) (*Cohen, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	return &Cohen{params: p, known: make(map[int]bound)}, nil
}

// Begin starts a trial of N samples.
func (c *Cohen) Begin(int, Digest) Trial {
	return &fixedTrial{due: c.params.N, decide: func(selected int, counts Counts) Verdict {
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

// verdict abstains when pA < 1/2.
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
		b = newBound(exact.ClopperPearsonLower(count, c.params.N, c.params.Alpha), c.params.Sigma)
		forget(c.known)
		c.known[count] = b
	}
	return b
}

// newBound returns a lower bound on the probability of the selected class with
// the radius that it is worth when all other classes may share the rest.
func newBound(pA, sigma Decimal) bound {
	b := bound{pA: pA}
	if pA.Cmp(half) >= 0 {
		b.radius = CertifiedRadius(pA, sigma)
	}
	return b
}

// CertifiedRadius returns sigma Phi^-1(pA) for 1/2 <= pA < 1, rounded down to
// RadiusPlaces decimals (Cohen et al. 2019, theorem 1 with pB = 1-pA).
func CertifiedRadius(pA, sigma Decimal) Decimal {
	z := exact.NormalQuantile(pA.Rat())
	return z.Mul(exact.Enclose(sigma.Rat())).FloorDecimal(RadiusPlaces)
}

// BestRadius returns the largest radius that Params can certify. It tells a
// user beforehand what n is good for.
func (c *Cohen) BestRadius() Decimal { return c.bound(c.params.N).radius }

// Needs returns the smallest n that certifies a radius when every sample has
// the selected class: about log(alpha)/log(Phi(radius/sigma)).
func (c *Cohen) Needs(radius Decimal) (int, bool) {
	return needs(radius, c.params.Sigma, c.params.Alpha.Rat(), big.NewRat(1, 1))
}

// needs is the smallest n whose bound on n of n hits, at a level and with a
// weight of the last atom, is worth a radius.
func needs(radius, sigma Decimal, level, w *big.Rat) (int, bool) {
	return smallest(func(n int) bool {
		b := newBound(exact.BinomialLowerBound(n, n, level, w), sigma)
		return b.pA.Cmp(half) >= 0 && b.radius.Cmp(radius) >= 0
	})
}
