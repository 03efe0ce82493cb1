package dmae_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/nn/optim"
	"github.com/godmae/godmae/ops"
)

func vitTiny(globalPool bool) dmae.Config {
	return dmae.Config{
		Name: "vit_tiny", ImageSize: 32, DataSize: 32, Channels: 3, Patch: 4,
		Width: 48, Depth: 2, Heads: 3, MLPRatio: 4, Positions: dmae.Learned,
		Decoder:   dmae.Decoder{Width: 32, Depth: 2, Heads: 4},
		MaskRatio: 0.75, NormPixEps: 1e-6,
		Mean: dmae.ImageNetMean, Std: dmae.ImageNetStd,
		Classes: 10, GlobalPool: globalPool,
	}
}

var vits = map[string]bool{"vit_tiny_gap": true, "vit_tiny_cls": false}

func loadVit(t *testing.T, b ops.Backend, name string) *dmae.Classifier {
	m, err := dmae.NewClassifier(b, vitTiny(vits[name]))
	require.NoError(t, err)
	require.NoError(t, m.Params.Load(fixture(t, name+"_weights.safetensors")))
	m.Params.EnableGrad()
	return m
}

// labels reads y.
func labels(t *testing.T, f *checkpoint.File) []int32 {
	y, err := f.Int64("y")
	require.NoError(t, err)
	out := make([]int32, len(y))
	for i, v := range y {
		out[i] = int32(v)
	}
	return out
}

func TestClassifierParity(t *testing.T) {
	for name := range vits {
		t.Run(name, func(t *testing.T) {
			f := fixture(t, name+".safetensors")
			y := labels(t, f)
			plain, smoothed := make([]float32, 4*10), make([]float32, 4*10)
			dmae.Targets(y, 10, 0, plain)
			dmae.Targets(y, 10, 0.1, smoothed)
			onBackends(t, func(t *testing.T, b ops.Backend) {
				m := loadVit(t, b, name)
				x := upload(b, numbers(t, f, "x"), 4, 3, 32, 32)
				tape := autograd.NewTape(b)
				target := func(v []float32) func(*autograd.Variable) *autograd.Variable {
					return func(logits *autograd.Variable) *autograd.Variable {
						return tape.Apply(ops.CrossEntropy, ops.Attr{}, logits, tape.Const(upload(b, v, 4, 10)))
					}
				}
				consistency := func(form ops.ConsistencyForm) func(*autograd.Variable) *autograd.Variable {
					reg := ops.Regulariser{Form: form, Copies: 2, Lambda: 2, Eta: 0.5}
					return func(logits *autograd.Variable) *autograd.Variable {
						return tape.Apply(ops.Consistency, ops.Attr{Reg: reg}, logits)
					}
				}
				for _, c := range []struct {
					name string
					loss func(logits *autograd.Variable) *autograd.Variable
					// KL and MSE are small differences of terms of about Lambda
					// log K = 4.6. The fixture contains their rounding errors.
					noise float64
				}{
					{"ce", target(plain), 0},
					{"ls", target(smoothed), 0},
					{"soft", target(numbers(t, f, "soft_target")), 0},
					{"consistency_default", consistency(ops.ConsistencyDefault), 0},
					{"consistency_xent", consistency(ops.ConsistencyXent), 0},
					{"consistency_kl", consistency(ops.ConsistencyKL), 1e-7},
					{"consistency_mse", consistency(ops.ConsistencyMSE), 1e-8},
				} {
					tape.Reset()
					m.Params.ZeroGrad()
					logits := m.Logits(tape, tape.Const(x))
					closeTo(t, "logits", numbers(t, f, "logits"), download(b, logits.Value), tolerance, 0)
					loss := c.loss(logits)
					closeTo(t, c.name+".loss", numbers(t, f, c.name+".loss"), []float64{mean(download(b, loss.Value))}, tolerance, c.noise)
					backward(tape, loss)
					compareGrads(t, f, c.name+".grad.", m.Params, tolerance, c.noise)
				}
			})
		})
	}
}

func TestClassifierThreeSteps(t *testing.T) {
	for name := range vits {
		t.Run(name, func(t *testing.T) {
			data, f := fixture(t, name+".safetensors"), fixture(t, name+"_adamw3.safetensors")
			target := make([]float32, 4*10)
			dmae.Targets(labels(t, data), 10, 0, target)
			onBackends(t, func(t *testing.T, b ops.Backend) {
				m := loadVit(t, b, name)
				opt := optim.NewAdamW(m.Params, 0.9, 0.999, optim.Finetune(0.05, 0.65, 2))
				x, y := upload(b, numbers(t, data, "x"), 4, 3, 32, 32), upload(b, target, 4, 10)
				steps := newStepper(b, m.Params)
				for step := range 3 {
					steps.run(t, f, step, func(tape *autograd.Tape) *autograd.Variable {
						return tape.Apply(ops.CrossEntropy, ops.Attr{}, m.Logits(tape, tape.Const(x)), tape.Const(y))
					})
					opt.Measure(1, nil)
					var squared [1]float64
					require.NoError(t, b.Await(opt.FetchNorm(squared[:])))
					norm := math.Sqrt(squared[0])
					closeTo(t, "gradnorm", numbers(t, f, fmt.Sprintf("s%d.gradnorm", step)), []float64{norm}, tolerance, 0)
					opt.Step(1e-3)
				}
				steps.compare(t, f, 3*1e-3)
			})
		})
	}
}
