package smooth

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"sync"

	"github.com/godmae/godmae/internal/exact"
)

// What the anytime method fixes; the header of a certificate records it.
const (
	LookEvery     = 16                  // samples between two looks
	LookDigits    = "0123456789abcdefg" // of Record.Looks
	mixtureTerms  = 60                  // alternatives of the mixture
	maxDeviations = 10                  // largest radius of a grid, in units of sigma
)

// Anytime is what the header of a certificate says about MethodAnytime.
type Anytime struct {
	Radii    []Decimal `json:"radii"`           // the grid
	Every    int       `json:"every"`           // samples between two looks
	Mixture  int       `json:"mixture"`         // alternatives of the mixture
	Futility Decimal   `json:"futility"`        // level of giving up, see Params.Futility
	Prior    int       `json:"prior,omitempty"` // n over the samples that the prior of the forecasts is worth
}

// anytimeOf describes a grid and its level of giving up.
func anytimeOf(p Params) *Anytime {
	return &Anytime{Radii: p.Radii, Every: LookEvery, Mixture: mixtureTerms, Futility: p.Futility, Prior: priorShare}
}

// check refuses an Anytime that another version made.
func (a *Anytime) check() error {
	switch {
	case a.Prior == 0:
		return errors.New("it gives radii up by a rule of earlier versions, which this one does not know: check it with the version that made it")
	case a.Every != LookEvery || a.Mixture != mixtureTerms || a.Prior != priorShare || a.Radii == nil:
		return fmt.Errorf("it looks every %d samples with %d alternatives and a prior of 1/%d; this version knows %d, %d and 1/%d",
			a.Every, a.Mixture, a.Prior, LookEvery, mixtureTerms, priorShare)
	}
	return nil
}

// Grid returns radii in increasing order, each once, with 0 among them: the
// form that Params.Radii must have.
func Grid(radii []Decimal) []Decimal {
	grid := append([]Decimal{{}}, radii...)
	slices.SortFunc(grid, Decimal.Cmp)
	return slices.CompactFunc(grid, func(a, b Decimal) bool { return a.Cmp(b) == 0 })
}

func (p Params) checkGrid() error {
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

// anytime is MethodAnytime. For every radius r of a grid it runs a test of the
// hypothesis P[f(x+noise) = A] <= Phi(r/sigma) on the same samples, looks at
// the evidence every LookEvery samples, and claims r once the evidence reaches
// 1/alpha and all smaller radii are claimed.
//
// A false claim implies that the smallest false radius of the grid was
// claimed, which has probability at most alpha by Ville's inequality: the grid
// needs no correction, and neither does the number of looks.
type anytime struct {
	params Params
	z      Decimal    // normal quantile of the level of giving up
	mu     sync.Mutex // guards the tables
	radii  []gridRadius
}

// gridRadius holds the thresholds of one radius.
type gridRadius struct {
	pA    Decimal // Phi(r/sigma), rounded down
	claim *exact.Evidence
	// Made when they are first needed: the table of claim, and what gives up.
	claims *exact.EvidenceTable
	gives  *forecast
}

// claimShares are the alternatives of the test that claims: q = p0 + (1-p0) s
// with s = 1-u^2, u = (i+1/2)/60, dense towards 1, where most images are.
func claimShares() []*big.Rat {
	s := make([]*big.Rat, mixtureTerms)
	for i := range s {
		u := big.NewRat(int64(2*i+1), 2*mixtureTerms)
		s[i] = u.Sub(big.NewRat(1, 1), u.Mul(u, u))
	}
	return s
}

func newAnytime(p Params) *anytime {
	a := &anytime{params: p, z: futilityQuantile(p.Futility)}
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

// futile reports whether a radius is given up at a look; see forecast. Any rule
// would be sound.
func (a *anytime) futile(radius, look, misses int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := &a.radii[radius]
	if r.gives == nil {
		r.gives = newForecast(a.params.N, r.claim.MostFailures(a.params.N), a.z)
	}
	return misses > r.gives.mostMisses(look)
}

// Begin starts a trial of at most N samples.
func (a *anytime) Begin(int, Digest) Trial { return &anytimeTrial{rule: a, due: LookEvery} }

// BestRadius returns the largest radius of the grid that N samples can claim.
func (a *anytime) BestRadius() Decimal {
	best := Decimal{}
	for i, r := range a.params.Radii {
		if !a.radii[i].claim.Reaches(a.params.N, 0) {
			break
		}
		best = r
	}
	return best
}

// Needs returns the number of hits in a row that claim a radius. Looks come
// every LookEvery samples, so the trial itself ends up to 15 samples later.
func (a *anytime) Needs(radius Decimal) (int, bool) {
	z := new(big.Rat).Quo(radius.Rat(), a.params.Sigma.Rat())
	if z.Cmp(big.NewRat(maxDeviations, 1)) > 0 {
		return 0, false
	}
	e := exact.NewEvidence(exact.NormalCDF(z), claimShares(), a.params.Alpha.Rat())
	n := e.LeastSuccesses(maxSamples)
	return n, n <= maxSamples
}

// anytimeTrial is the trial of one image.
type anytimeTrial struct {
	rule   *anytime
	due    int // 0 when it has ended
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
	case t.claims == len(a.radii) || t.due == a.params.N || a.futile(t.claims, look, misses):
		t.due = 0
	default:
		t.due += LookEvery
	}
}

func (t *anytimeTrial) Verdict(selected int, _ Counts) Verdict {
	v := Verdict{Class: NoClass, Looks: string(t.looks)}
	if selected != NoClass && t.claims > 0 {
		v.Class = selected
		v.Radius, v.PA = t.rule.params.Radii[t.claims-1], t.rule.radii[t.claims-1].pA
	}
	return v
}
