package smooth

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// counting counts the calls and jobs of a classifier.
type counting struct {
	Classifier
	calls, jobs int
}

func (c *counting) Classify(ctx context.Context, jobs []Job, noise Noise, out []int32) error {
	c.calls++
	c.jobs += len(jobs)
	return c.Classifier.Classify(ctx, jobs, noise, out)
}

// anytimeRun certifies coins by the anytime method. It returns the counts
// of calls and jobs, the number of samples that counted, and the largest
// number of images in flight.
func anytimeRun(t *testing.T, images, batch int, p func(image int) float64) (asked *counting, counted, flights int) {
	t.Helper()
	params := certificate.Params{
		Plan: bound.Plan{Method: bound.MethodAnytime, Sigma: decimal.Must("1"), Alpha: decimal.Must("0.001"), N0: 32, N: 20_000, Radii: decimals("0", "0.5", "1"), Futility: bound.DefaultFutility()}, Seed: 4,
	}
	stats, err := bound.New(params.Plan, 2)
	require.NoError(t, err)
	asked = &counting{Classifier: coin{p}}
	opened, emitted := 0, 0
	s := &scheduler{
		classifier: asked, noise: Noise{Sigma: 1, Seed: params.Seed}, params: params, stats: stats, batch: batch,
		open: func() (int, certificate.Image, bool, error) {
			if opened == images {
				return 0, certificate.Image{}, false, nil
			}
			opened++
			flights = max(flights, opened-emitted)
			return opened - 1, certificate.Image{Label: -1}, true, nil
		},
		emit: func(l certificate.Line, _ time.Duration) error {
			r := l.Record
			require.Equal(t, emitted, r.Image, "in order")
			emitted++
			counted += r.Selection.N + r.Estimation.N
			return nil
		},
		batched: func(int) {},
	}
	require.NoError(t, s.run(t.Context()))
	require.Equal(t, images, emitted)
	return asked, counted, flights
}

// Batches are filled with samples of undecided images, and few samples are
// discarded.
func TestAnytimeBatchesAreFull(t *testing.T) {
	for _, batch := range []int{16, 100, 512} {
		asked, counted, _ := anytimeRun(t, 120, batch, func(image int) float64 { return 0.6 + 0.39*float64(image%10)/9 })
		fill := float64(asked.jobs) / float64(asked.calls*batch)
		vain := float64(asked.jobs-counted) / float64(asked.jobs)
		t.Logf("batch %d: %.1f%% full, %.1f%% in vain", batch, 100*fill, 100*vain)
		require.Greater(t, fill, 0.9, "batch %d", batch)
		require.Less(t, vain, 0.1, "batch %d", batch)
	}
}

// The number of finished images that wait for a slow one is bounded. So memory
// and the loss of a killed process depend on the batch, and not on the number
// of images or samples.
func TestImagesInFlightAreFew(t *testing.T) {
	for _, images := range []int{200, 1000} {
		_, _, flights := anytimeRun(t, images, 64, func(image int) float64 {
			if image%100 == 0 {
				return 0.6916 // close to Phi(0.5): needs many samples
			}
			return 0.99
		})
		require.LessOrEqual(t, flights, 2*64/bound.LookEvery, "%d images", images)
	}
}
