package bound

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/internal/exact"
)

// decimals reads a list of decimals.
func decimals(list ...string) []decimal.Decimal {
	var d []decimal.Decimal
	for _, s := range list {
		d = append(d, decimal.Must(s))
	}
	return d
}

// planOf returns a valid plan for a method.
func planOf(m Method) Plan {
	p := Plan{Method: m, Sigma: decimal.Must("0.25"), Alpha: decimal.Must("0.001"), N0: 20, N: 400}
	if m == MethodAnytime {
		p.N, p.Radii, p.Futility = 4000, decimals("0", "0.1", "0.2", "0.3", "0.5"), DefaultFutility()
	}
	return p
}

func TestPlansOfTheMethods(t *testing.T) {
	for want, change := range map[string]func(*Plan){
		`method "magic" is not known`:            func(p *Plan) { p.Method = "magic" },
		"a grid of radii and a level of giving":  func(p *Plan) { p.Method = MethodRunnerUp },
		"belong to the method anytime":           func(p *Plan) { p.Method, p.Radii = MethodCohen, nil },
		"futility is 0: the chance below which":  func(p *Plan) { p.Futility = decimal.Decimal{} },
		"futility is 0.51":                       func(p *Plan) { p.Futility = decimal.Must("0.51") },
		"must start at 0":                        func(p *Plan) { p.Radii = p.Radii[1:] },
		"the grid of radii must start":           func(p *Plan) { p.Radii = nil },
		"give a multiple of 16":                  func(p *Plan) { p.N = 100 },
		"the radius 0.25 follows 0.25":           func(p *Plan) { p.Radii = decimals("0", "0.25", "0.25") },
		"is more than 10 times sigma":            func(p *Plan) { p.Radii = decimals("0", "2.51") },
		"at most 64 are possible":                func(p *Plan) { p.Radii = make([]decimal.Decimal, 65) },
		"needs a failure probability below 1/16": func(p *Plan) { p.Method, p.Alpha = MethodRandomised, decimal.Must("0.0625") },
	} {
		p := planOf(MethodAnytime)
		require.NoError(t, p.Check())
		change(&p)
		require.ErrorContains(t, p.Check(), want)
		_, err := New(p, 3)
		require.ErrorContains(t, err, want)
	}
	require.Equal(t, decimals("0", "0.25", "1"), Grid(decimals("1", "0.25", "1")))
}

// BestRadius and Needs agree for each method.
func TestNeedsAndBestRadius(t *testing.T) {
	radius := decimal.Must("0.5") // two sigma
	for m, want := range map[Method]int{MethodCohen: 301, MethodRandomised: 180, MethodRunnerUp: 331, MethodAnytime: 351} {
		p := planOf(m)
		p.Radii = nil
		if m == MethodAnytime {
			p.Radii = Grid([]decimal.Decimal{radius})
		}
		stats, err := New(p, 10)
		require.NoError(t, err)
		n, ok := stats.Needs(radius)
		require.True(t, ok)
		require.Equal(t, want, n, m)
		_, ok = stats.Needs(decimal.Must("2.5"))
		require.False(t, ok, "ten sigma")
		for _, c := range []struct {
			n       int
			reaches bool
		}{{n, true}, {n - 1, false}} {
			p.N = c.n
			if m == MethodAnytime {
				p.N = (c.n + 15) / 16 * 16
				if !c.reaches {
					p.N -= 16
				}
			}
			stats, err := New(p, 10)
			require.NoError(t, err)
			require.Equal(t, c.reaches, stats.BestRadius().Cmp(radius) >= 0, "%s with %d", m, p.N)
		}
	}
}

// The weight is the upper end of its cell of the uniform distribution, clipped.
// A draw has one text form.
func TestDraw(t *testing.T) {
	require.Equal(t, "1/16", Draw(0).Weight().RatString())
	require.Equal(t, "1/1", Draw(1<<64-1).Weight().String())
	require.Equal(t, big.NewRat(1, 2), Draw(1<<63-1).Weight())
	var d Draw
	require.NoError(t, d.UnmarshalText([]byte("00000000000000ff")))
	require.Equal(t, Draw(255), d)
	for _, bad := range []string{"ff", "zz000000000000ff", "+0000000000000ff"} {
		require.Error(t, d.UnmarshalText([]byte(bad)), bad)
	}
}

// Comparison with the reference formulas of the runner-up bound, and a class
// with less than half of the samples.
func TestRunnerUpVerdicts(t *testing.T) {
	p := Plan{Method: MethodRunnerUp, Sigma: decimal.Must("0.5"), Alpha: decimal.Must("0.001"), N0: 1, N: 1000}
	r := newRunnerUp(p, 10)
	v := r.decide(3, Counts{{NoClass, 100}, {1, 200}, {3, 450}, {7, 250}})
	require.Equal(t, 3, v.Class)
	require.Negative(t, v.PA.Cmp(half), "Cohen's method abstains")
	level := new(big.Rat).SetFrac64(1, 2000)
	require.Equal(t, exact.BinomialLowerBound(450, 1000, level, big.NewRat(1, 1)), v.PA)
	other := exact.BinomialLowerBound(750, 1000, level.Quo(level, big.NewRat(9, 1)), big.NewRat(1, 1)).Rat()
	require.Equal(t, decimal.Floor(other.Sub(big.NewRat(1, 1), other), 12), *v.PB)
	low, _ := quantileEnds(v.PA)
	_, high := quantileEnds(*v.PB)
	z, _ := new(big.Rat).Sub(low, high).Float64()
	require.InDelta(t, 0.25*z, v.Radius.Float64(), 1.1e-6)

	require.Equal(t, NoClass, r.decide(3, Counts{{1, 450}, {3, 460}, {7, 90}}).Class, "too close")
	require.Equal(t, NoClass, r.decide(3, Counts{{1, 1000}}).Class)
	// With two classes the other one has the rest, so the method gains nothing.
	two := newRunnerUp(p, 2).decide(0, Counts{{0, 900}, {1, 100}})
	require.Equal(t, "1", new(big.Rat).Add(two.PA.Rat(), two.PB.Rat()).RatString())
	cohen := newBound(exact.BinomialLowerBound(900, 1000, big.NewRat(1, 2000), big.NewRat(1, 1)), p.Sigma)
	require.Equal(t, cohen.radius, two.Radius)
	// With one class there is no other bound.
	one := newRunnerUp(p, 1).decide(0, Counts{{0, 1000}})
	require.Equal(t, 0, one.Class)
}
