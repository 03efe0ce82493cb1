package exact

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
)

// squares are the shares 1-u^2, u = (i+1/2)/60, of the certifier.
func squares() []*big.Rat {
	var shares []*big.Rat
	for i := range int64(60) {
		u := big.NewRat(2*i+1, 120)
		shares = append(shares, new(big.Rat).Sub(big.NewRat(1, 1), new(big.Rat).Mul(u, u)))
	}
	return shares
}

func evidenceAt(z string, level string) *Evidence {
	return NewEvidence(NormalCDF(decimal.Must(z).Rat()), squares(), decimal.Must(level).Rat())
}

// mixtureLog evaluates log E by the definition, in float64.
func mixtureLog(p0 float64, h, m int) float64 {
	var terms []float64
	top := math.Inf(-1)
	for i := range 60 {
		u := (float64(i) + 0.5) / 60
		q := p0 + (1-p0)*(1-u*u)
		v := float64(h)*math.Log(q/p0) + float64(m)*math.Log((1-q)/(1-p0))
		terms, top = append(terms, v), max(top, v)
	}
	sum := 0.0
	for _, v := range terms {
		sum += math.Exp(v - top)
	}
	return top + math.Log(sum/60)
}

// With successes alone, a radius of z sigma takes this many.
func TestEvidenceOfSuccessesAlone(t *testing.T) {
	for z, want := range map[string]int{"1": 47, "1.5": 117, "2": 351, "3": 5977} {
		e := evidenceAt(z, "0.001")
		require.Equal(t, want, e.LeastSuccesses(1<<20), "z=%s", z)
		require.True(t, e.Reaches(want, 0))
		require.False(t, e.Reaches(want-1, 0))
	}
	require.Equal(t, 101, evidenceAt("3", "0.001").LeastSuccesses(100), "the limit is too small")
}

func TestEvidenceAgainstItsDefinition(t *testing.T) {
	for z, p0 := range map[string]float64{"0": 0.5, "1": 0.841344746068543, "2": 0.977249868051821} {
		e := evidenceAt(z, "0.001")
		for n := 16; n < 4000; n = n*3/2 + 16 {
			m := e.MostFailures(n)
			if m >= 0 {
				require.Greater(t, mixtureLog(p0, n-m, m), math.Log(1000)-1e-9, "n=%d m=%d", n, m)
			}
			require.Less(t, mixtureLog(p0, n-m-1, m+1), math.Log(1000)+1e-9, "n=%d m=%d", n, m)
		}
	}
}

// The table has the boundary that MostFailures finds by bisection.
func TestEvidenceTableIsTheBoundary(t *testing.T) {
	for _, z := range []string{"0", "0.5", "2"} {
		e := evidenceAt(z, "0.001")
		table := NewEvidenceTable(e, 16)
		require.Equal(t, e.MostFailures(16*40), table.MostFailures(40), "asked out of order")
		for look := 1; look <= 120; look++ {
			require.Equal(t, e.MostFailures(16*look), table.MostFailures(look), "z=%s look %d", z, look)
		}
	}
}

// Every factor has a mean of at most 1 under the hypothesis, as Ville's
// inequality requires. The means are computed exactly from the lower bounds of
// the factors.
func TestEvidenceIsASupermartingale(t *testing.T) {
	one := big.NewRat(1, 1)
	for _, z := range []string{"0", "1", "3.7"} {
		e := evidenceAt(z, "0.001")
		p0, _ := NormalCDF(decimal.Must(z).Rat()).Lo.Rat(nil)
		for i := range e.rise {
			rise, _ := e.rise[i].Rat(nil)
			fall, _ := e.fall[i].Rat(nil)
			for _, share := range []int64{1, 2, 5, 100} { // p = p0/share
				p := new(big.Rat).Mul(p0, big.NewRat(1, share))
				mean := new(big.Rat).Mul(p, rise)
				mean.Add(mean, new(big.Rat).Mul(new(big.Rat).Sub(one, p), fall))
				require.LessOrEqual(t, mean.Cmp(one), 0, "z=%s alternative %d", z, i)
			}
		}
	}
}

func TestEvidenceRefusesNonsense(t *testing.T) {
	half, one := Enclose(big.NewRat(1, 2)), big.NewRat(1, 1)
	require.Panics(t, func() { NewEvidence(Enclose(new(big.Rat)), squares(), one) })
	require.Panics(t, func() { NewEvidence(Enclose(one), squares(), one) })
	require.Panics(t, func() { NewEvidence(half, nil, one) })
	require.Panics(t, func() { NewEvidence(half, []*big.Rat{one}, one) })
	require.Panics(t, func() { NewEvidence(half, squares(), new(big.Rat)) })
}

// The randomised bound is the last grid point that passes by its definition,
// and falls as w grows; w = 1 is the bound of Clopper and Pearson.
func TestRandomisedBoundIsTheLastGridPointThatPasses(t *testing.T) {
	step, one := big.NewRat(1, boundGrid), big.NewRat(1, 1)
	alpha := decimal.Must("0.001")
	for _, c := range []struct{ x, n int }{{1, 10}, {9, 10}, {10, 10}, {700, 1000}, {1000, 1000}, {99_990, 100_000}} {
		last := decimal.Must("1")
		for _, w := range []*big.Rat{big.NewRat(1, 16), big.NewRat(1, 3), big.NewRat(4_000_000_000, 4_294_967_296), one} {
			got := BinomialLowerBound(c.x, c.n, alpha.Rat(), w)
			value := func(p *big.Rat) Interval {
				above := Enclose(new(big.Rat).Sub(one, w)).Mul(BinomialUpperTail(c.x+1, c.n, p))
				return Enclose(w).Mul(BinomialUpperTail(c.x, c.n, p)).Add(above)
			}
			p := got.Rat()
			require.True(t, value(p).AtMost(alpha.Rat()), "%+v w=%s", c, w)
			require.False(t, value(p.Add(p, step)).AtMost(alpha.Rat()), "%+v w=%s", c, w)
			require.Negative(t, got.Cmp(last), "a larger w gives a smaller bound")
			last = got
		}
	}
	require.Equal(t, "1", BinomialLowerBound(5, 5, alpha.Rat(), alpha.Rat()).String())
	require.Equal(t, "0", BinomialLowerBound(0, 5, alpha.Rat(), big.NewRat(1, 16)).String())
	require.Panics(t, func() { BinomialLowerBound(1, 2, alpha.Rat(), new(big.Rat)) })
}

func BenchmarkEvidenceTable(b *testing.B) {
	for b.Loop() {
		NewEvidenceTable(evidenceAt("0", "0.001"), 16).MostFailures(6250)
	}
}
