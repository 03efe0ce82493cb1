package attack

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/philox"
)

// attacked returns a small classifier, whose images are resized, and an image.
func attacked(t *testing.T, b ops.Backend) (*dmae.Classifier, []float32) {
	m, err := dmae.NewClassifier(b, dmae.Config{
		Name: "micro", ImageSize: 8, DataSize: 6, Channels: 3, Patch: 4, Width: 16, Depth: 2, Heads: 2, MLPRatio: 2,
		Positions: dmae.Learned, Decoder: dmae.Decoder{Width: 8, Depth: 1, Heads: 2}, MaskRatio: 0.5, NormPixEps: 1e-2, Sigma: 0.25,
		Mean: dmae.ImageNetMean, Std: dmae.ImageNetStd, Classes: 3, GlobalPool: true,
	})
	require.NoError(t, err)
	m.InitScratch(7)
	for _, p := range m.Params.All() { // weights that are larger than the initial ones of a training
		v, err := m.Params.Download(p)
		require.NoError(t, err)
		more := make([]float32, len(v))
		nn.Normal(0.3)(philox.NewGen(philox.Addr{Seed: 7, Stream: philox.FirstUserStream, A: uint32(p.Index)}), more)
		for i := range v {
			v[i] += more[i]
		}
		m.Params.Upload(p, v)
	}
	x := make([]float32, m.Config.Pixels())
	g := philox.NewGen(philox.Addr{Seed: 5})
	for i := range x {
		x[i] = g.Float32()
	}
	return m, x
}

// The gradient of the attack is that of its loss, by central differences in
// float64, through normalisation and resizing.
func TestAttackGradient(t *testing.T) {
	m, x := attacked(t, testbackend.Float64(t))
	a := Search{Model: m, Sigma: 0.25, Samples: 3, Steps: 1, Seed: 2}
	gradient, waste := make([]float32, len(x)), make([]float32, len(x))
	_, err := a.gradient(x, 1, 4, gradient)
	require.NoError(t, err)
	for _, i := range []int{0, 17, 50, len(x) - 1} {
		const h = 1.0 / 1024
		loss := func(step float32) float64 {
			y := append([]float32(nil), x...)
			y[i] += step
			l, err := a.gradient(y, 1, 4, waste)
			require.NoError(t, err)
			return l
		}
		require.InEpsilon(t, (loss(h)-loss(-h))/(2*h), gradient[i], 2e-2, "pixel %d", i)
	}
}

func TestAttackStaysInsideAndHurts(t *testing.T) {
	b := testbackend.New(t)
	m, x := attacked(t, b)
	a := Search{Model: m, Sigma: 0.1, Samples: 8, Steps: 10, Seed: 2}
	waste := make([]float32, len(x))
	before, err := a.gradient(x, 1, 99, waste)
	require.NoError(t, err)
	last := before
	for _, radius := range []float64{0.01, 0.3, 3} {
		y, err := a.Run(t.Context(), x, 1, radius)
		require.NoError(t, err)
		again, err := a.Run(t.Context(), x, 1, radius)
		require.NoError(t, err)
		require.Equal(t, y, again)
		require.LessOrEqual(t, Distance(x, y), radius)
		for _, v := range y {
			require.True(t, v >= 0 && v <= 1)
		}
		after, err := a.gradient(y, 1, 99, waste)
		require.NoError(t, err)
		require.Greater(t, after, last, "a larger ball has an image with a larger loss")
		last = after
	}
	y, err := a.Run(t.Context(), x, 1, 0)
	require.NoError(t, err)
	require.Equal(t, x, y)
}

func TestAttackRefusesNonsense(t *testing.T) {
	b := testbackend.New(t)
	m, x := attacked(t, b)
	good := Search{Model: m, Sigma: 0.1, Samples: 1, Steps: 1}
	_, err := good.Run(t.Context(), x[1:], 0, 1)
	require.IsType(t, &data.ImageSizeError{}, err)
	_, err = good.Run(t.Context(), x, 3, 1)
	require.ErrorContains(t, err, "class 3")
	_, err = good.Run(t.Context(), x, 0, math.NaN())
	require.ErrorContains(t, err, "radius")
	bad := good
	bad.Steps = 0
	_, err = bad.Run(t.Context(), x, 0, 1)
	require.ErrorContains(t, err, "1 step")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = good.Run(ctx, x, 0, 1)
	require.ErrorIs(t, err, context.Canceled)
}
