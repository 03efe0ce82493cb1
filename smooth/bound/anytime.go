package bound

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"sync"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/internal/exact"
)

// Constants of MethodAnytime, which the header of a certificate records.
const (
	LookEvery    = 16                  // samples between two looks
	LookDigits   = "0123456789abcdefg" // of Verdict.Looks
	MixtureTerms = 60                  // alternatives of the mixture
	PriorShare   = 50                  // N divided by the number of samples that the prior of a forecast counts as
)

// maxDeviations is the largest radius of a grid, in units of sigma.
const maxDeviations = 10

// Grid returns radii sorted, without repetitions and with 0, as Plan.Radii
// requires.
func Grid(radii []decimal.Decimal) []decimal.Decimal {
	grid := append([]decimal.Decimal{{}}, radii...)
	slices.SortFunc(grid, decimal.Decimal.Cmp)
	return slices.CompactFunc(grid, func(a, b decimal.Decimal) bool { return a.Cmp(b) == 0 })
}

func (p Plan) checkGrid() error {
	switch {
	case p.N%LookEvery != 0:
		return fmt.Errorf("at most %d samples are asked for: the method %s looks every %d samples, so give a multiple of %d", p.N, MethodAnytime, LookEvery, LookEvery)
	case len(p.Radii) == 0 || p.Radii[0].Sign() != 0:
		return errors.New("the grid of radii must start at 0")
	case len(p.Radii) > maxRadii:
		return fmt.Errorf("the grid has %d radii; at most %d are possible", len(p.Radii), maxRadii)
	case p.Futility.Cmp(leastFutility) < 0 || p.Futility.Cmp(half) > 0:
		return fmt.Errorf("futility is %s: the chance below which a radius is given up must lie between %s and 0.5, such as %s", p.Futility, leastFutility, defaultFutility)
	}
	for i, r := range p.Radii[1:] {
		if r.Cmp(p.Radii[i]) <= 0 {
			return fmt.Errorf("the radius %s follows %s: the grid must increase", r, p.Radii[i])
		}
	}
	last := p.Radii[len(p.Radii)-1]
	if limit := new(big.Rat).Mul(p.Sigma.Rat(), big.NewRat(maxDeviations, 1)); last.Rat().Cmp(limit) > 0 {
		return fmt.Errorf("the radius %s is more than %d times sigma %s: no number of samples certifies it", last, maxDeviations, p.Sigma)
	}
	return nil
}

// anytime is MethodAnytime. For every radius r of a grid it tests the
// hypothesis P[f(x+noise) = A] <= Phi(r/sigma) on the same samples. It
// evaluates the evidence every LookEvery samples. It claims r when the
// evidence has reached 1/alpha and all smaller radii are claimed.
//
// A false claim implies that the smallest false radius of the grid was
// claimed, which has probability at most alpha by Ville's inequality. So no
// correction is needed for the size of the grid or the number of looks.
type anytime struct {
	plan  Plan
	z     decimal.Decimal // normal quantile of the futility level
	mu    sync.Mutex      // guards the tables
	radii []gridRadius
}

// gridRadius holds the thresholds of one radius.
type gridRadius struct {
	pA    decimal.Decimal // Phi(r/sigma), rounded down
	claim *exact.Evidence
	// Made when first needed: the tables for claiming and for giving up.
	claims *exact.EvidenceTable
	gives  *forecast
}

// claimShares are the alternatives of the test of a claim: q = p0 + (1-p0) s
// with s = 1-u^2, u = (i+1/2)/60. They are dense near 1, where most images are.
func claimShares() []*big.Rat {
	s := make([]*big.Rat, MixtureTerms)
	for i := range s {
		u := big.NewRat(int64(2*i+1), 2*MixtureTerms)
		s[i] = u.Sub(big.NewRat(1, 1), u.Mul(u, u))
	}
	return s
}

func newAnytime(p Plan) *anytime {
	a := &anytime{plan: p, z: futilityQuantile(p.Futility)}
	claim := claimShares()
	for _, r := range p.Radii {
		p0 := exact.NormalCDF(new(big.Rat).Quo(r.Rat(), p.Sigma.Rat()))
		a.radii = append(a.radii, gridRadius{
			pA:    p0.FloorDecimal(exact.BoundPlaces),
			claim: exact.NewEvidence(p0, claim, p.Alpha.Rat()),
		})
	}
	return a
}

