package train

import (
	"fmt"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// RawPrefix is the prefix of the names of the optimiser's weights in a
// checkpoint whose model is their moving average.
const RawPrefix = dmae.StatePrefix + "raw."

// average is the exponential moving average of a run's weights. The averaged
// weights are the model of the run: they are evaluated, used for pictures,
// compared to choose the best model, and saved under the model's names.
type average struct {
	decay  float64
	raw    *nn.Params // the optimiser's weights
	shadow *nn.Params // the average

	// Arguments of operations, kept so that a step allocates nothing.
	out [1]*tensor.Tensor
	in  [2]*tensor.Tensor
	at  ops.Attr
}

// newAverage returns an average that starts at the current weights.
func newAverage(raw *nn.Params, decay float64) *average {
	specs := make([]nn.Spec, len(raw.All()))
	for i, p := range raw.All() {
		specs[i] = p.Spec
	}
	a := &average{decay: decay, raw: raw, shadow: nn.NewParams(raw.Backend(), specs)}
	a.out[0], a.in[0] = a.shadow.Trained(), raw.Trained()
	a.copy(a.shadow, raw)
	return a
}

// averageDecay returns the decay of the average after the given number of
// steps: min(decay, (1+steps)/(10+steps)). The random initial weights lose
// their influence in a few steps, as with TensorFlow's
// ExponentialMovingAverage.
func averageDecay(decay float64, steps int) float64 {
	return min(decay, float64(1+steps)/float64(10+steps))
}

// step updates the average with the weights, after the given number of steps,
// unless the scale of the last step says that it was skipped.
func (a *average) step(steps int, scale *tensor.Tensor) {
	a.in[1] = scale
	a.at = ops.Attr{Scale: averageDecay(a.decay, steps)}
	a.raw.Backend().Run(ops.EMA, a.out[:], a.in[:], &a.at)
	a.shadow.Touch()
}

// with calls f while the model computes with the averaged weights.
func (a *average) with(f func() error) error {
	if a == nil {
		return f()
	}
	b := a.raw.Backend()
	scope := b.Mark()
	defer b.Release(scope)
	values := b.New(b.Float(), a.raw.Values().Shape())
	move := func(dst, src *tensor.Tensor) {
		b.Run(ops.Copy, []*tensor.Tensor{dst}, []*tensor.Tensor{src}, &ops.Attr{})
	}
	move(values, a.raw.Values())
	a.adoptFixed()
	a.copy(a.raw, a.shadow)
	defer func() {
		move(a.raw.Values(), values)
		a.raw.Touch()
	}()
	return f()
}

// copy copies the values of src to dst.
func (a *average) copy(dst, src *nn.Params) {
	a.raw.Backend().Run(ops.Copy, []*tensor.Tensor{dst.Values()}, []*tensor.Tensor{src.Values()}, &ops.Attr{})
	dst.Touch()
}

// adoptFixed copies parameters that are not trained but may have changed, such
// as running statistics, without averaging.
func (a *average) adoptFixed() {
	trained, all := a.raw.Trained().Shape().Elems(), a.raw.Values().Shape().Elems()
	if trained == all {
		return
	}
	fixed := func(p *nn.Params) []*tensor.Tensor {
		return []*tensor.Tensor{p.Values().View(trained, tensor.Of(all-trained))}
	}
	a.raw.Backend().Run(ops.Copy, fixed(a.shadow), fixed(a.raw), &ops.Attr{})
	a.shadow.Touch()
}

// export returns the tensors of both for a checkpoint, or the backend's error.
func (a *average) export() ([]checkpoint.Tensor, error) {
	a.adoptFixed()
	tensors, err := a.shadow.Export()
	if err != nil {
		return nil, err
	}
	for _, p := range a.raw.All() {
		if p.Fixed {
			continue
		}
		v, err := a.raw.Download(p)
		if err != nil {
			return nil, err
		}
		tensors = append(tensors, checkpoint.Float32s(RawPrefix+p.Name, p.Shape.Dims(), v))
	}
	return tensors, nil
}

// load loads both from a checkpoint.
func (a *average) load(f *checkpoint.File) error {
	if err := a.shadow.Load(f); err != nil {
		return err
	}
	a.copy(a.raw, a.shadow) // also what is not trained
	return loadRaw(a.raw, f)
}

// loadRaw loads the optimiser's weights, not their average, from a checkpoint:
// those to which the optimiser's moments belong. Parameters that are not
// trained do not change.
func loadRaw(p *nn.Params, f *checkpoint.File) error {
	for _, param := range p.All() {
		if param.Fixed {
			continue
		}
		buf := make([]float32, param.Elems())
		if err := f.ReadFloat32(RawPrefix+param.Name, buf); err != nil {
			return fmt.Errorf("the weights behind the average: %w", err)
		}
		p.Upload(param, buf)
	}
	return nil
}
