package dmae_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/internal/raceflag"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/nn/optim"
	"github.com/godmae/godmae/ops/cpu"
	"github.com/godmae/godmae/philox"
)

// After the first steps, a step allocates little on the heap, and no more for a
// deeper model.
func TestSteadyStepAllocatesNothingThatGrows(t *testing.T) {
	if raceflag.Enabled {
		t.Skip("the race detector makes sync.Pool drop values, so that buffers are allocated again")
	}
	perStep := func(depth int) float64 {
		b := cpu.New(cpu.Options{Threads: 2})
		defer b.Close()
		cfg := micro(t)
		cfg.Depth, cfg.Decoder.Depth = depth, depth
		m, err := dmae.NewAutoencoder(b, cfg)
		require.NoError(t, err)
		m.Init(1)
		c := &m.Config
		opt := optim.NewAdamW(m.Params, 0.9, 0.95, optim.Pretrain(0.05))
		tape := autograd.NewTape(b)
		const n = 4
		as, bs, ids := sampleIDs(0, n)
		keep, restore := make([]int32, n*(1+c.Visible())), make([]int32, n*c.Patches())
		dmae.MaskIDs(3, 2, ids, c.Patches(), c.MaskRatio, keep, restore)
		clean := upload(b, images(c, 0, n), n, c.Channels, c.DataSize, c.DataSize)
		a, e := uploadIDs(b, as, n), uploadIDs(b, bs, n)
		k, r := uploadIDs(b, keep, n, 1+c.Visible()), uploadIDs(b, restore, n, c.Patches())
		weights := upload(b, []float32{0.25, 0.25, 0.25, 0.25}, n)
		step := func() {
			scope := b.Mark()
			tape.Reset()
			m.Params.ZeroGrad()
			noisy := dmae.Corrupt(tape, clean, a, e, c.Sigma, philox.Addr{Seed: 3, Stream: philox.TrainNoise})
			loss, _ := m.Forward(tape, clean, noisy, k, r)
			tape.Backward(loss, weights)
			opt.Measure(1, loss.Value)
			opt.Step(1e-3)
			b.Release(scope)
		}
		return testing.AllocsPerRun(20, step)
	}
	small, large := perStep(1), perStep(5)
	t.Logf("allocations a step: %v with 1+1 blocks, %v with 5+5", small, large)
	require.LessOrEqual(t, large, small+2)
	require.LessOrEqual(t, small, 8.0)
}

// The same holds for inference.
func TestInferenceAllocatesNothingThatGrows(t *testing.T) {
	if raceflag.Enabled {
		t.Skip("the race detector makes sync.Pool drop values, so that buffers are allocated again")
	}
	perStep := func(depth int) float64 {
		b := cpu.New(cpu.Options{Threads: 2})
		defer b.Close()
		cfg := micro(t)
		cfg.Depth = depth
		m := lively(t, b, cfg)
		tape := autograd.NewInference(b)
		x := upload(b, images(&m.Config, 0, 2), 2, 1, 8, 8)
		return testing.AllocsPerRun(20, func() {
			scope := b.Mark()
			tape.Reset()
			m.Logits(tape, tape.Const(x))
			b.Release(scope)
		})
	}
	small, large := perStep(1), perStep(5)
	t.Logf("allocations a batch: %v with 1 block, %v with 5", small, large)
	require.LessOrEqual(t, large, small+2)
}
