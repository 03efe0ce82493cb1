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