// claimed reports whether the evidence for a radius reaches 1/alpha at a look.
func (a *anytime) claimed(radius, look, misses int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := &a.radii[radius]
	if r.claims == nil {
		r.claims = exact.NewEvidenceTable(r.claim, LookEvery)
	}
	return misses <= r.claims.MostFailures(look)
}

// futile reports whether a radius is given up at a look; see forecast.
// Soundness does not depend on this rule.
func (a *anytime) futile(radius, look, misses int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := &a.radii[radius]
	if r.gives == nil {
		r.gives = newForecast(a.plan.N, r.claim.MostFailures(a.plan.N), a.z)
	}
	return misses > r.gives.mostMisses(look)
}

// Begin starts a trial of at most N samples.
func (a *anytime) Begin(Draw) Trial { return &anytimeTrial{rule: a, due: LookEvery} }

// BestRadius returns the largest radius of the grid that N samples can claim.
func (a *anytime) BestRadius() decimal.Decimal {
	best := decimal.Decimal{}
	for i, r := range a.plan.Radii {
		if !a.radii[i].claim.Reaches(a.plan.N, 0) {
			break
		}
		best = r
	}
	return best
}

// Needs returns the number of consecutive hits that claim a radius. Looks are
// every LookEvery samples, so the trial ends up to 15 samples later.
func (a *anytime) Needs(radius decimal.Decimal) (int, bool) {
	z := new(big.Rat).Quo(radius.Rat(), a.plan.Sigma.Rat())
	if z.Cmp(big.NewRat(maxDeviations, 1)) > 0 {
		return 0, false
	}
	e := exact.NewEvidence(exact.NormalCDF(z), claimShares(), a.plan.Alpha.Rat())
	n := e.LeastSuccesses(MaxSamples)
	return n, n <= MaxSamples
}

// anytimeTrial is the trial of one image.
type anytimeTrial struct {
	rule   *anytime
	due    int // 0 after the end
	hits   int // at the last look
	looks  []byte
	claims int // radii claimed
}

func (t *anytimeTrial) Due() int { return t.due }

func (t *anytimeTrial) Look(hits int) {
	a := t.rule
	t.looks = append(t.looks, LookDigits[hits-t.hits])
	t.hits = hits
	look, misses := len(t.looks), t.due-hits
	for t.claims < len(a.radii) && a.claimed(t.claims, look, misses) {
		t.claims++
	}
	switch {
	case t.claims == len(a.radii) || t.due == a.plan.N || a.futile(t.claims, look, misses):
		t.due = 0
	default:
		t.due += LookEvery
	}
}

func (t *anytimeTrial) Verdict(selected int, _ Counts) Verdict {
	v := Verdict{Class: NoClass, Looks: string(t.looks)}
	if selected != NoClass && t.claims > 0 {
		v.Class = selected
		v.Radius, v.PA = t.rule.plan.Radii[t.claims-1], t.rule.radii[t.claims-1].pA
	}
	return v
}

// LogEvidence returns the base-10 logarithm of the evidence E of MethodAnytime
// against the hypothesis that the selected class has probability at most
// Phi(radius/sigma), after the given numbers of samples with and without that
// class. It is computed in float64, for plots; certificates use exact.Evidence.
func LogEvidence(radius, sigma decimal.Decimal) func(hits, misses int) float64 {
	p0 := exact.NormalCDF(new(big.Rat).Quo(radius.Rat(), sigma.Rat()))
	odds := exact.Enclose(big.NewRat(1, 1)).Sub(p0).Quo(p0).Float64()
	var rise, fall []float64 // logarithms of the factors of a hit and a miss
	for _, s := range claimShares() {
		share, _ := s.Float64()
		rest, _ := s.Sub(big.NewRat(1, 1), s).Float64()
		rise, fall = append(rise, math.Log1p(float64(share*odds))), append(fall, math.Log(rest))
	}
	return func(hits, misses int) float64 {
		terms, top := make([]float64, len(rise)), math.Inf(-1)
		for i := range terms {
			terms[i] = float64(float64(hits)*rise[i]) + float64(float64(misses)*fall[i])
			top = max(top, terms[i])
		}
		sum := 0.0
		for _, t := range terms {
			sum += math.Exp(t - top)
		}
		return (top + math.Log(sum/float64(len(terms)))) / math.Ln10
	}
}
