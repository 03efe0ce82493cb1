package bound

import (
	"fmt"
	"math/big"
	"strconv"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/internal/exact"
)

// Draw is the random number of a randomised bound: 64 bits k with w =
// (k+1)/2^64. In a file it is 16 hexadecimal digits.
type Draw uint64

// MarshalText writes 16 hexadecimal digits.
func (d Draw) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%016x", uint64(d)), nil }

// UnmarshalText reads hexadecimal digits.
func (d *Draw) UnmarshalText(text []byte) error {
	v, err := strconv.ParseUint(string(text), 16, 64)
	if err != nil || len(text) != 16 {
		return fmt.Errorf("the draw %q is not a number of 16 hexadecimal digits", text)
	}
	*d = Draw(v)
	return nil
}

// leastWeight is the smallest weight that a bound uses. Without it an image
// with n of n hits and w <= alpha would have the bound 1 and an infinite
// radius. A larger weight only makes the bound smaller.
var leastWeight = big.NewRat(1, 16)

// Weight returns w, at least leastWeight. With k+1, w is not smaller than any
// real number in k's cell of width 2^-64, so the coverage for a uniform real
// number also holds for w.
func (d Draw) Weight() *big.Rat {
	w := new(big.Int).SetUint64(uint64(d))
	w.Add(w, big.NewInt(1))
	r := new(big.Rat).SetFrac(w, new(big.Int).Lsh(big.NewInt(1), 64))
	if r.Cmp(leastWeight) < 0 {
		return new(big.Rat).Set(leastWeight)
	}
	return r
}

// randomised is MethodRandomised: Cohen's procedure with the bound of
// exact.BinomialLowerBound, whose weight is drawn once for each image from a
// separate stream.
type randomised struct{ plan Plan }

func newRandomised(p Plan) randomised { return randomised{p} }

// Begin starts a trial of N samples with the weight of the draw.
func (r randomised) Begin(w Draw) Trial {
	return &fixedTrial{due: r.plan.N, decide: func(selected int, counts Counts) Verdict {
		v := r.bound(counts.Of(selected), w.Weight()).verdict(selected)
		v.W = &w
		return v
	}}
}

func (r randomised) bound(count int, w *big.Rat) bound {
	return newBound(exact.BinomialLowerBound(count, r.plan.N, r.plan.Alpha.Rat(), w), r.plan.Sigma)
}

// BestRadius is the radius of an image with N hits and the most favourable
// draw.
func (r randomised) BestRadius() decimal.Decimal { return r.bound(r.plan.N, leastWeight).radius }

// Needs is the number of samples for the most favourable draw: with fewer, no
// image can reach the radius.
func (r randomised) Needs(radius decimal.Decimal) (int, bool) {
	return needs(radius, r.plan.Sigma, r.plan.Alpha.Rat(), leastWeight)
}
