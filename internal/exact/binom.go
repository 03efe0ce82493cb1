package exact

import (
	"fmt"
	"math/big"
	"math/bits"
)

// tailTolerance is the relative size, as a power of two, at which the rest of a
// tail is bounded by a geometric series.
const tailTolerance = -workPrecision / 2

// BinomialUpperTail returns P[Bin(n,p) >= x] for a rational p in [0,1] and
// 0 <= n: an interval with about 96 correct bits.
//
// The shorter tail is summed, so that the number of terms is a few standard
// deviations of Bin(n,p) and not n. The first term is computed from the binomial
// coefficient, the others by the ratio of neighbours. A geometric series bounds
// the terms that are cut off.
func BinomialUpperTail(x, n int, p *big.Rat) Interval {
	return newBinomial(x, n).upperTail(p)
}

// binomial holds what the tails at a fixed (x, n) have in common for all p.
type binomial struct {
	x, n  int
	coeff Interval // n choose x; unset when x is outside [0,n]
}

func newBinomial(x, n int) binomial {
	if n < 0 {
		panic(fmt.Sprintf("exact: binomial tail of %d trials", n))
	}
	b := binomial{x: x, n: n}
	if 0 <= x && x <= n {
		k := uint64(min(x, n-x))
		b.coeff = productInterval(uint64(n)-k+1, uint64(n)).Quo(productInterval(1, k))
	}
	return b
}

// productInterval returns first * (first+1) * ... * last. Factors are
// multiplied in machine words first, which is exact and several times faster
// than big.Int.Binomial, which divides in every step.
func productInterval(first, last uint64) Interval {
	product := Enclose(big.NewRat(1, 1))
	word, f := uint64(1), new(big.Float)
	flush := func() {
		f.SetUint64(word)
		product.Lo.Mul(product.Lo, f)
		product.Hi.Mul(product.Hi, f)
	}
	for k := first; k <= last; k++ {
		high, low := bits.Mul64(word, k)
		if high == 0 {
			word = low
			continue
		}
		flush()
		word = k
	}
	flush()
	return product
}

func (b binomial) upperTail(p *big.Rat) Interval {
	zero, one := new(big.Rat), big.NewRat(1, 1)
	if p.Cmp(zero) < 0 || p.Cmp(one) > 0 {
		panic("exact: probability " + p.RatString() + " is outside [0,1]")
	}
	switch {
	case b.x <= 0:
		return Enclose(one)
	case b.x > b.n || p.Sign() == 0:
		return Enclose(zero)
	case p.Cmp(one) == 0:
		return Enclose(one)
	}
	mean := new(big.Rat).Mul(p, new(big.Rat).SetInt64(int64(b.n)))
	first := b.mass(p)
	q := new(big.Rat).Sub(one, p)
	if new(big.Rat).SetInt64(int64(b.x)).Cmp(mean) >= 0 {
		return sumAbove(first, b.x, b.n, p, q)
	}
	// Below the mean: 1 - P[Bin <= x] + P[Bin = x], the lower tail being the
	// upper tail of the failures.
	lower := sumAbove(first, b.n-b.x, b.n, q, p)
	return Enclose(one).Sub(lower.Sub(first))
}

// mass returns P[Bin(n,p) = x] for 0 < p < 1.
func (b binomial) mass(p *big.Rat) Interval {
	q := new(big.Rat).Sub(big.NewRat(1, 1), p)
	return b.coeff.Mul(Enclose(p).pow(b.x)).Mul(Enclose(q).pow(b.n - b.x))
}

// sumAbove adds P[Bin(n,p) = k] for k = x..n, given the term of k = x, where x
// is not below the mean by more than rounding.
func sumAbove(first Interval, x, n int, p, q *big.Rat) Interval {
	odds := Enclose(new(big.Rat).Quo(p, q))
	term := Interval{down().Set(first.Lo), up().Set(first.Hi)}
	sum := Interval{down().Set(first.Lo), up().Set(first.Hi)}
	a, c, limit := new(big.Float), new(big.Float), new(big.Float)
	for k := x; k < n; k++ {
		a.SetInt64(int64(n - k))
		c.SetInt64(int64(k + 1))
		term.mulInts(a, c)
		term.Lo.Mul(term.Lo, odds.Lo)
		term.Hi.Mul(term.Hi, odds.Hi)
		sum.Lo.Add(sum.Lo, term.Lo)
		sum.Hi.Add(sum.Hi, term.Hi)
		if k&7 != 0 || term.Hi.Cmp(limit.SetMantExp(sum.Lo, tailTolerance)) > 0 {
			continue
		}
		// All later ratios are below this one, r: they add at most
		// term * r/(1-r).
		r := up().Mul(odds.Hi, up().Quo(a, c))
		rest := down().Sub(big.NewFloat(1), r)
		if rest.Sign() > 0 {
			sum.Hi.Add(sum.Hi, up().Quo(up().Mul(term.Hi, r), rest))
			break
		}
	}
	if one := big.NewFloat(1); sum.Hi.Cmp(one) > 0 {
		sum.Hi.Set(one)
	}
	return sum
}

// BinomialTest returns the two-sided p-value of a out of a+b fair coin tosses:
// the probability of a count at least as far from the middle, which is min(1,
// 2 P[Bin(a+b, 1/2) >= max(a,b)]). PREDICT of Cohen et al. (2019) tests the
// top two classes with it.
func BinomialTest(a, b int) Interval {
	if a < 0 || b < 0 {
		panic(fmt.Sprintf("exact: binomial test of %d against %d", a, b))
	}
	one := Enclose(big.NewRat(1, 1))
	if a == b {
		return one
	}
	tail := BinomialUpperTail(max(a, b), a+b, big.NewRat(1, 2))
	p := tail.Add(tail)
	if p.Hi.Cmp(one.Hi) > 0 {
		p.Hi.Set(one.Hi) // the tail is one half when a and b differ by one
	}
	return p
}
