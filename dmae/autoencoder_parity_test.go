package dmae_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/nn/optim"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// tolerance is relative to the largest element of each tensor. The fixtures are
// float32, so that a float64 backend is not much closer.
const tolerance = 5e-6

// tiny is the model of the dmae_tiny fixtures.
func tiny(dataSize int, normPix bool) dmae.Config {
	return dmae.Config{
		Name: "dmae_tiny", ImageSize: 224, DataSize: dataSize, Channels: 3, Patch: 16,
		Width: 48, Depth: 2, Heads: 3, MLPRatio: 4, Positions: dmae.SinCos,
		Decoder:   dmae.Decoder{Width: 32, Depth: 2, Heads: 4},
		MaskRatio: 0.75, NormPix: normPix, NormPixEps: 1e-6, Sigma: 0.25,
		Mean: dmae.ImageNetMean, Std: dmae.ImageNetStd,
	}
}

func loadTiny(t *testing.T, b ops.Backend, cfg dmae.Config) *dmae.Autoencoder {
	m, err := dmae.NewAutoencoder(b, cfg)
	require.NoError(t, err)
	require.NoError(t, m.Params.Load(fixture(t, "dmae_tiny_weights.safetensors")))
	m.Params.EnableGrad()
	return m
}

// batch uploads the images, noise and mask of a fixture.
type batch struct {
	clean, noisy, keep, restore *tensor.Tensor
	rank                        []int32
}

func loadBatch(t *testing.T, b ops.Backend, f *checkpoint.File, prefix string, cfg dmae.Config) batch {
	imgs, gaussian := numbers(t, f, prefix+"imgs"), numbers(t, f, prefix+"gaussian")
	noisy := make([]float32, len(imgs))
	for i := range imgs {
		noisy[i] = imgs[i] + float32(float32(cfg.Sigma)*gaussian[i])
	}
	n := len(imgs) / cfg.Pixels()
	keep, restore := make([]int32, n*(1+cfg.Visible())), make([]int32, n*cfg.Patches())
	dmae.MaskFromUniforms(numbers(t, f, prefix+"mask_uniform"), cfg.Patches(), cfg.MaskRatio, keep, restore)
	shape := []int{n, cfg.Channels, cfg.DataSize, cfg.DataSize}
	return batch{
		clean: upload(b, imgs, shape...), noisy: upload(b, noisy, shape...),
		keep: uploadIDs(b, keep, n, 1+cfg.Visible()), restore: uploadIDs(b, restore, n, cfg.Patches()),
		rank: restore,
	}
}

func TestAutoencoderParity(t *testing.T) {
	for _, c := range []struct {
		name     string
		dataSize int
		normPix  bool
	}{
		{"dmae_tiny_cifar_normpix1", 32, true},
		{"dmae_tiny_cifar_normpix0", 32, false},
		{"dmae_tiny_imagenet_normpix1", 224, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := fixture(t, c.name+".safetensors")
			onBackends(t, func(t *testing.T, b ops.Backend) {
				cfg := tiny(c.dataSize, c.normPix)
				m := loadTiny(t, b, cfg)
				in := loadBatch(t, b, f, "", cfg)

				for i, masked := range numbers(t, f, "mask") {
					require.Equal(t, masked == 1, int(in.rank[i]) >= cfg.Visible(), "patch %d", i)
				}
				tape := autograd.NewTape(b)
				loss, pred := m.Forward(tape, in.clean, in.noisy, in.keep, in.restore)
				closeTo(t, "loss", numbers(t, f, "loss"), []float64{mean(download(b, loss.Value))}, 1e-6, 0)
				closeTo(t, "pred", numbers(t, f, "pred"), download(b, pred.Value), tolerance, 0)
				backward(tape, loss)
				compareGrads(t, f, "grad.", m.Params, tolerance, 0)
			})
		})
	}
}

func TestAutoencoderFiveSteps(t *testing.T) {
	f := fixture(t, "dmae_tiny_adamw5.safetensors")
	onBackends(t, func(t *testing.T, b ops.Backend) {
		cfg := tiny(32, true)
		m := loadTiny(t, b, cfg)
		opt := optim.NewAdamW(m.Params, 0.9, 0.95, optim.Pretrain(0.05))
		steps := newStepper(b, m.Params)
		for step := range 5 {
			in := loadBatch(t, b, f, fmt.Sprintf("s%d.", step), cfg)
			steps.run(t, f, step, func(tape *autograd.Tape) *autograd.Variable {
				loss, _ := m.Forward(tape, in.clean, in.noisy, in.keep, in.restore)
				return loss
			})
			opt.Step(1.5e-4)
		}
		steps.compare(t, f, 5*1.5e-4)
	})
}
