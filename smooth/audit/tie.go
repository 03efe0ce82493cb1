package audit

import "math/big"

// How close, relative to a level, a tail is told apart from it by numbers, in bits.
//
// Nearer than provedBits to a level that it was proved not to exceed, with 192 bits
// at most, a tail equals it: so exactTail, which takes many digits of many
// samples, is for few samples. (A file could ask for hours of it otherwise, with an
// alpha of 45 digits.) The intervals of a long sum have about 96 right bits; what
// they could not prove for one unit more, from unprovedBits on, is not held against
// a file.
const (
	provedBits   = 224
	unprovedBits = 80
)

// compareTail compares P[Bin(n,p) > x] + w P[Bin(n,p) = x] with a level: -1 when
// it is below, 1 when it is above (or p is no probability below 1), 0 when they
// are the same to so many bits.
func compareTail(x, n int, w, p, level *big.Rat, bits int) int {
	if p.Cmp(one) >= 0 {
		return 1
	}
	tail := mul(fraction(w), upperTail(x, n, fraction(p)))
	if rest := new(big.Rat).Sub(one, w); rest.Sign() > 0 {
		tail = add(tail, mul(fraction(rest), upperTail(x+1, n, fraction(p))))
	}
	limit := fraction(level)
	off := sub(tail, limit)
	if near := number().SetMantExp(limit, -bits); number().Abs(off).Cmp(near) < 0 {
		return 0
	}
	return off.Sign()
}

// exactTail returns P[Bin(n,p) > x] + w P[Bin(n,p) = x] for 0 < p < 1 as a
// fraction: with p = a/b it is the sum of C(n,k) a^k (b-a)^(n-k) over b^n. It is
// for ties, which take few digits: p^n = level with n of n hits, say.
func exactTail(x, n int, w, p *big.Rat) *big.Rat {
	a, b := p.Num(), p.Denom()
	rest := new(big.Int).Sub(b, a)
	power := func(base *big.Int, k int) *big.Int { return new(big.Int).Exp(base, big.NewInt(int64(k)), nil) }
	term, sum := power(a, n), new(big.Int) // of k = n
	for k := n; k > x; k-- {
		sum.Add(sum, term)
		term.Mul(term, rest)
		term.Mul(term, big.NewInt(int64(k)))
		term.Quo(term, new(big.Int).Mul(a, big.NewInt(int64(n-k+1)))) // exact
	}
	whole := new(big.Rat).SetInt(sum)
	whole.Add(whole, new(big.Rat).Mul(w, new(big.Rat).SetInt(term)))
	return whole.Quo(whole, new(big.Rat).SetInt(power(b, n)))
}
