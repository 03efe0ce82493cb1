package exact

import (
	"math/big"

	"github.com/godmae/godmae/decimal"
)

// workPrecision is the default mantissa length, in bits, of the interval
// arithmetic in this package. Results are printed with at most twelve
// decimals, which leaves more than a hundred bits for rounding errors. The
// longest computation, a binomial tail over 10^9 trials, loses fewer than 40.
const workPrecision = 192

// Interval is a closed interval [Lo, Hi] that is proven to contain a number:
// every operation rounds its lower end down and its upper end up. The
// operations are for non-negative numbers, the only ones that occur in this
// package.
type Interval struct {
	Lo, Hi *big.Float
}

func down() *big.Float {
	return new(big.Float).SetPrec(workPrecision).SetMode(big.ToNegativeInf)
}

func up() *big.Float {
	return new(big.Float).SetPrec(workPrecision).SetMode(big.ToPositiveInf)
}

// lower and upper return results of operations that have the precision of
// their operands: big.Float gives it to a zero precision.
func lower() *big.Float { return new(big.Float).SetMode(big.ToNegativeInf) }

func upper() *big.Float { return new(big.Float).SetMode(big.ToPositiveInf) }

// Enclose returns the tightest interval around a non-negative rational.
func Enclose(x *big.Rat) Interval { return encloseTo(x, workPrecision) }

// encloseTo is Enclose with ends of another precision.
func encloseTo(x *big.Rat, precision uint) Interval {
	return Interval{lower().SetPrec(precision).SetRat(x), upper().SetPrec(precision).SetRat(x)}
}

// Add returns x + y.
func (x Interval) Add(y Interval) Interval {
	return Interval{lower().Add(x.Lo, y.Lo), upper().Add(x.Hi, y.Hi)}
}

// Sub returns x - y, with negative values replaced by zero: the caller knows
// that the true difference is not negative.
func (x Interval) Sub(y Interval) Interval {
	z := Interval{lower().Sub(x.Lo, y.Hi), upper().Sub(x.Hi, y.Lo)}
	if z.Lo.Sign() < 0 {
		z.Lo.SetInt64(0)
	}
	if z.Hi.Sign() < 0 {
		z.Hi.SetInt64(0)
	}
	return z
}

// Mul returns x * y.
func (x Interval) Mul(y Interval) Interval {
	return Interval{lower().Mul(x.Lo, y.Lo), upper().Mul(x.Hi, y.Hi)}
}

// Quo returns x / y; y must not contain zero.
func (x Interval) Quo(y Interval) Interval {
	return Interval{lower().Quo(x.Lo, y.Hi), upper().Quo(x.Hi, y.Lo)}
}

// Sqrt returns the square root of x.
func (x Interval) Sqrt() Interval {
	lo := lower()
	// big.Float.Sqrt rounds to nearest, whatever the mode: step outwards by
	// one unit in the last place on either side.
	lo.Sqrt(x.Lo)
	hi := upper()
	hi.Sqrt(x.Hi)
	ulp := func(v *big.Float) *big.Float {
		return new(big.Float).SetMantExp(big.NewFloat(1), v.MantExp(nil)-int(v.Prec())+1)
	}
	return Interval{lo.Sub(lo, ulp(lo)), hi.Add(hi, ulp(hi))}
}

// pow returns x^n by repeated squaring.
func (x Interval) pow(n int) Interval {
	r := Enclose(new(big.Rat).SetInt64(1))
	for base := x; n > 0; n >>= 1 {
		if n&1 != 0 {
			r = r.Mul(base)
		}
		if n > 1 {
			base = base.Mul(base)
		}
	}
	return r
}

// mulInts multiplies x in place by the positive fraction a/b.
func (x Interval) mulInts(a, b *big.Float) {
	x.Lo.Mul(x.Lo, a)
	x.Hi.Mul(x.Hi, a)
	x.Lo.Quo(x.Lo, b)
	x.Hi.Quo(x.Hi, b)
}

// AtMost reports whether every number of the interval is <= r: a proof.
func (x Interval) AtMost(r *big.Rat) bool { return x.Hi.Cmp(down().SetRat(r)) <= 0 }

// AtLeast reports whether every number of the interval is >= r: a proof.
func (x Interval) AtLeast(r *big.Rat) bool { return x.Lo.Cmp(up().SetRat(r)) >= 0 }

// Float64 returns the float64 nearest to the middle of the interval. It is for
// display and for search, never for a decision.
func (x Interval) Float64() float64 {
	mid := new(big.Float).SetPrec(workPrecision+1).Add(x.Lo, x.Hi)
	f, _ := mid.Quo(mid, big.NewFloat(2)).Float64()
	return f
}

// FloorDecimal returns the largest decimal with the given number of places
// that is proven not to exceed the number in x.
func (x Interval) FloorDecimal(places int) decimal.Decimal {
	r, _ := x.Lo.Rat(nil)
	return decimal.Floor(r, places)
}

// CeilDecimal returns the smallest decimal with the given number of places
// that is proven not to be below the number in x.
func (x Interval) CeilDecimal(places int) decimal.Decimal {
	r, _ := x.Hi.Rat(nil)
	return decimal.Ceil(r, places)
}

// FloorScaled returns floor(2^bits x) when it is proven, that is when both ends
// of the interval agree on it.
func (x Interval) FloorScaled(bits int) (n *big.Int, proven bool) {
	floor := func(v *big.Float) *big.Int {
		n, _ := new(big.Float).SetMantExp(v, bits).Int(nil) // x is not negative
		return n
	}
	n = floor(x.Lo)
	return n, n.Cmp(floor(x.Hi)) == 0
}

// roughLog approximates the natural logarithm of a positive x to a few
// hundredths. It guides searches whose results are then proven. It uses + -
// * / only, so that searches take the same steps on every machine.
func roughLog(x *big.Float) float64 {
	if x.Sign() == 0 {
		return -1e9
	}
	m := new(big.Float)
	e := x.MantExp(m)
	f, _ := m.Float64() // in [1/2, 1)
	if f < 0.70710678 {
		f *= 2
		e--
	}
	s := (f - 1) / (f + 1)
	s2 := float64(s * s)
	tail := 1 + float64(s2*(1.0/3+float64(s2*0.2)))
	return float64(float64(e)*0.6931471805599453) + float64(2*s*tail)
}

func pow10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}
