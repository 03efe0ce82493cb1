package bound

import (
	"math/big"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/internal/exact"
)

// futilityPlaces is the number of decimals of the normal quantile of a level.
const futilityPlaces = 6

var (
	defaultFutility = decimal.Must("0.01")
	leastFutility   = decimal.Must("1e-12")
)

// DefaultFutility is a Plan.Futility that loses few radii.
func DefaultFutility() decimal.Decimal { return defaultFutility }

// forecast gives up a radius of MethodAnytime if the remaining samples will
// probably not claim it. Let M be the largest number of misses among n samples
// with which they claim it. After t samples with m misses, and with a prior
// that counts as t0 = n/PriorShare samples with the share M/n of misses, the
// number of misses among n samples is approximately normal with
//
//	mean      M + d (n+t0)/(t+t0),  d = m - t M/n
//	variance  (M/n) (1-M/n) (n-t) (n+t0)/(t+t0)
//
// It is at most M with a probability below the level exactly if
//
//	d > z sqrt((M/n) (1-M/n) (n-t) (t+t0)/(n+t0)),  Phi(z) = 1-level.
//
// The rule is this inequality, which is evaluated in integers; the
// approximation only motivates it.
type forecast struct {
	n, most *big.Int
	z       *big.Rat // to futilityPlaces decimals
	limits  []int    // largest number of misses with which it continues, by look
}

// newForecast returns the forecast of a radius that n samples claim with at
// most most misses; most is -1 if they cannot.
func newForecast(n, most int, z decimal.Decimal) *forecast {
	return &forecast{n: big.NewInt(int64(n)), most: big.NewInt(int64(most)), z: z.Rat()}
}

// futilityQuantile returns z with Phi(z) = 1-level, rounded down.
func futilityQuantile(level decimal.Decimal) decimal.Decimal {
	return exact.NormalQuantile(new(big.Rat).Sub(big.NewRat(1, 1), level.Rat())).FloorDecimal(futilityPlaces)
}

// mostMisses returns the largest number of misses with which the radius is not
// given up at a look, counted from 1. It is at most M. A forecast is not safe
// for concurrent use.
func (f *forecast) mostMisses(look int) int {
	for len(f.limits) < look {
		f.limits = append(f.limits, f.limit(LookEvery*(len(f.limits)+1)))
	}
	return f.limits[look-1]
}

// limit computes min(M, floor((tM + s)/n)), where s is the root of
// z^2 M (n-M) (n-t) (share t + n) / ((share+1) n), the right side times n.
func (f *forecast) limit(samples int) int {
	if f.most.Sign() <= 0 {
		return int(f.most.Int64())
	}
	t := big.NewInt(int64(samples))
	s := new(big.Int).Sub(f.n, f.most)
	s.Mul(s, f.most)
	s.Mul(s, new(big.Int).Sub(f.n, t))
	worth := new(big.Int).Mul(t, big.NewInt(PriorShare))
	s.Mul(s, worth.Add(worth, f.n))
	s.Mul(s, f.z.Num())
	s.Mul(s, f.z.Num())
	below := new(big.Int).Mul(f.n, big.NewInt(PriorShare+1))
	below.Mul(below, f.z.Denom())
	below.Mul(below, f.z.Denom())
	// An integer is at most a root if it is at most the root's whole part.
	s.Sqrt(s.Quo(s, below))
	s.Add(s, t.Mul(t, f.most))
	s.Quo(s, f.n)
	if s.Cmp(f.most) > 0 {
		s.Set(f.most)
	}
	return int(s.Int64())
}
