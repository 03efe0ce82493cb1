package exact

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/philox"
)

// ulps64 returns the distance of got from want in units of got's last place.
func ulps64(got float64, want *big.Float) float64 {
	d := new(big.Float).SetPrec(200).Sub(new(big.Float).SetFloat64(got), want)
	ulp := math.Abs(math.Nextafter(got, math.Inf(1)) - got)
	f, _ := d.Quo(d, big.NewFloat(ulp)).Float64()
	return math.Abs(f)
}

func bigOf(x float64) *big.Float { return new(big.Float).SetPrec(200).SetFloat64(x) }

// bigExp is Taylor's series after halving the argument 12 times.
func bigExp(x *big.Float) *big.Float {
	const halvings = 12
	r := new(big.Float).SetPrec(300).SetMantExp(x, -halvings)
	sum, term := new(big.Float).SetPrec(300).SetInt64(1), new(big.Float).SetPrec(300).SetInt64(1)
	for i := int64(1); i < 60; i++ {
		term.Quo(term.Mul(term, r), new(big.Float).SetInt64(i))
		sum.Add(sum, term)
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	return sum
}

// bigLog refines the float64 logarithm by Newton's method.
func bigLog(x float64) *big.Float {
	y := new(big.Float).SetPrec(300).SetFloat64(math.Log(x))
	for range 4 {
		e := bigExp(new(big.Float).SetPrec(300).Neg(y))
		e.Mul(e, bigOf(x))
		y.Add(y, e.Sub(e, big.NewFloat(1)))
	}
	return y
}

// bigSin is Taylor's series; it needs |x| of moderate size.
func bigSin(x *big.Float, cosine bool) *big.Float {
	sum, term := new(big.Float).SetPrec(600), new(big.Float).SetPrec(600).SetInt64(1)
	for i := int64(0); i < 400; i++ {
		if (i%2 == 0) == cosine {
			if i%4 < 2 {
				sum.Add(sum, term)
			} else {
				sum.Sub(sum, term)
			}
		}
		term.Quo(term.Mul(term, x), new(big.Float).SetInt64(i+1))
	}
	return sum
}

func TestScalarErrors(t *testing.T) {
	g := philox.NewGen(philox.Addr{Seed: 1})
	uniform := func(a, b float64) float64 { return a + float64((b-a)*g.Float64()) }
	worst := map[string]float64{}
	note := func(name string, got float64, want *big.Float) {
		worst[name] = max(worst[name], ulps64(got, want))
	}
	for range 500 {
		x := uniform(-700, 700)
		note("Exp", Exp(x), bigExp(bigOf(x)))
		x = math.Ldexp(uniform(0.5, 1), g.Intn(200)-100)
		note("Log", Log(x), bigLog(x))
		x = 1 + math.Ldexp(uniform(-1, 1), -g.Intn(40)-1)
		note("Log near 1", Log(x), bigLog(x))
		x = g.Float64()
		note("Log of uniforms", Log(x), bigLog(x))
		x, y := math.Ldexp(uniform(0.5, 1), g.Intn(40)-20), uniform(-20, 20)
		note("Pow", Pow(x, y), bigExp(new(big.Float).SetPrec(300).Mul(bigLog(x), bigOf(y))))
		x = uniform(-1, 1)
		note("Sin", Sin(x), bigSin(bigOf(x), false))
		x = uniform(-50, 50)
		note("Sin", Sin(x), bigSin(bigOf(x), false))
		note("Cos", Cos(x), bigSin(bigOf(x), true))
		x = float64(g.Intn(60)-30) * math.Pi / 2 // next to a zero
		note("Sin near 0", Sin(x), bigSin(bigOf(x), false))
		note("Cos near 0", Cos(x), bigSin(bigOf(x), true))
	}
	for name, w := range worst {
		limit := 1.0
		if name == "Exp" || name == "Pow" {
			limit = 0.51
		}
		require.LessOrEqual(t, w, limit, name)
		t.Logf("%s: %.3f ulp", name, w)
	}
}

func TestScalarSpecialCases(t *testing.T) {
	require.Equal(t, 1.0, Exp(0))
	require.Equal(t, 0.0, Exp(math.Inf(-1)))
	require.Equal(t, math.Inf(1), Exp(711))
	require.True(t, math.IsNaN(Exp(math.NaN())))
	require.Equal(t, 0.0, Log(1))
	require.Equal(t, math.Inf(-1), Log(0))
	require.True(t, math.IsNaN(Log(-1)))
	require.Equal(t, 0.0, Sin(0))
	require.Equal(t, 1.0, Cos(0))
	require.True(t, math.IsNaN(Sin(math.Inf(1))))
	require.Equal(t, 1.0, Pow(10000, 0))
	require.Equal(t, 100.0, Pow(10000, 0.5))
	require.Equal(t, 1024.0, Pow(2, 10))
	require.True(t, math.IsNaN(Pow(-1, 2)))
}

func TestBoxMuller(t *testing.T) {
	for i := range 1000 {
		u, v := (float64(i)+0.5)/1000, math.Mod(float64(i)*0.618, 1)
		a, b := BoxMuller(3, u, v)
		r := 3 * math.Sqrt(-2*math.Log(u))
		require.InDelta(t, r*math.Cos(2*math.Pi*v), a, 1e-14)
		require.InDelta(t, r*math.Sin(2*math.Pi*v), b, 1e-14)
	}
}
