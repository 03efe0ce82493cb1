package exact

import "math"

// FMA32 returns a*b + c rounded once, to nearest even: the IEEE 754
// fusedMultiplyAdd of binary32, subnormals, infinities and signed zeros
// included. The payload and sign of a NaN are unspecified.
//
// The product of two float32 is exact in float64, so only the sum rounds. If the rounded sum is not a
// boundary of rounding to float32 (a float32 or a midpoint of two, which end in 28 zero bits), the exact sum
// lies on the same side of all boundaries, and rounding again is exact. Otherwise the sum is first rounded
// to odd (Boldo and Melquiond, "Emulation of a FMA and correctly rounded sums", IEEE TC 2008), which keeps
// the information that it was inexact.
func FMA32(a, b, c float32) float32 {
	s := float64(a)*float64(b) + float64(c) // fused or not: the product is exact
	if math.Float64bits(s)<<(64-28) == 0 {
		s = addOdd(float64(a)*float64(b), c)
	}
	return float32(s)
}

// addOdd returns p + c rounded to odd, given that rounding to nearest ends in
// 28 zero bits. It stays out of line because it is rarely needed.
//
//go:noinline
func addOdd(p float64, c32 float32) float64 {
	c := float64(c32)
	s := p + c
	// Knuth's TwoSum: p + c = s + e exactly, unless s is not finite, in which
	// case e is NaN and both comparisons below fail.
	t := s - p
	e := (p - (s - t)) + (c - t)
	// s is even: the odd neighbour on the side of e.
	bits := math.Float64bits(s)
	switch {
	case e > 0 && s > 0, e < 0 && s < 0:
		bits++
	case e > 0 && s < 0, e < 0 && s > 0:
		bits--
	}
	return math.Float64frombits(bits)
}
