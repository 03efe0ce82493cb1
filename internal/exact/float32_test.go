package exact

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// bigFMA is a*b + c for finite arguments, rounded once by math/big. The sign of
// an exact zero is that of IEEE 754 round to nearest.
func bigFMA(a, b, c float32) float32 {
	const exact = 1100 // bits: more than the widest aligned sum of float32 products
	p := new(big.Float).SetPrec(exact).Mul(big.NewFloat(float64(a)), big.NewFloat(float64(b)))
	s := p.Add(p, big.NewFloat(float64(c)))
	if s.Sign() == 0 {
		return float32(float64(float64(a)*float64(b)) + float64(c))
	}
	f, _ := s.Float32()
	return f
}

func same(a, b float32) bool {
	return a != a && b != b || math.Float32bits(a) == math.Float32bits(b)
}

func TestFMA32Cases(t *testing.T) {
	inf := float32(math.Inf(1))
	nan := float32(math.NaN())
	tiny := math.Float32frombits(1)
	negZero := math.Float32frombits(signBit32)
	for _, c := range []struct{ a, b, c, want float32 }{
		{inf, 1, -inf, nan}, {inf, 0, 1, nan}, {inf, 2, 1, inf}, {2, 3, -inf, -inf}, {nan, 1, 1, nan}, {1, 1, nan, nan},
		{math.MaxFloat32, 2, 0, inf}, {math.MaxFloat32, 2, -math.MaxFloat32, math.MaxFloat32},
		{math.MaxFloat32, math.MaxFloat32, -inf, -inf},
		{tiny, tiny, 0, 0}, {-tiny, tiny, 0, negZero}, {tiny, tiny, 1, 1}, {tiny, 0.5, tiny, 2 * tiny}, {tiny, 0.5, 0, 0},
		{1 + 0x1p-23, 1 + 0x1p-23, -(1 + 0x1p-22), 0x1p-46},
		{1, 0x1p-24, 1, 1}, {1 + 0x1p-23, 0x1p-24, 1, 1 + 0x1p-23}, // a tie, and just above it
		{0x1p-60, 0x1p-60, 1 + 0x1p-23, 1 + 0x1p-23},
		// The sum rounds to a midpoint in float64 first; only odd rounding gets these right.
		{0x1p-24 + 0x1p-47, 1 - 0x1p-23, 1 + 0x1p-23, 1 + 0x1p-23}, {-0x1p-76, 0x1p-76, 0x1p-149, 0x1p-149},
	} {
		require.True(t, same(c.want, FMA32(c.a, c.b, c.c)), "fma(%x, %x, %x) = %x, want %x", c.a, c.b, c.c, FMA32(c.a, c.b, c.c), c.want)
	}
}

// Operands with few significand bits and with exponents close to each other or
// extreme make ties, cancellation, subnormals and overflow frequent.
func TestFMA32AgainstBig(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	draw := func(bits, span int) float32 {
		m := float64(r.Uint32N(1<<bits)|1) * math.Exp2(float64(r.IntN(2*span+1)-span))
		if r.IntN(2) == 0 {
			m = -m
		}
		return float32(m)
	}
	n := 300_000
	if testing.Short() {
		n = 20_000
	}
	slow := 0
	for i := range n {
		span := []int{3, 30, 80, 148}[i%4]
		bits := []int{4, 12, 24}[i%3]
		a, b, c := draw(bits, span), draw(bits, span), draw(24, span)
		if i%5 == 0 { // put the exact sum next to a midpoint between two float32
			u := math.Float64frombits(math.Float64bits(float64(c)) | 1<<28)
			c = float32(u - float64(a)*float64(b))
		}
		if z := (a - a) + (b - b) + (c - c); z != 0 { // NaN: one of them is not finite
			continue
		}
		if math.Float64bits(float64(a)*float64(b)+float64(c))<<36 == 0 {
			slow++
		}
		got, want := FMA32(a, b, c), bigFMA(a, b, c)
		require.True(t, same(want, got), "fma(%x, %x, %x) = %x, want %x", a, b, c, got, want)
	}
	require.Greater(t, slow, n/100, "the odd rounding was hardly exercised")
}

