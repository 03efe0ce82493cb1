package exact

import (
	"fmt"
	"math/big"
	"sync"
)

// NormalCDF returns the standard normal distribution function at a rational
// z, |z| <= 40: an interval with an absolute width below 2^-150.
//
// It sums Phi(z) = 1/2 + phi(z) (z + z^3/3 + z^5/(3*5) + ...) for z >= 0
// (Marsaglia 2004, "Evaluating the Normal Distribution"), whose terms are all
// positive, and uses Phi(-z) = 1 - Phi(z).
func NormalCDF(z *big.Rat) Interval { return NormalCDFTo(z, workPrecision) }

// NormalCDFTo is [NormalCDF] with ends of the given precision in bits, at
// least 64; the absolute width is below 2^(42-precision).
func NormalCDFTo(z *big.Rat, precision uint) Interval {
	if new(big.Rat).Abs(z).Cmp(big.NewRat(40, 1)) > 0 {
		panic("exact: NormalCDF of " + z.FloatString(3) + ", beyond 40 standard deviations")
	}
	one := encloseTo(big.NewRat(1, 1), precision)
	if z.Sign() < 0 {
		return one.Sub(NormalCDFTo(new(big.Rat).Neg(z), precision))
	}
	x := encloseTo(z, precision)
	square := x.Mul(x)
	term := Interval{lower().Set(x.Lo), upper().Set(x.Hi)}
	sum := Interval{lower().Set(x.Lo), upper().Set(x.Hi)}
	limit, odd := new(big.Float), new(big.Float)
	for k := int64(3); ; k += 2 {
		odd.SetInt64(k)
		term.Lo.Quo(term.Lo.Mul(term.Lo, square.Lo), odd)
		term.Hi.Quo(term.Hi.Mul(term.Hi, square.Hi), odd)
		sum.Lo.Add(sum.Lo, term.Lo)
		sum.Hi.Add(sum.Hi, term.Hi)
		if term.Hi.Cmp(limit.SetMantExp(big.NewFloat(1), -int(precision))) > 0 {
			continue
		}
		// Every later ratio is below r = z^2/k; once r <= 1/2 the rest of the
		// series is at most the last term.
		if r := upper().Quo(square.Hi, odd); r.Cmp(big.NewFloat(0.5)) <= 0 {
			sum.Hi.Add(sum.Hi, term.Hi)
			break
		}
	}
	half := encloseTo(big.NewRat(1, 2), precision)
	cdf := half.Add(normalDensity(z, precision).Mul(sum))
	if cdf.Hi.Cmp(one.Hi) > 0 {
		cdf.Hi.Set(one.Hi)
	}
	return cdf
}

// normalDensity returns phi(z) = exp(-z^2/2)/sqrt(2 pi).
func normalDensity(z *big.Rat, precision uint) Interval {
	y := new(big.Rat).Mul(z, z)
	e := expPositive(y.Mul(y, big.NewRat(1, 2)), precision)
	root := sqrtTwoPi()
	if precision != workPrecision {
		root = encloseSqrtTwoPi(precision)
	}
	return encloseTo(big.NewRat(1, 1), precision).Quo(e.Mul(root))
}

// expPositive returns exp(y) for a rational y >= 0: Taylor's series of
// y/2^s <= 1/256, squared s times.
func expPositive(y *big.Rat, precision uint) Interval {
	x, s := encloseTo(y, precision), 0
	if y.Sign() > 0 {
		s = max(0, x.Hi.MantExp(nil)+8)
	}
	x.Lo.SetMantExp(x.Lo, -s)
	x.Hi.SetMantExp(x.Hi, -s)
	one := encloseTo(big.NewRat(1, 1), precision)
	sum, term := one, one
	for k := int64(1); k < int64(precision)/8+2; k++ {
		term = term.Mul(x)
		n := new(big.Float).SetInt64(k)
		term.Lo.Quo(term.Lo, n)
		term.Hi.Quo(term.Hi, n)
		sum = sum.Add(term)
	}
	sum.Hi.Add(sum.Hi, term.Hi) // the rest is less than the last term
	for range s {
		sum = sum.Mul(sum)
	}
	return sum
}

