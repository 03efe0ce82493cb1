package exact

import "math"

// For |r| <= 1/8 and z = r^2:
//
//	sin(2 pi r) = r*(twoPiHi + twoPiLo + z*(sinC0 + sinC1*z + sinC2*z^2))
//	cos(2 pi r) = 1 + z*(cosC0 + cosC1*z + cosC2*z^2 + cosC3*z^3)
//
// weighted minimax fits of relative error 2^-28 and 2^-31.
const (
	twoPiHi float32 = 0x1.921fb6p+2
	twoPiLo float32 = -0x1.777a5cp-23

	sinC0 float32 = -0x1.4abbc0p+5
	sinC1 float32 = 0x1.46607ep+6
	sinC2 float32 = -0x1.2ddcecp+6

	cosC0 float32 = -0x1.3bd3ccp+4
	cosC1 float32 = 0x1.03c1b0p+6
	cosC2 float32 = -0x1.55b29ap+6
	cosC3 float32 = 0x1.d4e420p+5
)

// SinCos2Pi32 returns the sine and cosine of 2*pi*u for |u| <= 1. The maximum
// error of either is 1 ulp.
//
// Sequence: t = fma(u, 4, 1.5*2^23); r = fma(t - 1.5*2^23, -0.25, u), exact;
// z = r*r; w = fma(sinC2, z, sinC1); w = fma(w, z, sinC0);
// w = fma(w, z, twoPiLo)*r; s = fma(r, twoPiHi, w); c by Horner's rule in z
// with FMA from cosC3 to 1. With q the low bits of t, s and c change places
// when q is odd, then the sine changes sign when q&2 and the cosine when
// (q+1)&2.
func SinCos2Pi32(u float32) (sin, cos float32) {
	t := FMA32(u, 4, roundMagic)
	r := FMA32(t-roundMagic, -0.25, u)
	z := float32(r * r)
	w := FMA32(sinC2, z, sinC1)
	w = FMA32(w, z, sinC0)
	w = float32(FMA32(w, z, twoPiLo) * r)
	s := FMA32(r, twoPiHi, w)
	c := FMA32(cosC3, z, cosC2)
	c = FMA32(c, z, cosC1)
	c = FMA32(c, z, cosC0)
	c = FMA32(c, z, 1)
	q := math.Float32bits(t)
	if q&1 != 0 {
		s, c = c, s
	}
	sin = math.Float32frombits(math.Float32bits(s) ^ (q&2)<<30)
	cos = math.Float32frombits(math.Float32bits(c) ^ ((q+1)&2)<<30)
	return sin, cos
}
