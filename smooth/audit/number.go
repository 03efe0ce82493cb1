package audit

import (
	"math/big"
	"sync"
)

// precision is the mantissa length, in bits, of this package's numbers,
// which round to nearest. Compared results have lost fewer than 150 bits.
const precision = 512

func number() *big.Float             { return new(big.Float).SetPrec(precision) }
func whole(n int) *big.Float         { return number().SetInt64(int64(n)) }
func fraction(r *big.Rat) *big.Float { return number().SetRat(r) }

func add(a, b *big.Float) *big.Float { return number().Add(a, b) }
func sub(a, b *big.Float) *big.Float { return number().Sub(a, b) }
func mul(a, b *big.Float) *big.Float { return number().Mul(a, b) }
func quo(a, b *big.Float) *big.Float { return number().Quo(a, b) }

// power returns x^n for n >= 0.
func power(x *big.Float, n int) *big.Float {
	r := whole(1)
	for base := number().Set(x); n > 0; n >>= 1 {
		if n&1 != 0 {
			r.Mul(r, base)
		}
		base = mul(base, base)
	}
	return r
}

// rootTwoPi is sqrt(2 pi), with pi from the arithmetic-geometric mean of Gauss
// and Legendre.
var rootTwoPi = sync.OnceValue(func() *big.Float {
	a, b, t, p := whole(1), quo(whole(1), number().Sqrt(whole(2))), fraction(big.NewRat(1, 4)), whole(1)
	for range 10 { // each step doubles the number of correct digits
		mean := quo(add(a, b), whole(2))
		b = number().Sqrt(mul(a, b))
		d := sub(a, mean)
		t = sub(t, mul(p, mul(d, d)))
		p = mul(p, whole(2))
		a = mean
	}
	sum := add(a, b)
	pi := quo(mul(sum, sum), mul(whole(4), t))
	return number().Sqrt(mul(whole(2), pi))
})

// normalCDF returns Phi(z). For |z| > 12 it is 0 or 1, with an error below
// 10^-32. Otherwise it is the alternating Taylor series
//
//	Phi(z) = 1/2 + (z - z^3/(2*3) + z^5/(2^2*2!*5) - ...)/sqrt(2 pi),
//
// whose cancellation loses z^2/(2 ln 2) bits, at most 104.
func normalCDF(z *big.Float) *big.Float {
	switch far := whole(12); {
	case z.Cmp(far) > 0:
		return whole(1)
	case number().Neg(z).Cmp(far) > 0:
		return number()
	}
	square := mul(z, z)
	term, sum := number().Set(z), number().Set(z)
	for k := 1; ; k++ {
		term = quo(mul(term, square), whole(-2*k))
		part := quo(term, whole(2*k+1))
		sum = add(sum, part)
		if part.Sign() == 0 || float64(k) > zSquare(square) && part.MantExp(nil) < -precision {
			break
		}
	}
	return add(fraction(big.NewRat(1, 2)), quo(sum, rootTwoPi()))
}

func zSquare(square *big.Float) float64 {
	f, _ := square.Float64()
	return f
}

// upperTail returns P[Bin(n,p) >= x] for 0 < x <= n and p no larger than x/n,
// as the incomplete beta function I_p(x, n-x+1) by the continued fraction of
// the Digital Library of Mathematical Functions, 8.17.22, evaluated by
// Lentz's method.
func upperTail(x, n int, p *big.Float) *big.Float {
	if x > n {
		return number()
	}
	q := sub(whole(1), p)
	a, b := whole(x), whole(n-x+1)
	front := mul(mul(choose(n, x), power(p, x)), power(q, n-x+1))
	sum := add(a, b)
	one := whole(1)
	c, d := whole(1), quo(one, sub(one, quo(mul(sum, p), add(a, one))))
	f := number().Set(d)
	step := func(coefficient *big.Float) *big.Float {
		d = quo(one, add(one, mul(coefficient, d)))
		c = add(one, quo(coefficient, c))
		factor := mul(d, c)
		f = mul(f, factor)
		return factor
	}
	for m := 1; ; m++ {
		k, am := whole(m), add(a, whole(2*m))
		before := sub(am, one)
		step(quo(mul(mul(k, sub(b, k)), p), mul(before, am)))
		up := mul(mul(add(a, k), add(sum, k)), p)
		factor := step(number().Neg(quo(up, mul(am, add(am, one)))))
		if off := sub(factor, one); off.Sign() == 0 || off.MantExp(nil) < -precision/2 {
			return mul(front, f)
		}
	}
}

// choose returns n over k.
func choose(n, k int) *big.Float {
	k = min(k, n-k)
	c := whole(1)
	for i := 1; i <= k; i++ {
		c.Mul(c, whole(n-k+i))
		c.Quo(c, whole(i))
	}
	return c
}
