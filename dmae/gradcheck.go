package dmae

import (
	"fmt"
	"math"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/autograd/gradcheck"
	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/ops/ref"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/tensor"
)

// checkSeed seeds weights and inputs of the models that are checked.
const checkSeed = 7

// checkBatch is the number of images of a check.
const checkBatch = 2

// wholeModel is a model with inputs, for a check of the derivative of its loss.
type wholeModel struct {
	name, variant string
	build         func(b ops.Backend) (*nn.Params, func(*autograd.Tape) *autograd.Variable)
}

// wholeModels lists the models that are checked: together they use every layer
// and every option. Registered families add theirs.
func wholeModels() []wholeModel {
	micro := Config{
		Name: "micro", ImageSize: 8, DataSize: 8, Channels: 1, Patch: 4,
		Width: 16, Depth: 2, Heads: 2, MLPRatio: 2, Positions: Learned,
		Decoder:   Decoder{Width: 8, Depth: 1, Heads: 2},
		MaskRatio: 0.5, NormPix: true, NormPixEps: 1e-2, Sigma: 0.25,
		Mean: []float64{0.5}, Std: []float64{0.25},
	}
	resized := micro
	resized.DataSize, resized.Channels = 6, 3
	resized.Positions, resized.NormPix = SinCos, false
	resized.Mean, resized.Std = ImageNetMean, ImageNetStd

	pooled, token := micro, resized
	pooled.Classes, pooled.GlobalPool, pooled.DropPath = 3, true, 0.4
	token.Classes = 3
	models := []wholeModel{
		autoencoderCheck("learned positions, normalised target", micro),
		autoencoderCheck("sin-cos positions, resized colour images", resized),
		classifierCheck("global pool, drop path, cross entropy", pooled, crossEntropyCheck),
		classifierCheck("class token, resized, consistency", token, consistencyCheck),
	}
	for _, f := range families() {
		for _, c := range f.Check {
			c.Classes, c.ClassNames = 3, nil
			models = append(models, classifierCheck(f.Name+" "+c.Name, c, crossEntropyCheck))
		}
	}
	return models
}

func autoencoderCheck(variant string, cfg Config) wholeModel {
	return wholeModel{"autoencoder", variant, func(b ops.Backend) (*nn.Params, func(*autograd.Tape) *autograd.Variable) {
		m, err := NewAutoencoder(b, cfg)
		if err != nil {
			panic(err) // the configurations are this program's own
		}
		enliven(m.Params)
		clean, noisy := checkImages(b, &cfg, 0), checkImages(b, &cfg, 1)
		keep, restore := make([]int32, checkBatch*(1+cfg.Visible())), make([]int32, checkBatch*cfg.Patches())
		MaskIDs(checkSeed, 0, []uint32{3, 4}, cfg.Patches(), cfg.MaskRatio, keep, restore)
		k, r := b.Persist(tensor.I32, tensor.Of(checkBatch, 1+cfg.Visible())), b.Persist(tensor.I32, tensor.Of(checkBatch, cfg.Patches()))
		b.Upload(k, keep)
		b.Upload(r, restore)
		return m.Params, func(t *autograd.Tape) *autograd.Variable {
			loss, _ := m.Forward(t, clean, noisy, k, r)
			return loss
		}
	}}
}

func classifierCheck(variant string, cfg Config, loss func(t *autograd.Tape, logits *autograd.Variable) *autograd.Variable) wholeModel {
	return wholeModel{"classifier", variant, func(b ops.Backend) (*nn.Params, func(*autograd.Tape) *autograd.Variable) {
		m, err := NewClassifier(b, cfg)
		if err != nil {
			panic(err) // the configurations are this program's own
		}
		enliven(m.Params)
		images := checkImages(b, &cfg, 0)
		var drop *tensor.Tensor
		if cfg.DropPath > 0 {
			scales := make([]float32, 2*cfg.Depth*checkBatch)
			cfg.DropPathScales(checkSeed, 0, 1, []uint32{3, 4}, scales)
			drop = b.Persist(b.Float(), tensor.Of(2*cfg.Depth, checkBatch))
			b.Upload(drop, scales)
		}
		return m.Params, func(t *autograd.Tape) *autograd.Variable { return loss(t, m.TrainLogits(t, t.Const(images), drop)) }
	}}
}

