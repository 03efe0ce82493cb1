package exact

import "math"

// midpointBits selects the bits of a float64 significand that are zero both in
// every float32 and in every midpoint between two neighbouring float32.
const midpointBits = 1<<28 - 1

// FMA32 returns a*b + c rounded once, to nearest even: the IEEE 754
// fusedMultiplyAdd of binary32, subnormals, infinities and signed zeros
// included. The payload and sign of a NaN are unspecified.
//
// The product of two float32 is exact in float64, so only the sum rounds. If
// the rounded sum is not a point where rounding to float32 changes its mind (a
// float32 or a midpoint), the exact sum lies on the same side of all such
// points, and rounding again is harmless. Otherwise the sum is first rounded to
// odd (Boldo and Melquiond, "Emulation of a FMA and correctly rounded sums",
// IEEE TC 2008), which keeps the information that it was inexact.
func FMA32(a, b, c float32) float32 {
	s := float64(float64(a)*float64(b)) + float64(c)
	if math.Float64bits(s)&midpointBits != 0 {
		return float32(s)
	}
	return fmaOdd(float64(float64(a)*float64(b)), float64(c), s)
}

// fmaOdd rounds p + c to odd and then to float32; s is p + c rounded to
// nearest.
func fmaOdd(p, c, s float64) float32 {
	// Knuth's TwoSum: p + c = s + e exactly, unless s is not finite, in which
	// case e is NaN and both comparisons below fail.
	t := s - p
	e := (p - (s - t)) + (c - t)
	// s ends in 28 zero bits, so it is even: the odd neighbour on the side of e.
	bits := math.Float64bits(s)
	switch {
	case e > 0 && s > 0, e < 0 && s < 0:
		bits++
	case e > 0 && s < 0, e < 0 && s > 0:
		bits--
	}
	return float32(math.Float64frombits(bits))
}
