package audit

import "math/big"

// Relative distances, in bits, at which a tail and a level count as different.
//
// If a tail that was proved not to exceed a level, with at most 192 bits, is nearer
// to it than provedBits, it equals the level. So exactTail, which is slow for many
// samples, is used for few samples only. Otherwise a file with an alpha of 45
// digits could take hours. The intervals of a long sum have about 96 correct bits.
// If a tail for one unit more is nearer than unprovedBits, the certifier may not
// have been able to prove it, and the file is accepted.
const (
	provedBits   = 224
	unprovedBits = 80
)

// compareTail compares P[Bin(n,p) > x] + w P[Bin(n,p) = x] with a level: -1 if
// it is below, 1 if it is above (or p is not below 1), 0 if they are equal to
// the given number of bits.
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
// used for ties, where numbers have few digits, for example p^n = level with n
// of n hits.
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
