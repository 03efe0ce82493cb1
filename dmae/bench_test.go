package dmae_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/nn/optim"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/ops/cpu"
	"github.com/godmae/godmae/philox"
)

const benchBatch = 128

func benchConfig(b *testing.B) dmae.Config {
	c, err := dmae.Preset("dmae_vit_tiny_patch4_28")
	require.NoError(b, err)
	c.Classes = 10
	return c
}

func perSecond(b *testing.B, n int, unit string) {
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), unit)
}

// BenchmarkPretrainStep is a step of the small autoencoder, noise and mask
// included.
func BenchmarkPretrainStep(b *testing.B) {
	be := cpu.New(cpu.Options{})
	defer be.Close()
	m, err := dmae.NewAutoencoder(be, benchConfig(b))
	require.NoError(b, err)
	m.Init(1)
	c := &m.Config
	opt := optim.NewAdamW(m.Params, 0.9, 0.95, optim.Pretrain(0.05))
	tape := autograd.NewTape(be)
	const n = benchBatch
	as, bs, ids := sampleIDs(0, n)
	keep, restore := make([]int32, n*(1+c.Visible())), make([]int32, n*c.Patches())
	clean := upload(be, images(c, 0, n), n, c.Channels, c.DataSize, c.DataSize)
	a, e := uploadIDs(be, as, n), uploadIDs(be, bs, n)
	k, r := uploadIDs(be, keep, n, 1+c.Visible()), uploadIDs(be, restore, n, c.Patches())
	for b.Loop() {
		scope := be.Mark()
		tape.Reset()
		m.Params.ZeroGrad()
		dmae.MaskIDs(3, 2, ids, c.Patches(), c.MaskRatio, keep, restore)
		be.Upload(k, keep)
		be.Upload(r, restore)
		noisy := dmae.Corrupt(tape, clean, a, e, c.Sigma, philox.Addr{Seed: 3, Stream: philox.TrainNoise})
		loss, _ := m.Forward(tape, clean, noisy, k, r)
		backward(tape, loss)
		opt.Step(1e-3)
		be.Release(scope)
	}
	perSecond(b, n, "images/s")
}

// BenchmarkFinetuneStep is a step of the small classifier.
func BenchmarkFinetuneStep(b *testing.B) {
	be := cpu.New(cpu.Options{})
	defer be.Close()
	m, err := dmae.NewClassifier(be, benchConfig(b))
	require.NoError(b, err)
	m.InitScratch(1)
	c := &m.Config
	opt := optim.NewAdamW(m.Params, 0.9, 0.999, optim.Finetune(0.05, 0.65, c.Depth))
	tape := autograd.NewTape(be)
	const n = benchBatch
	target := make([]float32, n*c.Classes)
	dmae.Targets(make([]int32, n), c.Classes, 0.1, target)
	x, y := upload(be, images(c, 0, n), n, c.Channels, c.DataSize, c.DataSize), upload(be, target, n, c.Classes)
	for b.Loop() {
		scope := be.Mark()
		tape.Reset()
		m.Params.ZeroGrad()
		backward(tape, tape.Apply(ops.CrossEntropy, ops.Attr{}, m.Logits(tape, tape.Const(x)), tape.Const(y)))
		opt.Step(1e-3)
		be.Release(scope)
	}
	perSecond(b, n, "images/s")
}
