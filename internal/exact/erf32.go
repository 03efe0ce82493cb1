package exact

import "math"

const signBit32 = 1 << 31

// Two ranges meet at |x| = erfSplit. Below, erf(x) = x + x*P(x^2) with
// coefficients erfS; above, erf(|x|) = 1 - e^G(|x|) with coefficients erfL, and
// from |x| = 4 on the result is 1. Weighted minimax fits of relative error
// 2^-25.6 and 2^-29.
const (
	erfSplit float32 = 0.9375
	erfMax   float32 = 4

	erfS0 float32 = 0x1.06eba6p-3
	erfS1 float32 = -0x1.8126dcp-2
	erfS2 float32 = 0x1.ce185cp-4
	erfS3 float32 = -0x1.b66a2ap-6
	erfS4 float32 = 0x1.466eccp-8
	erfS5 float32 = -0x1.36bc58p-11

	erfL0 float32 = -0x1.d53fc6p-13
	erfL1 float32 = -0x1.20a7cap+0
	erfL2 float32 = -0x1.465614p-1
	erfL3 float32 = -0x1.a90346p-4
	erfL4 float32 = 0x1.6ad70cp-6
	erfL5 float32 = -0x1.8c3b82p-9
	erfL6 float32 = 0x1.969c62p-13
)

// Erf32 returns the error function of x. The maximum error is 2 ulp. NaN
// passes.
//
// Sequence: z = x*x; s = Horner of erfS5..erfS0 in z by FMA; s = fma(s, x, x).
// t = |x|; y = t > 4 ? 4 : t; g = Horner of erfL6..erfL0 in y by FMA; n and r
// of g as in [Exp32], p the polynomial of r; l = 1 - p*2^n, given the sign bit
// of x. Result t > 0.9375 ? l : s.
func Erf32(x float32) float32 {
	z := float32(x * x)
	s := FMA32(erfS5, z, erfS4)
	s = FMA32(s, z, erfS3)
	s = FMA32(s, z, erfS2)
	s = FMA32(s, z, erfS1)
	s = FMA32(s, z, erfS0)
	s = FMA32(s, x, x)

	sign := math.Float32bits(x) & signBit32
	t := math.Float32frombits(math.Float32bits(x) &^ signBit32)
	if !(t > erfSplit) {
		return s
	}
	y := t
	if t > erfMax {
		y = erfMax
	}
	g := FMA32(erfL6, y, erfL5)
	g = FMA32(g, y, erfL4)
	g = FMA32(g, y, erfL3)
	g = FMA32(g, y, erfL2)
	g = FMA32(g, y, erfL1)
	g = FMA32(g, y, erfL0)
	n, r := reduceExp(g)
	l := 1 - float32(expPoly(r)*pow2(n))
	return math.Float32frombits(math.Float32bits(l) | sign)
}

const (
	sqrtHalf  float32 = 0x1.6a09e6p-1 // sqrt(1/2)
	invSqrt2P float32 = 0x1.988454p-2 // 1/sqrt(2 pi)
)

// Gelu32 returns x*Phi(x), the Gaussian error linear unit in its erf form
// (Hendrycks and Gimpel, arXiv:1606.08415). The absolute error is below
// 2^-23*max(1, |x|); for large negative x, where the result is far smaller than
// x, that is not a small relative error.
//
// Sequence: x*[NormalCDF32](x).
func Gelu32(x float32) float32 { return float32(x * NormalCDF32(x)) }

// NormalCDF32 returns Phi(x), the standard normal distribution function. The
// absolute error is below 2^-23.
//
// Sequence: e = Erf32(x*sqrt(1/2)); fma(0.5, e, 0.5).
func NormalCDF32(x float32) float32 {
	return FMA32(0.5, Erf32(float32(x*sqrtHalf)), 0.5)
}

// GeluGrad32 returns the derivative of [Gelu32], Phi(x) + x*phi(x) with phi the
// standard normal density. The absolute error is below 2^-22.
//
// Sequence: w = (x*x)*-0.5; d = Exp32(w)*(1/sqrt(2 pi)); fma(x, d, Phi(x)).
func GeluGrad32(x float32) float32 {
	w := float32(float32(x*x) * -0.5)
	d := float32(Exp32(w) * invSqrt2P)
	return FMA32(x, d, NormalCDF32(x))
}
