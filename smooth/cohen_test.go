package smooth

import (
	"context"
	"math"
	"math/big"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mathext"

	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/philox"
)

func cohen(t *testing.T, sigma, alpha string, n int) *Cohen {
	t.Helper()
	c, err := NewCohen(Params{Sigma: exact.MustDecimal(sigma), Alpha: exact.MustDecimal(alpha), N0: 1, N: n})
	require.NoError(t, err)
	return c
}

func TestVerdictsAgainstGonum(t *testing.T) {
	c := cohen(t, "0.5", "0.001", 1000)
	for count := 0; count <= 1000; count += 25 {
		v := c.Decide(4, count)
		pA := 0.0
		if count > 0 {
			pA = mathext.InvRegIncBeta(float64(count), float64(1000-count+1), .001)
		}
		require.InDelta(t, pA, v.PA.Float64(), 1e-9)
		if pA < 0.5 {
			require.Equal(t, NoClass, v.Class)
			require.Equal(t, "0", v.Radius.String())
			continue
		}
		require.Equal(t, 4, v.Class)
		radius := 0.5 * mathext.NormalQuantile(pA)
		require.InDelta(t, radius, v.Radius.Float64(), 1.1e-6)
		require.LessOrEqual(t, v.Radius.Float64(), radius+1e-9, "rounded down")
	}
	require.Equal(t, NoClass, c.Decide(NoClass, 0).Class)
}

// A radius on the page is proven by the page: Phi(r/sigma) <= pA, and pA
// passes the binomial test; one more unit in the last place of either fails.
func TestPrintedNumbersAreTheLastThatHold(t *testing.T) {
	sigma := exact.MustDecimal("0.12")
	c := cohen(t, "0.12", "0.001", 100_000)
	for _, count := range []int{51_000, 80_000, 99_999, 100_000} {
		v := c.Decide(0, count)
		require.Equal(t, 0, v.Class)
		holds := func(radius *big.Rat) bool {
			return exact.NormalCDF(radius.Quo(radius, sigma.Rat())).AtMost(v.PA.Rat())
		}
		require.True(t, holds(v.Radius.Rat()), count)
		next := v.Radius.Rat()
		require.False(t, holds(next.Add(next, big.NewRat(1, 1_000_000))), count)
	}
	require.Equal(t, c.Decide(0, 100_000).Radius, c.BestRadius())
}

func TestSelectionTies(t *testing.T) {
	require.Equal(t, 2, Select(Counts{{NoClass, 50}, {2, 7}, {5, 7}, {9, 1}}))
	require.Equal(t, NoClass, Select(Counts{{NoClass, 50}}))
	first, second := Counts{{0, 3}, {1, 9}, {2, 4}, {3, 9}}.Top()
	require.Equal(t, ClassCount{1, 9}, first)
	require.Equal(t, ClassCount{3, 9}, second)
}

// For a linear classifier the true radius is the distance to the plane: with a
// vanishing alpha no certificate exceeds it, and more samples come closer.
func TestLinearClassifierHasTheRadiusOfGeometry(t *testing.T) {
	l := newLinear()
	sizes := []int{100, 1000, 10_000}
	if testing.Short() {
		sizes = sizes[:2]
	}
	gap := math.Inf(1)
	for _, n := range sizes {
		task := linearTask(filepath.Join(t.TempDir(), "c.jsonl"))
		task.Alpha, task.N, task.Sigma = exact.MustDecimal("1e-12"), n, exact.MustDecimal("0.5")
		task.Images = IndexSet{{0, 1, 8}}
		runTask(t, task)
		_, recs := readFile(t, task.Out)
		sum := 0.0
		for _, rec := range recs {
			truth := l.distance(rec.Image)
			require.LessOrEqual(t, rec.Radius.Float64(), truth, "n=%d image %d", n, rec.Image)
			sum += truth - rec.Radius.Float64()
			if rec.Predict >= 0 {
				requireNoAdversary(t, l, rec)
			}
		}
		require.Less(t, sum, gap, "the gap shrinks with n=%d", n)
		gap = sum
	}
	require.Less(t, gap/8, 0.15, "mean gap left at n=%d", sizes[len(sizes)-1])
}

