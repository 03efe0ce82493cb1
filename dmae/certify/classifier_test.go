package certify_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae/certify"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/bound"
)

// withoutLanes is a backend that is not an ops.Splitter.
type withoutLanes struct{ ops.Backend }

// An answer depends only on its job: not on the batch, on other jobs, on
// the number of threads, or on whether the kernel or the certifier's scalar
// code drew the noise.
func TestFloatClassifierAnswersJobByJob(t *testing.T) {
	var jobs []smooth.Job
	for image := range 3 {
		for sample := range uint32(7) {
			jobs = append(jobs, smooth.Job{Image: image, Stream: philox.SelectionNoise, Sample: sample})
		}
		for sample := range uint32(9) {
			jobs = append(jobs, smooth.Job{Image: image, Stream: philox.EstimationNoise, Sample: sample})
		}
	}
	noise := smooth.Noise{Sigma: 0.5, Seed: 1<<40 + 3}
	answer := func(threads, batch int, lanes bool, order func(i int) int) []int32 {
		b := testbackend.Threads(t, threads)
		if !lanes {
			b = withoutLanes{b}
		}
		m := lively(t, b, micro(t))
		s := certify.NewFloatClassifier(m, func(image int) ([]float32, error) { return pixelsOf(&m.Config, image), nil }, batch)
		require.Equal(t, 3, s.Classes())
		require.Equal(t, batch, s.BatchSize())
		mixed, got, out := make([]smooth.Job, len(jobs)), make([]int32, len(jobs)), make([]int32, len(jobs))
		for i := range jobs {
			mixed[i] = jobs[order(i)]
		}
		require.NoError(t, s.Classify(context.Background(), mixed, noise, got))
		for i, class := range got {
			out[order(i)] = class
		}
		return out
	}
	inOrder := func(i int) int { return i }
	want := answer(1, 1, true, inOrder)
	counts := map[int32]int{}
	for _, class := range want {
		counts[class]++
	}
	require.Greater(t, len(counts), 1, "the test needs answers that differ: %v", counts)
	require.Equal(t, want, answer(2, 16, true, inOrder))
	require.Equal(t, want, answer(2, 16, false, inOrder))
	require.Equal(t, want, answer(3, 5, true, func(i int) int { return i * 11 % len(jobs) }))

	b := testbackend.New(t)
	m := lively(t, b, micro(t))
	clean := certify.NewFloatClassifier(m, func(image int) ([]float32, error) {
		v := pixelsOf(&m.Config, jobs[image].Image)
		simd.AddGaussian(v, v, noise.Sigma, noise.Addr(jobs[image]))
		return v, nil
	}, 8)
	asImages, got := make([]smooth.Job, len(jobs)), make([]int32, len(jobs))
	for i := range jobs {
		asImages[i] = smooth.Job{Image: i, Stream: philox.SelectionNoise}
	}
	require.NoError(t, clean.Classify(context.Background(), asImages, smooth.Noise{Seed: 1}, got))
	require.Equal(t, want, got)
}

func TestFloatClassifierWithoutAnswer(t *testing.T) {
	b := testbackend.New(t)
	m := lively(t, b, micro(t))
	head := m.Params.Get("head.bias")
	m.Params.Upload(head, []float32{float32(math.NaN()), float32(math.NaN()), float32(math.NaN())})
	s := certify.NewFloatClassifier(m, func(image int) ([]float32, error) { return pixelsOf(&m.Config, image), nil }, 4)
	out := make([]int32, 2)
	jobs := []smooth.Job{{Image: 1}, {Image: 2}}
	require.NoError(t, s.Classify(context.Background(), jobs, smooth.Noise{}, out))
	require.Equal(t, []int32{bound.NoClass, bound.NoClass}, out)
	m.Params.Upload(head, []float32{float32(math.NaN()), 0, 0})
	require.NoError(t, s.Classify(context.Background(), jobs, smooth.Noise{}, out))
	require.NotContains(t, out, int32(0))
	require.NotContains(t, out, int32(bound.NoClass))
}

func TestFloatClassifierErrors(t *testing.T) {
	b := testbackend.New(t)
	m := lively(t, b, micro(t))
	broken := errors.New("disk on fire")
	s := certify.NewFloatClassifier(m, func(image int) ([]float32, error) {
		if image == 0 {
			return nil, broken
		}
		return make([]float32, 5), nil
	}, 4)
	out := make([]int32, 1)
	require.ErrorIs(t, s.Classify(context.Background(), []smooth.Job{{}}, smooth.Noise{}, out), broken)
	var size *data.ImageSizeError
	require.ErrorAs(t, s.Classify(context.Background(), []smooth.Job{{Image: 3}}, smooth.Noise{}, out), &size)
	require.Equal(t, 3, size.Image)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, s.Classify(ctx, []smooth.Job{{}}, smooth.Noise{}, out), context.Canceled)
}
