package exact

import (
	"math/big"
	"slices"
)

// Evidence tests the hypothesis that a success probability is at most p0
// with a mixture of likelihood ratios against alternatives above it (Wald
// 1945; Robbins 1970). After h successes and m failures its value is
//
//	E = mean over i of (q_i/p0)^h ((1-q_i)/(1-p0))^m,  q_i = p0 + (1-p0) s_i
//
// for shares s_i in (0,1). While the hypothesis holds, every factor has a mean
// of at most 1, so E is a non-negative supermartingale that starts at 1. The
// probability that it ever reaches 1/level is at most level (Ville 1939),
// however often it is evaluated.
//
// E grows with every success and shrinks with every failure. Only lower bounds
// of E are computed: if the bound reaches 1/level, so does E.
type Evidence struct {
	rise, fall []*big.Float // lower bounds of the factors of a success and a failure
	shift      []*big.Float // lower bounds of fall/rise: a success becomes a failure
	goal       *big.Float   // upper bound of len(rise)/level
}

// NewEvidence returns the test of p <= p0 at a level, with the alternatives of
// the shares. It panics unless 0 < p0 < 1, 0 < level and all shares lie in (0,1).
func NewEvidence(p0 Interval, shares []*big.Rat, level *big.Rat) *Evidence {
	one := big.NewRat(1, 1)
	complement := Enclose(one).Sub(p0)
	if p0.Lo.Sign() <= 0 || complement.Lo.Sign() <= 0 || level.Sign() <= 0 || len(shares) == 0 {
		panic("exact: evidence against a probability outside (0,1), at no level or without alternatives")
	}
	odds := complement.Quo(p0)
	e := &Evidence{goal: up().SetRat(new(big.Rat).Quo(big.NewRat(int64(len(shares)), 1), level))}
	for _, s := range shares {
		if s.Sign() <= 0 || s.Cmp(one) >= 0 {
			panic("exact: evidence with the share " + s.RatString() + ", outside (0,1)")
		}
		// q/p0 = 1 + s (1-p0)/p0, and (1-q)/(1-p0) = 1-s whatever p0 is.
		rise := Enclose(one).Add(Enclose(s).Mul(odds))
		fall := Enclose(new(big.Rat).Sub(one, s))
		e.rise = append(e.rise, rise.Lo)
		e.fall = append(e.fall, fall.Lo)
		e.shift = append(e.shift, fall.Quo(rise).Lo)
	}
	return e
}

// Reaches reports whether E is proven to be at least 1/level after so many
// successes and failures.
func (e *Evidence) Reaches(successes, failures int) bool {
	sum := down()
	for i := range e.rise {
		sum.Add(sum, down().Mul(powDown(e.rise[i], successes), powDown(e.fall[i], failures)))
	}
	return sum.Cmp(e.goal) >= 0
}

// MostFailures returns the largest number of failures among n samples with
// which E reaches 1/level, -1 if E does not reach it without a failure.
func (e *Evidence) MostFailures(n int) int {
	if !e.Reaches(n, 0) {
		return -1
	}
	lo, hi := 0, n+1 // lo reaches, hi does not
	for hi-lo > 1 {
		if m := lo + (hi-lo)/2; e.Reaches(n-m, m) {
			lo = m
		} else {
			hi = m
		}
	}
	return lo
}

// LeastSuccesses returns the smallest number of samples with which E reaches
// 1/level when all of them are successes, or limit+1 if that is above limit.
func (e *Evidence) LeastSuccesses(limit int) int {
	if !e.Reaches(limit, 0) {
		return limit + 1
	}
	lo, hi := 0, limit
	for hi-lo > 1 {
		if m := lo + (hi-lo)/2; e.Reaches(m, 0) {
			hi = m
		} else {
			lo = m
		}
	}
	return hi
}

// powDown returns a lower bound of x^n for x >= 0, by repeated squaring.
func powDown(x *big.Float, n int) *big.Float {
	r := down().SetInt64(1)
	base := down().Set(x)
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			r.Mul(r, base)
		}
		if n > 1 {
			base.Mul(base, base)
		}
	}
	return r
}

// EvidenceTable holds, for each look at a multiple of a number of samples, the
// largest number of failures with which the evidence reaches 1/level. It is
// extended on demand and is not safe for concurrent use.
//
// The allowed failures never decrease from one look to the next. So a look
// takes one multiplication for the new successes and one for each failure
// that becomes allowed. The share of successes on the boundary falls towards
// p0, and the terms of alternatives far above it become negligible. They are
// left out, so the sum stays a lower bound.
type EvidenceTable struct {
	goal   *big.Float
	every  int
	terms  []evidenceTerm
	limits []int
}

// evidenceTerm is an alternative on the boundary.
type evidenceTerm struct {
	rise, shift, jump *big.Float // as in Evidence; jump is rise^every
	weight            *big.Float // lower bound of its term of E
	next              *big.Float // the same with one failure more
}

// negligible is the size of a term, as a power of two of the largest, below
// which it may be left out.
const negligible = -3 * workPrecision / 4

// NewEvidenceTable returns the table of looks at every, 2 every, ... samples.
func NewEvidenceTable(e *Evidence, every int) *EvidenceTable {
	t := &EvidenceTable{goal: e.goal, every: every}
	for i, rise := range e.rise {
		t.terms = append(t.terms, evidenceTerm{
			rise: rise, shift: e.shift[i], jump: powDown(rise, every),
			weight: down().SetInt64(1), next: down(),
		})
	}
	return t
}

// MostFailures returns the largest number of failures with which E is proven
// to reach 1/level at a look, counted from 1; -1 if there is none.
func (t *EvidenceTable) MostFailures(look int) int {
	for len(t.limits) < look {
		t.extend()
	}
	return t.limits[look-1]
}

func (t *EvidenceTable) extend() {
	failures := -1
	if n := len(t.limits); n > 0 {
		failures = t.limits[n-1]
	}
	sum := down()
	for _, term := range t.terms {
		term.weight.Mul(term.weight, term.jump)
		sum.Add(sum, term.weight)
	}
	if failures < 0 && sum.Cmp(t.goal) >= 0 {
		failures = 0
	}
	samples := t.every * (len(t.limits) + 1)
	for failures >= 0 && failures < samples {
		sum.SetInt64(0)
		for _, term := range t.terms {
			term.next.Mul(term.weight, term.shift)
			sum.Add(sum, term.next)
		}
		if sum.Cmp(t.goal) < 0 {
			break
		}
		for i := range t.terms {
			term := &t.terms[i]
			term.weight, term.next = term.next, term.weight
		}
		failures++
	}
	t.limits = append(t.limits, failures)
	t.prune()
}

// prune removes negligible alternatives above the one with the largest term.
func (t *EvidenceTable) prune() {
	top := t.terms[0]
	for _, term := range t.terms {
		if term.weight.Cmp(top.weight) > 0 {
			top = term
		}
	}
	limit := new(big.Float).SetMantExp(top.weight, negligible)
	t.terms = slices.DeleteFunc(t.terms, func(term evidenceTerm) bool {
		return term.rise.Cmp(top.rise) > 0 && term.weight.Cmp(limit) < 0
	})
}
