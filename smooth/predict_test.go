package smooth

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/smooth/bound"
)

func TestPredictTellsOrAbstains(t *testing.T) {
	alpha := decimal.Must("0.001")
	noise := Noise{Sigma: 0.5, Seed: 2}
	sure := coin{func(int) float64 { return 0.9 }}
	p, err := Predict(t.Context(), sure, 3, noise, 200, alpha)
	require.NoError(t, err)
	require.Equal(t, 0, p.Class)
	require.Equal(t, 200, p.Counts.Total())
	require.Equal(t, p.Top[1]+p.Second[1], 200)
	again, err := Predict(t.Context(), batches{sure, 7}, 3, noise, 200, alpha)
	require.NoError(t, err)
	require.Equal(t, p, again, "the result does not depend on the batch")

	p, err = Predict(t.Context(), coin{func(int) float64 { return 0.5 }}, 3, noise, 200, alpha)
	require.NoError(t, err)
	require.Equal(t, bound.NoClass, p.Class)

	// The rule at its threshold, from the definition.
	require.Equal(t, 1, decidePrediction(bound.Counts{{0, 34}, {1, 66}}, decimal.Must("0.002")).Class)
	require.Equal(t, bound.NoClass, decidePrediction(bound.Counts{{0, 34}, {1, 66}}, decimal.Must("0.001")).Class)
	require.Equal(t, "1", decidePrediction(bound.Counts{{bound.NoClass, 9}}, alpha).PValue.String())
	require.Equal(t, bound.NoClass, decidePrediction(bound.Counts{{bound.NoClass, 900}}, alpha).Class)
}

// batches is a classifier with another batch size.
type batches struct {
	Classifier
	size int
}

func (b batches) BatchSize() int { return b.size }

func TestPredictRefusesNonsense(t *testing.T) {
	c := coin{func(int) float64 { return 0.5 }}
	alpha, noise := decimal.Must("0.001"), Noise{Sigma: 1}
	for want, call := range map[string]func() (Prediction, error){
		"no classifier":    func() (Prediction, error) { return Predict(t.Context(), nil, 0, noise, 10, alpha) },
		"n is 0":           func() (Prediction, error) { return Predict(t.Context(), c, 0, noise, 0, alpha) },
		"image index -1":   func() (Prediction, error) { return Predict(t.Context(), c, -1, noise, 10, alpha) },
		"alpha is 0":       func() (Prediction, error) { return Predict(t.Context(), c, 0, noise, 10, decimal.Decimal{}) },
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

// PredictionNeeds is the smallest n at which the test can reject.
func TestPredictionNeeds(t *testing.T) {
	for _, alpha := range []string{"0.001", "0.5", "0.25", "0.05", "0.9", "0.000001", "0.0009765625", "0.0009765624"} {
		d := decimal.Must(alpha)
		n := PredictionNeeds(d)
		require.True(t, exact.BinomialTest(n, 0).AtMost(d.Rat()), alpha)
		require.False(t, n > 1 && exact.BinomialTest(n-1, 0).AtMost(d.Rat()), alpha)
	}
}
