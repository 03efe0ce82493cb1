package certify_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/dmae/certify"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/pixelnoise"
	"github.com/godmae/godmae/smooth"
)

func pixelNoise(t *testing.T, sigma string) *pixelnoise.Gaussian {
	g, err := pixelnoise.New(decimal.Must(sigma))
	require.NoError(t, err)
	return g
}

// An answer under integer noise depends only on its job, and is the network's
// answer to the input that the certifier's scalar code computes.
func TestClassifierAnswersJobByJob(t *testing.T) {
	var jobs []smooth.Job
	for image := range 3 {
		for sample := range uint32(9) {
			jobs = append(jobs, smooth.Job{Image: image, Stream: philox.SelectionNoise, Sample: sample},
				smooth.Job{Image: image, Stream: philox.EstimationNoise, Sample: sample})
		}
	}
	noise := smooth.Noise{Pixels: pixelNoise(t, "0.5"), Seed: 1<<40 + 3}
	answer := func(threads, batch int) []int32 {
		b := testbackend.Threads(t, threads)
		m := lively(t, b, micro(t))
		s := certify.NewClassifier(m, func(image int) ([]byte, error) { return bytesOf(&m.Config, image), nil }, batch)
		out := make([]int32, len(jobs))
		require.NoError(t, s.Classify(context.Background(), jobs, noise, out))
		return out
	}
	want := answer(1, 1)
	counts := map[int32]int{}
	for _, class := range want {
		counts[class]++
	}
	require.Greater(t, len(counts), 1, "the test needs answers that differ: %v", counts)
	require.Equal(t, want, answer(2, 16))
	require.Equal(t, want, answer(7, 1000))

	b := testbackend.New(t)
	m := lively(t, b, micro(t))
	var noisy []float32
	inputs := &smooth.FuncClassifier{
		K: 3, Bytes: func(image int) ([]byte, error) { return bytesOf(&m.Config, image), nil },
		Class: func(x []float32) int { noisy = append([]float32{}, x...); return 0 },
	}
	asGiven := certify.NewFloatClassifier(m, func(int) ([]float32, error) { return noisy, nil }, 1)
	got := make([]int32, len(jobs))
	for i, job := range jobs {
		require.NoError(t, inputs.Classify(context.Background(), []smooth.Job{job}, noise, make([]int32, 1)))
		require.NoError(t, asGiven.Classify(context.Background(), []smooth.Job{{}}, smooth.Noise{Seed: 1}, got[i:i+1]))
	}
	require.Equal(t, want, got)
}

// Without integer noise the same adapter works on float pixels.
func TestClassifierUnderFloatNoise(t *testing.T) {
	b := testbackend.New(t)
	m := lively(t, b, micro(t))
	bytes := func(image int) ([]byte, error) { return bytesOf(&m.Config, image), nil }
	floats := func(image int) ([]float32, error) {
		v := make([]float32, m.Config.Pixels())
		for i, p := range bytesOf(&m.Config, image) {
			v[i] = float32(p) / 255
		}
		return v, nil
	}
	jobs, want, got := make([]smooth.Job, 20), make([]int32, 20), make([]int32, 20)
	for i := range jobs {
		jobs[i] = smooth.Job{Image: i, Stream: philox.EstimationNoise, Sample: uint32(i)}
	}
	noise := smooth.Noise{Sigma: 0.25, Seed: 2}
	require.NoError(t, certify.NewFloatClassifier(m, floats, 8).Classify(context.Background(), jobs, noise, want))
	require.NoError(t, certify.NewClassifier(m, bytes, 8).Classify(context.Background(), jobs, noise, got))
	require.Equal(t, want, got)
}

func TestPixelNoiseIsRefusedForFloatPixels(t *testing.T) {
	b := testbackend.New(t)
	m := lively(t, b, micro(t))
	noise := smooth.Noise{Pixels: pixelNoise(t, "0.25")}
	s := certify.NewFloatClassifier(m, func(image int) ([]float32, error) { return pixelsOf(&m.Config, image), nil }, 4)
	require.ErrorContains(t, s.Classify(context.Background(), []smooth.Job{{}}, noise, make([]int32, 1)), "the images are float pixels")
	_, err := smooth.Predict(context.Background(), s, 0, noise, 10, decimal.Must("0.001"))
	require.ErrorContains(t, err, "the images are float pixels")

	broken := errors.New("disk on fire")
	s = certify.NewClassifier(m, func(image int) ([]byte, error) {
		if image == 0 {
			return nil, broken
		}
		return make([]byte, 5), nil
	}, 4)
	for _, n := range []smooth.Noise{noise, {Sigma: 1}} {
		require.ErrorIs(t, s.Classify(context.Background(), []smooth.Job{{}}, n, make([]int32, 1)), broken)
		var size *data.ImageSizeError
		require.ErrorAs(t, s.Classify(context.Background(), []smooth.Job{{Image: 3}}, n, make([]int32, 1)), &size)
	}
}
