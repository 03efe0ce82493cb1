package exact

import "math"

// Used by every argument reduction. Adding roundMagic = 1.5*2^23 to a float32
// of magnitude below 2^22 rounds it to an integer, which is then in the low
// bits of the sum.
const (
	roundMagic     float32 = 0x1.8p23
	roundMagicBits         = 0x4B400000
	log2E          float32 = 0x1.715476p+0
	ln2Hi          float32 = 0x1.62e430p-1
	ln2Lo          float32 = -0x1.05c610p-29
)

// Outside of these bounds exp is 0 or +Inf.
const (
	expLow  float32 = -87.34
	expHigh float32 = 89
)

// e^r = 1 + r + r^2*(expC2 + expC3*r + ... + expC6*r^4) for |r| <= ln(2)/2, a
// weighted minimax fit of relative error 2^-28.
const (
	expC2 float32 = 0x1.fffffcp-2
	expC3 float32 = 0x1.555492p-3
	expC4 float32 = 0x1.5558aep-5
	expC5 float32 = 0x1.123986p-7
	expC6 float32 = 0x1.6a4f2ep-10
)

// Exp32 returns e^x. The maximum error is 1 ulp. It is 0 below -87.34 and +Inf
// from 88.722839; NaN passes.
//
// Sequence: y = x > 89 ? 89 : x; n and r by [reduceExp] on y; p by [expPoly];
// result (p*2^(n>>1))*2^(n-(n>>1)), so that subnormal results round once and
// large ones overflow; finally x < -87.34 ? 0 : result.
func Exp32(x float32) float32 {
	y := x
	if x > expHigh {
		y = expHigh
	}
	n, r := reduceExp(y)
	p := expPoly(r)
	half := n >> 1
	p = float32(float32(p*pow2(half)) * pow2(n-half))
	if x < expLow {
		return 0
	}
	return p
}

// reduceExp splits x into n*ln(2) + r with |r| <= ln(2)/2: t = fma(x, log2(e),
// 1.5*2^23); n = t - 1.5*2^23; r = fma(n, -ln2Lo, fma(n, -ln2Hi, x)). The
// integer n is the difference of the bits of t and of the magic number.
func reduceExp(x float32) (n int32, r float32) {
	t := FMA32(x, log2E, roundMagic)
	f := t - roundMagic
	r = FMA32(f, -ln2Hi, x)
	r = FMA32(f, -ln2Lo, r)
	return int32(math.Float32bits(t)) - roundMagicBits, r
}

// expPoly is e^r on the reduced range, by Horner's rule in r.
func expPoly(r float32) float32 {
	p := FMA32(expC6, r, expC5)
	p = FMA32(p, r, expC4)
	p = FMA32(p, r, expC3)
	p = FMA32(p, r, expC2)
	p = FMA32(p, r, 1)
	return FMA32(p, r, 1)
}

// pow2 returns 2^n for -126 <= n <= 127; other n give unspecified values with
// the same bits everywhere.
func pow2(n int32) float32 { return math.Float32frombits(uint32(n+127) << 23) }
