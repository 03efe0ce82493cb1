package exact

import "math"

// log(1+f) = f - f^2/2 + f^3*(logC0 + logC1*f + ... + logC7*f^7) for
// sqrt(1/2) <= 1+f < sqrt(2), a weighted minimax fit of relative error 2^-27.
const (
	logC0 float32 = 0x1.555554p-2
	logC1 float32 = -0x1.000228p-2
	logC2 float32 = 0x1.99a01cp-3
	logC3 float32 = -0x1.547212p-3
	logC4 float32 = 0x1.22d956p-3
	logC5 float32 = -0x1.0d86d0p-3
	logC6 float32 = 0x1.055d28p-3
	logC7 float32 = -0x1.38aadcp-4

	sqrtHalfBits = 0x3F3504F3 // the bits of sqrt(1/2)
	mantissa32   = 1<<23 - 1
)

// Log32 returns the natural logarithm of x. The maximum error is 1 ulp. The
// logarithm of 0 is -Inf, of a negative number NaN, of +Inf +Inf.
//
// Sequence: a subnormal x is first multiplied by 2^25; then [logNormal].
func Log32(x float32) float32 {
	switch {
	case x != x || x > math.MaxFloat32:
		return x
	case x == 0:
		return float32(math.Inf(-1))
	case x < 0:
		return float32(math.NaN())
	case x < 0x1p-126:
		return logNormal(x*0x1p25, -25)
	}
	return logNormal(x, 0)
}

// logNormal returns log(x * 2^exponent) for a positive normal x.
//
// Sequence: i = bits(x) - bits(sqrt(1/2)); e = float(i>>23 + exponent), with an
// arithmetic shift; m has the bits (i & 0x7FFFFF) + bits(sqrt(1/2)); f = m - 1;
// z = f*f; q = Horner of logC7..logC0 in f by FMA; y = (f*z)*q;
// y = fma(e, ln2Lo, y); y = fma(-0.5, z, y); y = f + y; fma(e, ln2Hi, y).
func logNormal(x float32, exponent int32) float32 {
	i := int32(math.Float32bits(x)) - sqrtHalfBits
	e := float32(i>>23 + exponent)
	m := math.Float32frombits(uint32(i&mantissa32 + sqrtHalfBits))
	f := m - 1
	z := float32(f * f)
	q := FMA32(logC7, f, logC6)
	q = FMA32(q, f, logC5)
	q = FMA32(q, f, logC4)
	q = FMA32(q, f, logC3)
	q = FMA32(q, f, logC2)
	q = FMA32(q, f, logC1)
	q = FMA32(q, f, logC0)
	y := float32(float32(f*z) * q)
	y = FMA32(e, ln2Lo, y)
	y = FMA32(-0.5, z, y)
	y = f + y
	return FMA32(e, ln2Hi, y)
}

// LogOpen32 is [Log32] for x in the open interval (0,1) and normal, as
// philox.Uniform draws it: the same bits without the special cases.
func LogOpen32(x float32) float32 { return logNormal(x, 0) }