// sqrtTwoPi is sqrt(2 pi).
var sqrtTwoPi = sync.OnceValue(func() Interval { return encloseSqrtTwoPi(workPrecision) })

func encloseSqrtTwoPi(precision uint) Interval {
	pi := encloseScaledPi(precision)
	return pi.Add(pi).Sqrt()
}

// encloseScaledPi proves bounds on pi by Machin's formula
// pi = 16 atan(1/5) - 4 atan(1/239) in integers scaled by 2^guard.
func encloseScaledPi(precision uint) Interval {
	guard := precision + 32
	// atan returns floor-ish 2^guard * atan(1/k), off by less than the number
	// of terms plus one: each term loses less than one unit to truncation.
	atan := func(k int64) (v *big.Int, terms int64) {
		v = new(big.Int)
		power := new(big.Int).Lsh(big.NewInt(1), guard)
		power.Quo(power, big.NewInt(k))
		for odd := int64(1); power.Sign() != 0; odd += 2 {
			t := new(big.Int).Quo(power, big.NewInt(odd))
			if terms%2 == 0 {
				v.Add(v, t)
			} else {
				v.Sub(v, t)
			}
			power.Quo(power, big.NewInt(k*k))
			terms++
		}
		return v, terms
	}
	a, na := atan(5)
	b, nb := atan(239)
	v := new(big.Int).Sub(new(big.Int).Lsh(a, 4), new(big.Int).Lsh(b, 2))
	slack := big.NewInt(16*2*(na+1) + 4*2*(nb+1))
	scale := new(big.Int).Lsh(big.NewInt(1), guard)
	lo := new(big.Rat).SetFrac(new(big.Int).Sub(v, slack), scale)
	hi := new(big.Rat).SetFrac(new(big.Int).Add(v, slack), scale)
	return Interval{lower().SetPrec(precision).SetRat(lo), upper().SetPrec(precision).SetRat(hi)}
}

// quantileBits is the number of binary places of the grid on which
// NormalQuantile brackets its answer.
const quantileBits = 64

// NormalQuantile returns the z with Phi(z) = p for a rational p in
// [1/2, 1 - 10^-30]: an interval of width about 2^-62 whose ends are proven by
// evaluating Phi there. For p < 1/2 use Phi^-1(p) = -Phi^-1(1-p).
func NormalQuantile(p *big.Rat) Interval {
	half, one := big.NewRat(1, 2), big.NewRat(1, 1)
	q := new(big.Rat).Sub(one, p)
	tiny := new(big.Rat).SetFrac(big.NewInt(1), pow10(30))
	if p.Cmp(half) < 0 || q.Cmp(tiny) < 0 {
		panic(fmt.Sprintf("exact: NormalQuantile of %s, outside [1/2, 1-10^-30]", p.FloatString(12)))
	}
	if p.Cmp(half) == 0 {
		return Interval{down(), up()}
	}
	grid := func(m *big.Int) *big.Rat {
		return new(big.Rat).SetFrac(m, new(big.Int).Lsh(big.NewInt(1), quantileBits))
	}
	// Newton's method on the grid. The function is concave and the start 0 is
	// left of its root, so the iterates increase to the root.
	m := new(big.Int)
	for range 100 {
		z := grid(m)
		gap := new(big.Float).SetPrec(workPrecision).SetRat(p)
		gap.Sub(gap, NormalCDF(z).Lo)
		gap.Quo(gap, normalDensity(z, workPrecision).Lo)
		step, _ := gap.SetMantExp(gap, quantileBits).Int(nil)
		if step.Sign() == 0 {
			break
		}
		m.Add(m, step)
	}
	// Prove the bracket; widen it if the last digits of Newton's method are
	// wrong.
	for width := int64(2); ; width *= 2 {
		lo := new(big.Int).Sub(m, big.NewInt(width))
		hi := new(big.Int).Add(m, big.NewInt(width))
		if lo.Sign() < 0 {
			lo.SetInt64(0)
		}
		zlo, zhi := grid(lo), grid(hi)
		if NormalCDF(zlo).AtMost(p) && NormalCDF(zhi).AtLeast(p) {
			return Interval{down().SetRat(zlo), up().SetRat(zhi)}
		}
	}
}
