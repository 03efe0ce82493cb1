package dmae_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/ops/cpu"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/tensor"
)

func bytesOf(c *dmae.Config, image int) []byte {
	v := make([]byte, c.Pixels())
	g := philox.NewGen(philox.Addr{Seed: 98, A: uint32(image)})
	for i := range v {
		v[i] = byte(g.Uint32())
	}
	return v
}

func pixelNoise(t *testing.T, sigma string) *smooth.PixelNoise {
	g, err := smooth.NewPixelNoise(exact.MustDecimal(sigma))
	require.NoError(t, err)
	return g
}

// What a network gets under integer noise is the table's float32 for the
// clipped sum of pixel and noise, bit for bit, on every instruction set.
func TestNoisyInputsAreTableValues(t *testing.T) {
	before := simd.ISA()
	t.Cleanup(func() { require.NoError(t, simd.Select(before)) })
	cfg := micro(t)
	noise := smooth.Noise{Pixels: pixelNoise(t, "0.7"), Seed: 5}
	k := noise.Pixels.Clip()
	table := map[float32]int{}
	for z := -255 * k; z <= 255*(k+1); z++ {
		table[float32(z)/255] = z
	}
	for _, isa := range simd.Available() {
		require.NoError(t, simd.Select(isa))
		b := cpu.New(cpu.Options{Threads: 2})
		jobs := []smooth.Job{{Image: 4, Stream: philox.EstimationNoise, Sample: 9}, {Image: 1, Stream: philox.EstimationNoise, Sample: 1 << 20}}
		var stored, as, bs []int32
		for _, job := range jobs {
			for _, v := range bytesOf(&cfg, job.Image) {
				stored = append(stored, int32(v))
			}
			as, bs = append(as, int32(job.Image)), append(bs, int32(job.Sample))
		}
		ints := func(v []int32, dims ...int) *tensor.Tensor {
			x := b.New(tensor.I32, tensor.Of(dims...))
			b.Upload(x, v)
			return x
		}
		tape := autograd.NewInference(b)
		x := dmae.CorruptPixels(tape, ints(stored, 2, cfg.Channels, cfg.DataSize, cfg.DataSize), ints(as, 2), ints(bs, 2), noise.Pixels,
			philox.Addr{Seed: noise.Seed, Stream: philox.EstimationNoise})
		got := make([]float32, len(stored))
		b.Download(got, x)
		for i, v := range got {
			job := jobs[i/cfg.Pixels()]
			z, ok := table[v]
			require.True(t, ok, "input %g is no multiple of 1/255", v)
			sum := int(stored[i]) + noise.Pixels.At(noise.Addr(job), i%cfg.Pixels())
			require.Equal(t, min(max(sum, -255*k), 255*(k+1)), z)
		}
		require.NoError(t, b.Close())
	}
}

// An answer under integer noise depends on the job alone, and is what the
// scalar certifier would have asked the network.
func TestPixelClassifierAnswersJobByJob(t *testing.T) {
	var jobs []smooth.Job
	for image := range 3 {
		for sample := range uint32(9) {
			jobs = append(jobs, smooth.Job{Image: image, Stream: philox.SelectionNoise, Sample: sample},
				smooth.Job{Image: image, Stream: philox.EstimationNoise, Sample: sample})
		}
	}
	noise := smooth.Noise{Pixels: pixelNoise(t, "0.5"), Seed: 1<<40 + 3}
	answer := func(threads, batch int) []int32 {
		b := cpu.New(cpu.Options{Threads: threads})
		defer b.Close()
		m := lively(t, b, micro(t))
		s := dmae.NewPixelClassifier(m, func(image int) ([]byte, error) { return bytesOf(&m.Config, image), nil }, batch)
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

	b := newCPU(t)
	m := lively(t, b, micro(t))
	var noisy []float32
	inputs := &smooth.FuncClassifier{
		K: 3, Bytes: func(image int) ([]byte, error) { return bytesOf(&m.Config, image), nil },
		Class: func(x []float32) int { noisy = append([]float32{}, x...); return 0 },
	}
	asGiven := dmae.NewSmoothClassifier(m, func(int) ([]float32, error) { return noisy, nil }, 1)
	got := make([]int32, len(jobs))
	for i, job := range jobs {
		require.NoError(t, inputs.Classify(context.Background(), []smooth.Job{job}, noise, make([]int32, 1)))
		require.NoError(t, asGiven.Classify(context.Background(), []smooth.Job{{}}, smooth.Noise{Seed: 1}, got[i:i+1]))
	}
	require.Equal(t, want, got)
}

// Without integer noise the same adapter is that of float pixels.
func TestPixelClassifierUnderFloatNoise(t *testing.T) {
	b := newCPU(t)
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
	require.NoError(t, dmae.NewSmoothClassifier(m, floats, 8).Classify(context.Background(), jobs, noise, want))
	require.NoError(t, dmae.NewPixelClassifier(m, bytes, 8).Classify(context.Background(), jobs, noise, got))
	require.Equal(t, want, got)
}

func TestPixelNoiseIsRefusedForFloatPixels(t *testing.T) {
	b := newCPU(t)
	m := lively(t, b, micro(t))
	noise := smooth.Noise{Pixels: pixelNoise(t, "0.25")}
	s := dmae.NewSmoothClassifier(m, func(image int) ([]float32, error) { return pixelsOf(&m.Config, image), nil }, 4)
	require.ErrorContains(t, s.Classify(context.Background(), []smooth.Job{{}}, noise, make([]int32, 1)), "the images are float pixels")
	_, err := smooth.Predict(context.Background(), s, 0, noise, 10, exact.MustDecimal("0.001"))
	require.ErrorContains(t, err, "the images are float pixels")

	broken := errors.New("disk on fire")
	s = dmae.NewPixelClassifier(m, func(image int) ([]byte, error) {
		if image == 0 {
			return nil, broken
		}
		return make([]byte, 5), nil
	}, 4)
	for _, n := range []smooth.Noise{noise, {Sigma: 1}} {
		require.ErrorIs(t, s.Classify(context.Background(), []smooth.Job{{}}, n, make([]int32, 1)), broken)
		var size *dmae.ImageSizeError
		require.ErrorAs(t, s.Classify(context.Background(), []smooth.Job{{Image: 3}}, n, make([]int32, 1)), &size)
	}
}
