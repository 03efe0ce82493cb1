package dmae_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/nn/optim"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/tensor"
)

// images returns pixels of samples from..to-1.
func images(c *dmae.Config, from, to int) []float32 {
	var v []float32
	for i := from; i < to; i++ {
		v = append(v, pixelsOf(c, i)...)
	}
	return v
}

func sampleIDs(from, to int) (a, b []int32, u []uint32) {
	for i := from; i < to; i++ {
		a, b, u = append(a, int32(i)), append(b, 2), append(u, uint32(i))
	}
	return a, b, u
}

// trainAutoencoder runs two steps of total samples each, in micro-batches, and
// returns gradients and parameters.
func trainAutoencoder(t *testing.T, threads, total, micro int, cfg dmae.Config) []float32 {
	b := testbackend.Threads(t, threads)
	testbackend.NeedsContract(t, b)
	m, err := dmae.NewAutoencoder(b, cfg)
	require.NoError(t, err)
	m.Init(1)
	opt := optim.NewAdamW(m.Params, 0.9, 0.95, optim.Pretrain(0.05))
	tape := autograd.NewTape(b)
	c := &m.Config
	for range 2 {
		m.Params.ZeroGrad()
		for from := 0; from < total; from += micro {
			scope := b.Mark()
			tape.Reset()
			n := min(micro, total-from)
			as, bs, ids := sampleIDs(from, from+n)
			clean := upload(b, images(c, from, from+n), n, c.Channels, c.DataSize, c.DataSize)
			noisy := dmae.Corrupt(tape, clean, uploadIDs(b, as, n), uploadIDs(b, bs, n), c.Sigma, philox.Addr{Seed: 3, Stream: philox.TrainNoise})
			keep, restore := make([]int32, n*(1+c.Visible())), make([]int32, n*c.Patches())
			dmae.MaskIDs(3, 2, ids, c.Patches(), c.MaskRatio, keep, restore)
			loss, _ := m.Forward(tape, clean, noisy, uploadIDs(b, keep, n, 1+c.Visible()), uploadIDs(b, restore, n, c.Patches()))
			seed := b.New(b.Float(), loss.Shape())
			b.Run(ops.Fill, []*tensor.Tensor{seed}, nil, &ops.Attr{Value: 1 / float64(total)})
			tape.Backward(loss, seed)
			b.Release(scope)
		}
		opt.Measure(0.5, nil)
		opt.Step(1e-3)
	}
	require.NoError(t, b.Sync())
	return slices.Concat(bitsOf(b, m.Params.Grads()), bitsOf(b, m.Params.Values()))
}

func bitsOf(b ops.Backend, x *tensor.Tensor) []float32 {
	v := make([]float32, x.Shape().Elems())
	b.Download(v, x)
	return v
}

// Gradient accumulation and the number of threads change no bit.
func TestAccumulationIsBitEqual(t *testing.T) {
	cfg := micro(t)
	cfg.Classes, cfg.ClassNames = 0, nil
	resized := cfg
	resized.DataSize, resized.Positions = 6, dmae.SinCos
	for name, cfg := range map[string]dmae.Config{"learned": cfg, "resized, sincos": resized} {
		t.Run(name, func(t *testing.T) {
			want := trainAutoencoder(t, 1, 12, 12, cfg)
			for _, c := range []struct{ threads, micro int }{{1, 1}, {2, 4}, {3, 5}, {7, 12}} {
				require.Equal(t, want, trainAutoencoder(t, c.threads, 12, c.micro, cfg), "%+v", c)
			}
		})
	}
}

// trainClassifier is trainAutoencoder for a classifier with drop path.
func trainClassifier(t *testing.T, threads, total, micro int, cfg dmae.Config) []float32 {
	b := testbackend.Threads(t, threads)
	testbackend.NeedsContract(t, b)
	m := lively(t, b, cfg)
	opt := optim.NewAdamW(m.Params, 0.9, 0.999, optim.Finetune(0.05, 0.65, cfg.Depth))
	tape := autograd.NewTape(b)
	c := &m.Config
	for epoch := range uint32(2) {
		m.Params.ZeroGrad()
		for from := 0; from < total; from += micro {
			scope := b.Mark()
			tape.Reset()
			n := min(micro, total-from)
			_, _, ids := sampleIDs(from, from+n)
			scales, target, labels := make([]float32, 2*c.Depth*n), make([]float32, n*c.Classes), make([]int32, n)
			for i := range labels {
				labels[i] = int32((from + i) % c.Classes)
			}
			c.DropPathScales(3, epoch, 1, ids, scales)
			dmae.Targets(labels, c.Classes, 0.1, target)
			x := upload(b, images(c, from, from+n), n, c.Channels, c.DataSize, c.DataSize)
			logits := m.TrainLogits(tape, tape.Const(x), upload(b, scales, 2*c.Depth, n))
			loss := tape.Apply(ops.CrossEntropy, ops.Attr{}, logits, tape.Const(upload(b, target, n, c.Classes)))
			seed := b.New(b.Float(), loss.Shape())
			b.Run(ops.Fill, []*tensor.Tensor{seed}, nil, &ops.Attr{Value: 1 / float64(total)})
			tape.Backward(loss, seed)
			b.Release(scope)
		}
		opt.Step(1e-3)
	}
	require.NoError(t, b.Sync())
	return slices.Concat(bitsOf(b, m.Params.Grads()), bitsOf(b, m.Params.Values()))
}

func TestFinetuningAccumulationIsBitEqual(t *testing.T) {
	for _, pool := range []bool{true, false} {
		cfg := micro(t)
		cfg.GlobalPool, cfg.DropPath = pool, 0.3
		want := trainClassifier(t, 1, 9, 9, cfg)
		for _, c := range []struct{ threads, micro int }{{1, 1}, {2, 3}, {7, 9}} {
			require.Equal(t, want, trainClassifier(t, c.threads, 9, c.micro, cfg), "%+v", c)
		}
	}
}
