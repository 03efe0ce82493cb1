package audit

import (
	"math"
	"math/big"
	"sort"
	"strings"

	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// gridRadius is a radius of the anytime method.
type gridRadius struct {
	radius *big.Rat
	p0     *big.Float // Phi(radius/sigma)
	claim  evidence   // of hits, against p <= p0
	most   int        // largest number of misses among n samples that still certify it
}

func newGridRadius(x *examiner, radius *big.Rat) gridRadius {
	p0 := normalCDF(fraction(new(big.Rat).Quo(radius, x.sigma)))
	n := int64(x.header.Anytime.Mixture)
	var claim []*big.Rat
	for i := range n {
		u := big.NewRat(2*i+1, 2*n)
		claim = append(claim, new(big.Rat).Sub(one, u.Mul(u, u)))
	}
	r := gridRadius{radius: radius, p0: p0, claim: newEvidence(p0, claim, x.alpha)}
	r.most = sort.Search(x.header.N+1, func(misses int) bool {
		return !r.claim.reaches(x.header.N-misses, misses)
	}) - 1
	return r
}

// gives reports whether a radius is given up: whether the misses exceed their
// share of most by more than z standard deviations of the forecast. Both sides
// are multiplied by n and squared, so the comparison is exact.
func (x *examiner) gives(r gridRadius, samples, misses int) bool {
	if misses > r.most {
		return true
	}
	n, t, most, prior := int64(x.header.N), int64(samples), int64(r.most), int64(x.header.Anytime.Prior)
	product := func(factors ...int64) *big.Rat {
		p := big.NewInt(1)
		for _, f := range factors {
			p.Mul(p, big.NewInt(f))
		}
		return new(big.Rat).SetInt(p)
	}
	excess := new(big.Rat).Sub(product(int64(misses), n), product(most, t))
	if excess.Sign() <= 0 {
		return false
	}
	variance := product(most, n-most, n-t, prior*t+n)
	variance.Quo(variance, product(prior+1, n))
	variance.Mul(variance, new(big.Rat).Mul(x.z, x.z))
	return excess.Mul(excess, excess).Cmp(variance) > 0
}

// levelQuantile returns the z with Phi(z) = 1-level for a level of at most one
// half, rounded down to six decimals.
func levelQuantile(level *big.Rat) *big.Rat {
	const unit = 1_000_000
	limit := fraction(new(big.Rat).Sub(one, level))
	i := sort.Search(10*unit, func(i int) bool {
		return normalCDF(fraction(big.NewRat(int64(i), unit))).Cmp(limit) > 0
	})
	return big.NewRat(int64(i-1), unit)
}

// evidence is a mixture of likelihood ratios against a probability p0 of
// successes, with the alternatives p0 + (1-p0) share.
type evidence struct {
	rise, fall       []*big.Float // factors of a success and of a failure
	logRise, logFall []float64
	goal             *big.Float // 1/level
	logGoal          float64
}

func newEvidence(p0 *big.Float, shares []*big.Rat, level *big.Rat) evidence {
	e := evidence{goal: quo(whole(1), fraction(level))}
	e.logGoal = logOf(e.goal)
	for _, s := range shares {
		q := add(p0, mul(sub(whole(1), p0), fraction(s)))
		rise, fall := quo(q, p0), quo(sub(whole(1), q), sub(whole(1), p0))
		e.rise, e.fall = append(e.rise, rise), append(e.fall, fall)
		e.logRise, e.logFall = append(e.logRise, logOf(rise)), append(e.logFall, logOf(fall))
	}
	return e
}

// logOf returns the natural logarithm of a positive number.
func logOf(x *big.Float) float64 {
	m := number()
	e := x.MantExp(m)
	f, _ := m.Float64()
	if e == 1 || e == 0 { // near 1: log1p of x-1
		d, _ := sub(x, whole(1)).Float64()
		return math.Log1p(d)
	}
	return math.Log(f) + float64(e)*math.Ln2
}

// reaches reports whether the evidence is at least 1/level. Logarithms decide
// unless they are close; then the mixture is computed in full precision.
func (e evidence) reaches(successes, failures int) bool {
	top, sum := math.Inf(-1), 0.0
	terms := make([]float64, len(e.rise))
	for i := range terms {
		terms[i] = float64(successes)*e.logRise[i] + float64(failures)*e.logFall[i]
		top = max(top, terms[i])
	}
	for _, t := range terms {
		sum += math.Exp(t - top)
	}
	const close = 1e-5
	gap := top + math.Log(sum/float64(len(terms))) - e.logGoal
	if math.Abs(gap) > close {
		return gap > 0
	}
	exact := number()
	for i := range e.rise {
		exact.Add(exact, mul(power(e.rise[i], successes), power(e.fall[i], failures)))
	}
	return exact.Cmp(mul(e.goal, whole(len(e.rise)))) >= 0
}

// examineAnytime repeats the test of an image look by look.
func (x *examiner) examineAnytime(rec certificate.Record) error {
	every, limit := x.header.Anytime.Every, x.header.N
	claims, hits, samples := 0, 0, 0
	ended := false
	for i := range len(rec.Looks) {
		if ended {
			return differs("the looks continue after the test ended at %d samples", samples)
		}
		hits += strings.IndexByte(bound.LookDigits, rec.Looks[i])
		samples += every
		misses := samples - hits
		for claims < len(x.grid) && x.grid[claims].claim.reaches(hits, misses) {
			claims++
		}
		switch {
		case claims == len(x.grid), samples == limit:
			ended = true
		default:
			ended = x.gives(x.grid[claims], samples, misses)
		}
	}
	if !ended || samples != rec.Estimation.N || hits != rec.Estimation.Counts.Of(rec.Selected) {
		return differs("the looks end after %d samples with %d hits, the counts have %d and %d", samples, hits, rec.Estimation.N, rec.Estimation.Counts.Of(rec.Selected))
	}
	if claims == 0 {
		return abstains(rec)
	}
	r := x.grid[claims-1]
	if rec.Predict != rec.Selected || rec.Radius.Rat().Cmp(r.radius) != 0 {
		return differs("class %d is claimed with radius %s, but the looks prove class %d with radius %s", rec.Predict, rec.Radius, rec.Selected, digits(r.radius))
	}
	return lastDigit("pA", rec.PA.Rat(), boundStep, func(p *big.Rat) bool { return fraction(p).Cmp(r.p0) <= 0 })
}