func crossEntropyCheck(t *autograd.Tape, logits *autograd.Variable) *autograd.Variable {
	target := make([]float32, logits.Shape().Elems())
	Targets([]int32{0, 2}, logits.Shape().Last(), 0.1, target)
	y := t.Backend().New(t.Backend().Float(), logits.Shape())
	t.Backend().Upload(y, target)
	return t.Apply(ops.CrossEntropy, ops.Attr{}, logits, t.Const(y))
}

func consistencyCheck(t *autograd.Tape, logits *autograd.Variable) *autograd.Variable {
	return t.Apply(ops.Consistency, ops.Attr{Reg: ops.Regulariser{Copies: checkBatch, Lambda: 2, Eta: 0.5}}, logits)
}

// enliven draws parameters that are larger than the initial ones of a
// training. With tokens of size 0.02 before a layer normalisation the loss
// would not be close to linear within the step of a finite difference, and
// with logits near zero a consistency loss would be almost zero.
func enliven(p *nn.Params) {
	p.Init(checkSeed)
	for _, param := range p.All() {
		if param.Fixed {
			continue
		}
		v, initial := make([]float32, param.Elems()), make([]float32, param.Elems())
		addr := philox.Addr{Seed: checkSeed, Stream: philox.Init, A: uint32(param.Index)}
		param.Init(philox.NewGen(addr), initial)
		addr.B = 1
		nn.Normal(0.3)(philox.NewGen(addr), v)
		for i, x := range initial {
			v[i] += x
		}
		p.Upload(param, v)
	}
}

// checkImages returns uniformly random images.
func checkImages(b ops.Backend, cfg *Config, number uint32) *tensor.Tensor {
	pixels := make([]float32, checkBatch*cfg.Pixels())
	g := philox.NewGen(philox.Addr{Seed: checkSeed, Stream: philox.EvalNoise, A: number})
	for i := range pixels {
		pixels[i] = g.Float32()
	}
	t := b.Persist(b.Float(), tensor.Of(checkBatch, cfg.Channels, cfg.DataSize, cfg.DataSize))
	b.Upload(t, pixels)
	return t
}

// CheckGradients compares the derivatives of whole tiny models with central
// finite differences in float64, at sampled coordinates of every parameter and
// in random directions.
func CheckGradients() []gradcheck.Result {
	var results []gradcheck.Result
	for _, w := range wholeModels() {
		b := ref.New()
		params, forward := w.build(b)
		params.EnableGrad()
		f := gradcheck.Function{
			Name: w.name, Case: w.variant, Backend: b, Forward: forward,
			Coordinates: 2, Directions: 8,
		}
		for _, p := range params.All() {
			if !p.Fixed {
				f.Params = append(f.Params, p.Var)
			}
		}
		results = append(results, gradcheck.CheckFunction(f))
	}
	return results
}

// CheckGradientsOn compares the gradients of the same models on a backend with
// those of the reference backend: the normalised mean squared error over all
// parameters. The error is the backend's.
func CheckGradientsOn(b ops.Backend) ([]gradcheck.Result, error) {
	arena := ops.NewArena(b)
	defer arena.FreeAll()
	var results []gradcheck.Result
	for _, w := range wholeModels() {
		want, err := w.gradient(ref.New())
		if err != nil {
			return nil, err
		}
		got, err := w.gradient(arena)
		if err != nil {
			return nil, fmt.Errorf("%s, %s: %w", w.name, w.variant, err)
		}
		r := gradcheck.Result{Name: w.name, Case: w.variant, Checked: len(want), Worst: ops.NMSE(got, want), Limit: gradcheck.MaxNMSE}
		if math.IsInf(r.Worst, 0) {
			r.Worst = -1
		}
		r.Pass = r.Worst >= 0 && r.Worst <= r.Limit
		results = append(results, r)
	}
	return results, nil
}

// gradient returns the gradient of the sum of the model's losses.
func (w *wholeModel) gradient(b ops.Backend) ([]float64, error) {
	params, forward := w.build(b)
	params.EnableGrad()
	scope := b.Mark()
	defer b.Release(scope)
	t := autograd.NewTape(b)
	loss := forward(t)
	seed := b.New(b.Float(), loss.Shape())
	b.Run(ops.Fill, []*tensor.Tensor{seed}, nil, &ops.Attr{Value: 1})
	t.Backward(loss, seed)
	var g []float64
	for _, p := range params.All() {
		if !p.Fixed {
			v := make([]float64, p.Elems())
			if err := b.Download(v, p.Grad); err != nil {
				return nil, err
			}
			g = append(g, v...)
		}
	}
	return g, nil
}