// ulps returns the distance of got from want in units in the last place of a
// float32 of want's size.
func ulps(got float32, want float64) float64 {
	switch {
	case math.IsNaN(want) || got != got:
		if math.IsNaN(want) && got != got {
			return 0
		}
		return math.Inf(1)
	case math.Abs(want) > math.MaxFloat32*(1+0x1p-25):
		if math.IsInf(float64(got), 0) && math.Signbit(float64(got)) == math.Signbit(want) {
			return 0
		}
		return math.Inf(1)
	}
	_, e := math.Frexp(want)
	ulp := math.Ldexp(1, max(e-24, -149))
	return math.Abs(float64(got)-want) / ulp
}

// worst calls f on float32 inputs from lo to hi, about count of them, evenly
// spaced in their bit pattern, and returns the largest error and where it is.
func worst(lo, hi float32, count uint32, err func(x float32) float64) (float64, float32) {
	a, b := math.Float32bits(lo), math.Float32bits(hi)
	if a > b {
		a, b = b, a
	}
	step := max(1, (b-a)/count) | 1
	var maxErr float64
	var at float32
	for i := a; i <= b && i >= a; i += step {
		x := math.Float32frombits(i)
		if e := err(x); !(e <= maxErr) {
			maxErr, at = e, x
		}
	}
	return maxErr, at
}

func TestFunctionErrors(t *testing.T) {
	count := uint32(1_000_000)
	if testing.Short() {
		count = 100_000
	}
	nz := float32(math.Copysign(0, -1))
	big := float32(math.MaxFloat32)
	of := func(f func(float32) float32, oracle func(float64) float64) func(float32) float64 {
		return func(x float32) float64 { return ulps(f(x), oracle(float64(x))) }
	}
	absolute := func(f func(float32) float32, oracle func(float64) float64, scale func(float64) float64) func(float32) float64 {
		return func(x float32) float64 {
			return math.Abs(float64(f(x))-oracle(float64(x))) / scale(float64(x))
		}
	}
	cdf := func(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }
	pdf := func(x float64) float64 { return math.Exp(-x*x/2) / math.Sqrt(2*math.Pi) }
	one := func(float64) float64 { return 1 }
	for _, c := range []struct {
		name   string
		lo, hi float32
		err    func(float32) float64
		limit  float64
	}{
		{"exp", 0, 88.8, of(Exp32, math.Exp), 1},
		{"exp", nz, -87.34, of(Exp32, math.Exp), 1},
		{"log", 0, big, of(Log32, math.Log), 1},
		{"log", 0.5, 2, of(Log32, math.Log), 1},
		{"erf", 0, big, of(Erf32, math.Erf), 2},
		{"erf", nz, -big, of(Erf32, math.Erf), 2},
		{"erf", 0.125, 4.5, of(Erf32, math.Erf), 2},
		{"sin", 0, 1, func(x float32) float64 { s, _ := SinCos2Pi32(x); return ulps(s, sin2Pi(float64(x))) }, 1},
		{"cos", 0, 1, func(x float32) float64 { _, c := SinCos2Pi32(x); return ulps(c, sin2Pi(0.25+float64(x))) }, 1},
		{"sin", 0.125, 1, func(x float32) float64 { s, _ := SinCos2Pi32(x); return ulps(s, sin2Pi(float64(x))) }, 1},
		{"cos", nz, -1, func(x float32) float64 { _, c := SinCos2Pi32(x); return ulps(c, sin2Pi(0.25+float64(x))) }, 1},
		{"gelu", 0x1p-20, 100, absolute(Gelu32, func(x float64) float64 { return x * cdf(x) }, func(x float64) float64 { return max(1, x) }), 0x1p-23},
		{"gelu", -0x1p-20, -100, absolute(Gelu32, func(x float64) float64 { return x * cdf(x) }, func(x float64) float64 { return max(1, -x) }), 0x1p-23},
		{"cdf", 0, 100, absolute(NormalCDF32, cdf, one), 0x1p-23},
		{"cdf", nz, -100, absolute(NormalCDF32, cdf, one), 0x1p-23},
		{"gelu'", 0, 100, absolute(GeluGrad32, func(x float64) float64 { return cdf(x) + x*pdf(x) }, one), 0x1p-22},
		{"gelu'", nz, -100, absolute(GeluGrad32, func(x float64) float64 { return cdf(x) + x*pdf(x) }, one), 0x1p-22},
	} {
		t.Run(fmt.Sprintf("%s on %g to %g", c.name, c.lo, c.hi), func(t *testing.T) {
			e, at := worst(c.lo, c.hi, count, c.err)
			t.Logf("largest error %.4g (%.3f of the stated bound) at %g", e, e/c.limit, at)
			require.LessOrEqual(t, e, c.limit, "at %x", at)
		})
	}
}

