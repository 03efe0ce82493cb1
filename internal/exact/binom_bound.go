package exact

import (
	"fmt"
	"math/big"

	"github.com/godmae/godmae/decimal"
)

// BoundPlaces is the number of decimals of the bounds on a probability.
const BoundPlaces = 12

// boundGrid is the number of grid steps in [0,1]: 10^BoundPlaces.
const boundGrid = 1_000_000_000_000

// BinomialLowerBound returns the randomised lower confidence bound of a
// success probability at level 1-alpha (Stevens 1950), rounded down to
// BoundPlaces decimals: the largest p on that grid for which
//
//	P[Bin(n,p) > x] + w P[Bin(n,p) = x]
//
// is proven to be at most alpha. If w is a draw from the uniform distribution
// on (0,1], or one that is stochastically larger, the bound exceeds the true
// probability with probability at most alpha. w = 1 gives the bound of
// Clopper and Pearson. For x = n and w <= alpha the bound is 1; for x = 0 it
// is 0.
//
// It panics unless 0 <= x <= n, 0 < n, 0 < alpha < 1 and 0 < w <= 1.
func BinomialLowerBound(x, n int, alpha, w *big.Rat) decimal.Decimal {
	one := big.NewRat(1, 1)
	if x < 0 || x > n || n <= 0 || alpha.Sign() <= 0 || alpha.Cmp(one) >= 0 || w.Sign() <= 0 || w.Cmp(one) > 0 {
		panic(fmt.Sprintf("exact: bound of %d of %d at alpha %s, w %s", x, n, alpha.RatString(), w.RatString()))
	}
	switch {
	case x == 0:
		return decimal.Decimal{}
	case x == n && w.Cmp(alpha) <= 0:
		return decimal.Floor(big.NewRat(1, 1), 0)
	}
	return decimal.Floor(big.NewRat(lowerGrid(newRandomisedTail(x, n, w), alpha), boundGrid), BoundPlaces)
}

// randomisedTail is P[Bin(n,p) > x] + w P[Bin(n,p) = x] as a function of p:
// the mean of the tails from x and from x+1 with the weights w and 1-w.
type randomisedTail struct {
	here, above binomial // tails from x and from x+1
	w, v        Interval // v = 1-w
	whole       bool     // w = 1: the tail from x alone
}

func newRandomisedTail(x, n int, w *big.Rat) randomisedTail {
	t := randomisedTail{here: newBinomial(x, n), w: Enclose(w), whole: w.Cmp(big.NewRat(1, 1)) == 0}
	if !t.whole {
		t.above = newBinomial(x+1, n)
		t.v = Enclose(new(big.Rat).Sub(big.NewRat(1, 1), w))
	}
	return t
}

func (t randomisedTail) at(p *big.Rat) Interval {
	if t.whole {
		return t.here.upperTail(p)
	}
	return t.w.Mul(t.here.upperTail(p)).Add(t.v.Mul(t.above.upperTail(p)))
}

// slope returns p times the derivative of the logarithm, roughly: the
// derivative of P[Bin(n,p) >= x] is x P[Bin(n,p) = x] / p.
func (t randomisedTail) slope(p *big.Rat, tail Interval) float64 {
	s := t.here.mass(p).Quo(tail).Float64() * float64(t.here.x)
	if t.whole {
		return s
	}
	s = float64(s * t.w.Float64())
	if t.above.x <= t.above.n {
		s += float64(t.above.mass(p).Quo(tail).Float64()*float64(t.above.x)) * t.v.Float64()
	}
	return s
}

// lowerGrid finds the largest j for which the tail at j/boundGrid is proven to
// be at most alpha.
//
// Newton's method on the logarithm of the tail, which is concave in p (nearly,
// for a weighted one), converges in a few steps. Each step stays inside a
// bracket whose ends are proven, so the result depends on the tail and alpha
// only, not on the steps.
func lowerGrid(t randomisedTail, alpha *big.Rat) int64 {
	const nearby = 4                     // grid steps within which Newton's method has converged
	lo, hi := int64(0), int64(boundGrid) // lo is proven to pass, hi not to
	j := int64(float64(t.here.x) / float64(t.here.n+1) * boundGrid)
	for step := 0; hi-lo > 1; step++ {
		p := big.NewRat(j, boundGrid)
		tail := t.at(p)
		if tail.AtMost(alpha) {
			lo = j
		} else {
			hi = j
		}
		next := newtonStep(t, p, tail, alpha, j)
		switch {
		case step > 40: // never seen; bisection ends in forty more
			next = lo + (hi-lo)/2
		case lo < next && next < hi:
		case next-j <= nearby && j-next <= nearby:
			next = min(max(next, lo+1), hi-1)
		default:
			next = lo + (hi-lo)/2
		}
		j = next
	}
	return lo
}

// newtonStep returns a grid point next to the root of the tangent of
// log(tail / alpha) at p = j/boundGrid, or -1 when that is out of range.
func newtonStep(t randomisedTail, p *big.Rat, tail Interval, alpha *big.Rat, j int64) int64 {
	if tail.Lo.Sign() == 0 {
		return -1
	}
	ratio := new(big.Float).SetPrec(workPrecision).SetRat(alpha)
	ratio.Quo(ratio, tail.Lo)
	delta := roughLog(ratio) / t.slope(p, tail) * float64(j)
	if !(delta > -boundGrid && delta < boundGrid) {
		return -1
	}
	return j + int64(delta)
}
