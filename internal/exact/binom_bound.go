package exact

import (
	"fmt"
	"math/big"
)

// BoundPlaces is the number of decimals of Clopper-Pearson bounds.
const BoundPlaces = 12

// boundGrid is the number of grid steps in [0,1]: 10^BoundPlaces.
const boundGrid = 1_000_000_000_000

// ClopperPearsonLower returns the one-sided lower confidence bound of Clopper
// and Pearson (1934) at level 1-alpha for x successes in n trials, rounded
// down to BoundPlaces decimals: the largest p on that grid for which
// P[Bin(n,p) >= x] is proven to be at most alpha. A success probability below
// the bound that is returned would have produced x or more successes with
// probability at most alpha.
//
// It panics unless 0 <= x <= n, 0 < n and 0 < alpha < 1.
func ClopperPearsonLower(x, n int, alpha Decimal) Decimal {
	a := alpha.Rat()
	if x < 0 || x > n || n <= 0 || a.Sign() <= 0 || a.Cmp(big.NewRat(1, 1)) >= 0 {
		panic(fmt.Sprintf("exact: Clopper-Pearson bound of %d of %d at alpha %s", x, n, alpha))
	}
	if x == 0 {
		return Decimal{}
	}
	return newDecimal(big.NewInt(lowerGrid(x, n, a)), BoundPlaces)
}

// ClopperPearsonUpper returns the one-sided upper confidence bound at level
// 1-alpha, rounded up to BoundPlaces decimals: one minus the lower bound of
// the failures.
func ClopperPearsonUpper(x, n int, alpha Decimal) Decimal {
	q := ClopperPearsonLower(n-x, n, alpha).Rat()
	return FloorDecimal(q.Sub(big.NewRat(1, 1), q), BoundPlaces) // exact: q is on the grid
}

// lowerGrid finds the largest j with P[Bin(n, j/boundGrid) >= x] <= alpha.
//
// Newton's method on the logarithm of the tail, which is concave in p, finds
// the place in a few steps; each step is kept inside a bracket whose ends are
// proven, so that the answer is a property of (x, n, alpha) and not of the
// path.
func lowerGrid(x, n int, alpha *big.Rat) int64 {
	const nearby = 4 // grid steps within which Newton's method has converged
	b := newBinomial(x, n)
	lo, hi := int64(0), int64(boundGrid) // lo is proven to pass, hi not to
	j := int64(float64(x) / float64(n+1) * boundGrid)
	for step := 0; hi-lo > 1; step++ {
		p := big.NewRat(j, boundGrid)
		tail := b.upperTail(p)
		if tail.AtMost(alpha) {
			lo = j
		} else {
			hi = j
		}
		next := newtonStep(b, p, tail, alpha, j)
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
// log(P[Bin(n,p) >= x] / alpha) at p = j/boundGrid, or -1 when that is out of
// range. The derivative of the tail is x P[Bin(n,p) = x] / p.
func newtonStep(b binomial, p *big.Rat, tail Interval, alpha *big.Rat, j int64) int64 {
	if tail.Lo.Sign() == 0 {
		return -1
	}
	ratio := new(big.Float).SetPrec(workPrecision).SetRat(alpha)
	ratio.Quo(ratio, tail.Lo)
	slope := b.mass(p).Quo(tail).Float64() * float64(b.x) // p times the derivative
	delta := roughLog(ratio) / slope * float64(j)
	if !(delta > -boundGrid && delta < boundGrid) {
		return -1
	}
	return j + int64(delta)
}