// sin2Pi is sin(2 pi u) for |u| <= 1.25 without the error of multiplying by pi
// near the zeros: u is reduced exactly.
func sin2Pi(u float64) float64 {
	q := math.Round(4 * u)
	r := 2 * math.Pi * (u - q/4)
	switch int(q+8) % 4 {
	case 0:
		return math.Sin(r)
	case 1:
		return math.Cos(r)
	case 2:
		return -math.Sin(r)
	}
	return -math.Cos(r)
}

func TestFunctionSpecialValues(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct {
		name      string
		f         func(float32) float32
		arg, want float32
	}{
		{"exp", Exp32, 0, 1}, {"exp", Exp32, -87.35, 0}, {"exp", Exp32, -inf, 0}, {"exp", Exp32, inf, inf},
		{"exp", Exp32, 88.8, inf}, {"exp", Exp32, nan, nan}, {"exp", Exp32, -1e30, 0}, {"exp", Exp32, 1e30, inf},
		{"log", Log32, 1, 0}, {"log", Log32, 0, -inf}, {"log", Log32, -1, nan}, {"log", Log32, inf, inf}, {"log", Log32, nan, nan},
		{"erf", Erf32, 0, 0}, {"erf", Erf32, inf, 1}, {"erf", Erf32, -inf, -1}, {"erf", Erf32, nan, nan},
		{"gelu", Gelu32, 0, 0}, {"gelu", Gelu32, inf, inf}, {"gelu", Gelu32, nan, nan}, {"gelu", Gelu32, 20, 20}, {"gelu'", GeluGrad32, 0, 0.5},
		{"gelu'", GeluGrad32, 20, 1}, {"gelu'", GeluGrad32, -20, 0}, {"gelu'", GeluGrad32, nan, nan},
	} {
		got := c.f(c.arg)
		require.True(t, same(c.want, got) || c.want == got && got == 0, "%s(%g) = %g, want %g", c.name, c.arg, got, c.want)
	}
	s, c := SinCos2Pi32(0.25)
	require.Equal(t, []float32{1, 0}, []float32{s, c + 0})
}

func FuzzFMA32(f *testing.F) {
	f.Add(uint32(0x3F800001), uint32(0x3F800001), uint32(0xBF800002))
	f.Fuzz(func(t *testing.T, ab, bb, cb uint32) {
		a, b, c := math.Float32frombits(ab), math.Float32frombits(bb), math.Float32frombits(cb)
		for _, v := range []float32{a, b, c} {
			if v != v || math.IsInf(float64(v), 0) {
				return
			}
		}
		require.True(t, same(bigFMA(a, b, c), FMA32(a, b, c)), "fma(%x, %x, %x)", a, b, c)
	})
}

func BenchmarkFMA32(b *testing.B) {
	s := float32(0)
	for i := range b.N {
		s = FMA32(s, 0.999, float32(i&7)+0.1)
	}
	sink = s
}

var sink float32
