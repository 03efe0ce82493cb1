package smooth

import (
	"context"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mathext"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// coin returns class 0 with a probability that depends on the image. This is
// the smoothed classifier's true probability, without pixels.
type coin struct{ p func(image int) float64 }

func (coin) Classes() int   { return 2 }
func (coin) BatchSize() int { return 4096 }

func (c coin) Classify(_ context.Context, jobs []Job, noise Noise, out []int32) error {
	for i, j := range jobs {
		w := noise.Addr(j).Block(0)
		u := (float64(uint64(w[0])<<21|uint64(w[1])>>11) + 0.5) / (1 << 53)
		out[i] = 1
		if u < c.p(j.Image) {
			out[i] = 0
		}
	}
	return nil
}

// A hundred thousand certificates of each method at the least favourable
// probability, with the scheduler and the statistics: the share of false ones is
// at most alpha, at a binomial significance of 1e-6. The randomised method
// computes a bound for each image; with a fair coin it computes few radii.
func TestSimulatedCertificatesKeepAlpha(t *testing.T) {
	if testing.Short() {
		t.Skip("fifty million samples")
	}
	// Just below the bound of a count, so this count and every larger one give
	// a false certificate.
	atCount := func(x, n int, level string) float64 {
		return bound.ClopperPearsonLower(x, n, decimal.Must(level)).Float64() - 1e-9
	}
	const runs = 100_000
	for _, c := range []struct {
		method bound.Method
		alpha  string
		n      int
		truth  float64
		least  float64 // minimal share of alpha that is used
	}{
		{bound.MethodCohen, "0.01", 100, atCount(80, 100, "0.01"), 0.3},
		{bound.MethodRandomised, "0.05", 12, 0.5, 0.9},
		{bound.MethodRunnerUp, "0.01", 100, atCount(80, 100, "0.005"), 0.15},
		{bound.MethodAnytime, "0.01", 320, exact.NormalCDF(big.NewRat(1, 2)).Float64(), 0.1},
	} {
		t.Run(string(c.method), func(t *testing.T) {
			t.Parallel()
			alpha := decimal.Must(c.alpha)
			params := certificate.Params{Plan: bound.Plan{Method: c.method, Sigma: decimal.Must("1"), Alpha: alpha, N0: 1, N: c.n}, Seed: 11}
			if c.method == bound.MethodAnytime {
				params.Radii, params.Futility = decimals("0", "0.5", "1"), bound.DefaultFutility()
			}
			stats, err := bound.New(params.Plan, 2)
			require.NoError(t, err)
			trueRadius := mathext.NormalQuantile(c.truth)
			next, wrong := 0, 0
			s := &scheduler{
				classifier: coin{func(int) float64 { return c.truth }}, noise: Noise{Sigma: 1, Seed: params.Seed}, params: params, stats: stats, batch: 4096,
				open: func() (int, certificate.Image, bool, error) {
					next++
					return next - 1, certificate.Image{}, next <= runs, nil
				},
				emit: func(l certificate.Line, _ time.Duration) error {
					r := l.Record
					// That of class 1 is the negative of that of class 0. At the radius
					// itself a claim is false.
					truth := trueRadius
					if r.Predict == 1 {
						truth = -trueRadius
					}
					if r.Predict >= 0 && r.Radius.Float64() > truth-1e-12 {
						wrong++
					}
					return nil
				},
				batched: func(int) {},
			}
			require.NoError(t, s.run(t.Context()))
			t.Logf("%d of %d are false", wrong, runs)
			require.Less(t, 1e-6, exact.BinomialUpperTail(wrong, runs, alpha.Rat()).Float64(), "%d of %d are false", wrong, runs)
			require.Greater(t, wrong, int(c.least*alpha.Float64()*float64(runs)), "the simulation can fail")
		})
	}
}

// At a tiny alpha, no method certifies a linear classifier beyond the distance
// to its plane.
func TestLinearClassifierUnderEveryMethod(t *testing.T) {
	l := newLinear()
	for _, m := range bound.Methods() {
		task := methodTask(m, t.TempDir()+"/c.jsonl")
		task.Alpha, task.Images = decimal.Must("1e-12"), certificate.IndexSet{{0, 1, 8}}
		runTask(t, task)
		_, recs := readFile(t, task.Out)
		certified := slices.DeleteFunc(recs, func(r certificate.Record) bool { return r.Predict < 0 })
		for _, rec := range certified {
			require.LessOrEqual(t, rec.Radius.Float64(), l.distance(rec.Image), "%s image %d", m, rec.Image)
			requireNoAdversary(t, l, rec)
		}
		require.NotEmpty(t, certified, m)
	}
}
