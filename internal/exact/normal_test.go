package exact

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mathext"

	"github.com/godmae/godmae/decimal"
)

func TestPiAgainstItsDigits(t *testing.T) {
	const digits = "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899"
	want, ok := new(big.Rat).SetString(digits)
	require.True(t, ok)
	pi := encloseScaledPi(workPrecision)
	lo, _ := pi.Lo.Rat(nil)
	hi, _ := pi.Hi.Rat(nil)
	require.Equal(t, -1, lo.Cmp(want))
	require.Equal(t, 1, hi.Cmp(want))
	width, _ := hi.Sub(hi, lo).Float64()
	require.Less(t, width, 1e-55)
}

func TestExpAgainstItsDigits(t *testing.T) {
	for _, c := range []struct {
		y      *big.Rat
		digits string
	}{
		{new(big.Rat), "1"},
		{big.NewRat(1, 1), "2.71828182845904523536028747135266249775724709369995957"},
		{big.NewRat(10, 1), "22026.4657948067165169579006452842443663535126185567810742"},
	} {
		want, ok := new(big.Rat).SetString(c.digits)
		require.True(t, ok)
		got := expPositive(c.y, workPrecision)
		slack := big.NewRat(1, 1)
		slack.Quo(slack, new(big.Rat).SetInt(pow10(45)))
		lo, _ := got.Lo.Rat(nil)
		hi, _ := got.Hi.Rat(nil)
		require.True(t, lo.Sub(lo, slack).Cmp(want) <= 0 && hi.Add(hi, slack).Cmp(want) >= 0, c.digits)
		width, _ := hi.Sub(hi, lo).Float64()
		require.Less(t, width, 1e-44)
	}
}

func TestNormalCDFAgainstDigitsAndErfc(t *testing.T) {
	// Phi(1), Phi(2) and Phi(6) to 49 digits.
	for _, c := range []struct {
		z      int64
		digits string
	}{
		{0, "0.5"},
		{1, "0.8413447460685429485852325456320379224779129667266"},
		{2, "0.9772498680518207927997173628334665625282237762983"},
		{6, "0.9999999990134123549623018592991358676019579813302"},
	} {
		want, ok := new(big.Rat).SetString(c.digits)
		require.True(t, ok)
		got := NormalCDF(new(big.Rat).SetInt64(c.z))
		mid, _ := got.Lo.Rat(nil)
		gap, _ := mid.Sub(mid, want).Float64()
		require.InDelta(t, 0, gap, 1e-48, "z=%d", c.z)
		require.LessOrEqual(t, got.Lo.Cmp(got.Hi), 0)
	}
	for z := -9.0; z <= 9; z += 0.37 {
		got := NormalCDF(new(big.Rat).SetFloat64(z))
		require.InEpsilon(t, 0.5*math.Erfc(-z/math.Sqrt2), got.Float64(), 1e-13, "z=%g", z)
	}
	require.Panics(t, func() { NormalCDF(big.NewRat(41, 1)) })
}

// More precision gives narrower intervals around the same number.
func TestNormalCDFTo(t *testing.T) {
	for _, z := range []*big.Rat{big.NewRat(-7, 3), big.NewRat(1, 510), big.NewRat(9, 1), big.NewRat(-39, 1)} {
		wide := NormalCDF(z)
		for _, precision := range []uint{256, 1024, 2048} {
			got := NormalCDFTo(z, precision)
			require.True(t, wide.Lo.Cmp(got.Lo) <= 0 && got.Lo.Cmp(got.Hi) < 0 && got.Hi.Cmp(wide.Hi) <= 0, "z=%s", z)
			width := new(big.Float).Sub(got.Hi, got.Lo)
			require.Less(t, width.MantExp(nil), 43-int(precision), "z=%s", z)
			wide = got
		}
	}
}

func TestFloorScaled(t *testing.T) {
	n, proven := Enclose(big.NewRat(1, 3)).FloorScaled(10)
	require.True(t, proven)
	require.Equal(t, "341", n.String())
	x := Interval{big.NewFloat(0.4999), big.NewFloat(0.5)}
	_, proven = x.FloorScaled(4)
	require.False(t, proven, "7.9984 and 8")
	_, proven = x.FloorScaled(2)
	require.False(t, proven, "1.9996 and 2")
	_, proven = x.FloorScaled(0)
	require.True(t, proven)
}

func TestNormalQuantileInvertsTheCDF(t *testing.T) {
	for _, s := range []string{"0.5", "0.500000000001", "0.6", "0.84", "0.975", "0.999", "0.999999", "0.999999999999", "0.999999999999999999999999999999"} {
		p := decimal.Must(s).Rat()
		z := NormalQuantile(p)
		lo, _ := z.Lo.Rat(nil)
		hi, _ := z.Hi.Rat(nil)
		require.True(t, NormalCDF(lo).AtMost(p), s)
		require.True(t, NormalCDF(hi).AtLeast(p), s)
		width, _ := new(big.Rat).Sub(hi, lo).Float64()
		require.Less(t, width, 1e-17, s)
		if f, _ := p.Float64(); f < 0.9999999 {
			require.InDelta(t, mathext.NormalQuantile(f), z.Float64(), 1e-8, s)
		}
	}
	require.Panics(t, func() { NormalQuantile(big.NewRat(1, 3)) })
	require.Panics(t, func() { NormalQuantile(big.NewRat(1, 1)) })
}

func TestIntervalRounding(t *testing.T) {
	third := Enclose(big.NewRat(1, 3))
	require.Equal(t, -1, third.Lo.Cmp(third.Hi))
	require.True(t, third.AtMost(big.NewRat(34, 100)))
	require.True(t, third.AtLeast(big.NewRat(33, 100)))
	require.False(t, third.AtMost(big.NewRat(1, 3)), "an interval of positive width proves no equality")
	require.Equal(t, "0.333333", third.FloorDecimal(6).String())
	require.Equal(t, "0.333334", third.CeilDecimal(6).String())
	two := Enclose(big.NewRat(2, 1)).Sqrt()
	square := two.Mul(two)
	require.True(t, square.Lo.Cmp(big.NewFloat(2)) < 0 && square.Hi.Cmp(big.NewFloat(2)) > 0)
	require.Zero(t, third.Sub(Enclose(big.NewRat(1, 2))).Hi.Sign(), "negative differences are cut off")
}