// requireNoAdversary looks for a point inside the certified radius that the
// smoothed classifier, which is the classifier itself here, answers otherwise:
// along the worst direction, straight at the plane, and along random ones.
func requireNoAdversary(t *testing.T, l *linear, rec Record) {
	t.Helper()
	x, err := l.pixels(rec.Image)
	require.NoError(t, err)
	require.Equal(t, l.class(x), rec.Predict)
	g := philox.NewGen(philox.Addr{Seed: 5, Stream: philox.FirstUserStream, A: uint32(rec.Image)})
	direction := make([]float64, len(x))
	for try := range 200 {
		length := 0.0
		for i := range direction {
			direction[i] = g.Float64() - 0.5
			if try == 0 {
				direction[i] = float64(l.w[i])
			}
			length += direction[i] * direction[i]
		}
		reach := 0.9999 * rec.Radius.Float64() / math.Sqrt(length)
		if l.score(x) > 0 {
			reach = -reach
		}
		attacked := make([]float32, len(x))
		for i := range x {
			attacked[i] = float32(float64(x[i]) + reach*direction[i])
		}
		require.Equal(t, rec.Predict, l.class(attacked), "image %d, radius %s", rec.Image, rec.Radius)
	}
}

func TestPredictTellsOrAbstains(t *testing.T) {
	alpha := exact.MustDecimal("0.001")
	noise := Noise{Sigma: 0.5, Seed: 2}
	sure := coin{func(int) float64 { return 0.9 }}
	p, err := Predict(t.Context(), sure, 3, noise, 200, alpha)
	require.NoError(t, err)
	require.Equal(t, 0, p.Class)
	require.Equal(t, 200, p.Counts.Total())
	require.Equal(t, p.Top[1]+p.Second[1], 200)
	again, err := Predict(t.Context(), batches{sure, 7}, 3, noise, 200, alpha)
	require.NoError(t, err)
	require.Equal(t, p, again, "the batch leaves no trace")

	p, err = Predict(t.Context(), coin{func(int) float64 { return 0.5 }}, 3, noise, 200, alpha)
	require.NoError(t, err)
	require.Equal(t, NoClass, p.Class)

	// The rule at its edge, from the definition.
	require.Equal(t, 1, decidePrediction(Counts{{0, 34}, {1, 66}}, exact.MustDecimal("0.002")).Class)
	require.Equal(t, NoClass, decidePrediction(Counts{{0, 34}, {1, 66}}, exact.MustDecimal("0.001")).Class)
	require.Equal(t, "1", decidePrediction(Counts{{NoClass, 9}}, alpha).PValue.String())
	require.Equal(t, NoClass, decidePrediction(Counts{{NoClass, 900}}, alpha).Class)
}

// batches is a classifier with another batch size.
type batches struct {
	Classifier
	size int
}

func (b batches) BatchSize() int { return b.size }

func TestPredictRefusesNonsense(t *testing.T) {
	c := coin{func(int) float64 { return 0.5 }}
	alpha, noise := exact.MustDecimal("0.001"), Noise{Sigma: 1}
	for want, call := range map[string]func() (Prediction, error){
		"no classifier":    func() (Prediction, error) { return Predict(t.Context(), nil, 0, noise, 10, alpha) },
		"n is 0":           func() (Prediction, error) { return Predict(t.Context(), c, 0, noise, 0, alpha) },
		"image index -1":   func() (Prediction, error) { return Predict(t.Context(), c, -1, noise, 10, alpha) },
		"alpha is 0":       func() (Prediction, error) { return Predict(t.Context(), c, 0, noise, 10, exact.Decimal{}) },
		"sigma must be":    func() (Prediction, error) { return Predict(t.Context(), c, 0, Noise{}, 10, alpha) },
		"context canceled": func() (Prediction, error) { return Predict(cancelled(), c, 0, noise, 10, alpha) },
	} {
		_, err := call()
		require.ErrorContains(t, err, want)
	}
}

func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func TestFuncClassifierReportsErrors(t *testing.T) {
	l := newLinear().classifier()
	l.Workers = 3
	jobs := make([]Job, 10)
	for i := range jobs {
		jobs[i] = Job{Image: i, Stream: philox.EstimationNoise}
	}
	require.ErrorIs(t, l.Classify(cancelled(), jobs, Noise{Sigma: 1}, make([]int32, 10)), context.Canceled)
	l.Pixels = func(int) ([]float32, error) { return nil, context.DeadlineExceeded }
	require.ErrorIs(t, l.Classify(t.Context(), jobs, Noise{Sigma: 1}, make([]int32, 10)), context.DeadlineExceeded)
}

// The figures of docs/certificates.md: the largest radius that n can certify.
func TestBestRadius(t *testing.T) {
	for n, want := range map[int]string{500: "0.551296", 1000: "0.615815", 10_000: "0.799644", 100_000: "0.952864"} {
		require.Equal(t, want, cohen(t, "0.25", "0.001", n).BestRadius().String())
	}
}
