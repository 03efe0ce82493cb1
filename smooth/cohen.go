package smooth

import (
	"fmt"
	"math/big"
	"sync"

	"github.com/godmae/godmae/internal/exact"
)

// RadiusPlaces is the number of decimals of a certified radius, always rounded
// down.
const RadiusPlaces = 6

// Params are the parameters of a certification by Cohen's method.
type Params struct {
	Sigma Decimal // standard deviation of the noise, pixels in [0,1]
	Alpha Decimal // probability of a false certificate, per image
	N0    int     // samples that choose the class
	N     int     // samples that are counted for it
	Seed  uint64
	// AccuracyOnly stops at an image whose selected class differs from its
	// label: enough for certified accuracy, too little for an abstention rate.
	AccuracyOnly bool
}

// Limits of what a certification may ask for; sample numbers are 32 bits.
const maxSamples = 1 << 30

// Check returns an error that names the first parameter that makes no sense.
func (p Params) Check() error {
	one, tiny := big.NewRat(1, 1), MustDecimal("1e-100")
	switch {
	case p.Sigma.Sign() <= 0 || p.Sigma.Cmp(MustDecimal("100")) > 0:
		return fmt.Errorf("sigma is %s: the noise level must be above 0 and at most 100, in units of pixels scaled to [0,1]", p.Sigma)
	case p.Alpha.Cmp(tiny) < 0 || p.Alpha.Rat().Cmp(one) >= 0:
		return fmt.Errorf("alpha is %s: the failure probability must lie between 1e-100 and 1, such as 0.001", p.Alpha)
	case p.N0 < 1 || p.N0 > maxSamples:
		return fmt.Errorf("n0 is %d: choosing a class takes 1 to %d samples, such as 100", p.N0, maxSamples)
	case p.N < 1 || p.N > maxSamples:
		return fmt.Errorf("n is %d: estimating takes 1 to %d samples, such as 10000", p.N, maxSamples)
	}
	return nil
}

// Verdict is what the counts of an image prove.
type Verdict struct {
	Class  int     // the certified class, or NoClass for an abstention
	PA     Decimal // lower bound on the probability of the selected class
	Radius Decimal // L2 radius in units of pixels scaled to [0,1]; 0 for an abstention
}

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

// Select returns the class that the selection samples choose: the most
// frequent, ties to the lower index, NoClass when no sample had a class.
func (c *Cohen) Select(selection Counts) int {
	first, _ := selection.Top()
	return first[0]
}

// Decide returns the verdict on a selected class that has count of the N
// estimation samples.
func (c *Cohen) Decide(class, count int) Verdict {
	if class == NoClass {
		return Verdict{Class: NoClass}
	}
	b := c.bound(count)
	v := Verdict{Class: class, PA: b.pA, Radius: b.radius}
	if b.pA.Cmp(half) < 0 {
		v.Class = NoClass
	}
	return v
}

var half = MustDecimal("0.5")

func (c *Cohen) bound(count int) bound {
	c.mu.Lock()
	defer c.mu.Unlock()
	b, ok := c.known[count]
	if !ok {
		b.pA = exact.ClopperPearsonLower(count, c.params.N, c.params.Alpha)
		if b.pA.Cmp(half) >= 0 {
			b.radius = CertifiedRadius(b.pA, c.params.Sigma)
		}
		c.known[count] = b
	}
	return b
}

// CertifiedRadius returns sigma Phi^-1(pA) for 1/2 <= pA < 1, rounded down to
// RadiusPlaces decimals (Cohen et al. 2019, theorem 1 with pB = 1-pA).
func CertifiedRadius(pA, sigma Decimal) Decimal {
	z := exact.NormalQuantile(pA.Rat())
	return z.Mul(exact.Enclose(sigma.Rat())).FloorDecimal(RadiusPlaces)
}

// BestRadius returns the largest radius that Params can certify: the one of an
// image that gets the selected class every time. It tells a user beforehand
// what n is good for.
func (c *Cohen) BestRadius() Decimal { return c.bound(c.params.N).radius }
