package analyze

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
)

// binomialAbove sums P[Bin(n,p) > q] in float64, for small n.
func binomialAbove(q, n int, p float64) float64 {
	term, below := math.Pow(1-p, float64(n)), 0.0
	for k := 0; k <= q; k++ {
		below += term
		term *= float64(n-k) / float64(k+1) * p / (1 - p)
	}
	return 1 - below
}

func TestFalseCertificatesIsTheQuantile(t *testing.T) {
	for _, n := range []int{1, 7, 50, 500} {
		for _, alpha := range []string{"0.001", "0.02", "0.3"} {
			for _, rho := range []string{"0.001", "0.05"} {
				a, r := decimal.Must(alpha), decimal.Must(rho)
				q := FalseCertificates(n, a, r)
				require.LessOrEqual(t, binomialAbove(q, n, a.Float64()), r.Float64()+1e-12)
				if q > 0 {
					require.Greater(t, binomialAbove(q-1, n, a.Float64()), r.Float64()-1e-12)
				}
			}
		}
	}
	require.Equal(t, 0, FalseCertificates(1, decimal.Must("0.0001"), decimal.Must("0.001")))
}

// With 10,000 images at alpha = rho = 0.001 the published formula fails with a
// probability above rho. The quantile does not.
func TestPublishedFormulaFailsTooOften(t *testing.T) {
	const n = 10000
	const p = 0.001
	d := decimal.Must("0.001")
	fails := func(lost float64) float64 { return binomialAbove(int(math.Floor(lost)), n, p) }
	require.LessOrEqual(t, fails(float64(FalseCertificates(n, d, d))), p)
	require.Greater(t, fails(publishedMargin(n, p, p)*n), 1.5*p)
}

// If certificates are false with probability exactly alpha and all count as
// certified, the true accuracy is below the bound in at most a share rho of
// the simulations.
func TestLowerBoundHoldsInSimulation(t *testing.T) {
	const images, trials, alpha = 200, 20000, 0.05
	rho := decimal.Must("0.05")
	q := FalseCertificates(images, decimal.Must("0.05"), rho)
	rng := rand.New(rand.NewPCG(1, 2))
	broken := 0
	for range trials {
		wrong := 0
		for range images {
			if rng.Float64() < alpha {
				wrong++
			}
		}
		if wrong > q {
			broken++
		}
	}
	// rho plus five standard deviations.
	require.Less(t, float64(broken)/trials, 0.05+5*math.Sqrt(0.05*0.95/trials))
}

func TestGuaranteeInATable(t *testing.T) {
	run, err := Read(strings.NewReader(smallTSV))
	require.NoError(t, err)
	run.Name = "four"
	table, err := NewTable([]Run{run}, []decimal.Decimal{decimal.Must("0"), decimal.Must("0.5")})
	require.NoError(t, err)
	require.ErrorContains(t, table.Guarantee(decimal.Must("0.1")), `the run "four" does not say with which alpha`)
	require.ErrorContains(t, table.Guarantee(decimal.Must("1")), "rho is 1")
	table.Runs[0].Alpha = decimal.Must("0.1")
	require.NoError(t, table.Guarantee(decimal.Must("0.1")))
	// P[Bin(4, 0.1) > 1] = 0.0523 and P[> 0] = 0.3439.
	g := table.Runs[0].Accuracy[0].Guarantee
	require.Equal(t, 1, g.FalseCertificates)
	require.Equal(t, 0.25, g.Lower)
	require.InDelta(t, max(0.5-0.1-math.Sqrt(0.09*math.Log(10)/4)-math.Log(10)/12, 0), g.Published, 1e-12)
	require.Equal(t, 0.0, table.Runs[0].Accuracy[1].Guarantee.Lower)
	var text strings.Builder
	require.NoError(t, table.Text(&text, Style{Places: 1}))
	require.Regexp(t, `four, lower bound +0\.2 +0\.0\n`, text.String())
	two := Accuracy{Certified: 2, Guarantee: &Guarantee{}}
	require.Equal(t, "0.666", two.floored(3, 3).String(), "rounded down")
	require.Contains(t, text.String(), "with probability at least 1 - 0.1 over the noise")
}
