package optim

import (
	"fmt"
	"slices"

	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/tensor"
)

// maxSteps bounds the step count of a file.
const maxSteps = 1 << 31

// Export returns the moments as tensors named prefix + "m." or "v." + the
// parameter's name, in the backend's precision, so without rounding.
// Together with Steps they are the whole state. The error is the backend's.
func (o *AdamW) Export(prefix string) ([]checkpoint.Tensor, error) {
	return export(o.params, o.moments(prefix)...)
}

// Import restores the state after steps steps from a file with the tensors of
// Export. The error names a moment that is missing or has another shape.
func (o *AdamW) Import(f *checkpoint.File, prefix string, steps int) error {
	if steps < 0 || int64(steps) > maxSteps {
		return fmt.Errorf("%s: the optimiser's step count is %d, it must be between 0 and 2^31", f.Name(), steps)
	}
	if err := load(o.params, f, o.moments(prefix)...); err != nil {
		return err
	}
	o.setSteps(steps)
	return nil
}

// setSteps sets the step count and the powers of the betas.
func (o *AdamW) setSteps(steps int) {
	o.step, o.pow1, o.pow2 = steps, 1, 1
	for range steps {
		o.pow1 = float64(o.pow1 * o.beta1)
		o.pow2 = float64(o.pow2 * o.beta2)
	}
}

func (o *AdamW) moments(prefix string) []moment {
	return []moment{{prefix + "m.", o.m}, {prefix + "v.", o.v}}
}

// moment is a flat tensor with the layout of the gradients, and the prefix of
// its parts' names.
type moment struct {
	prefix string
	flat   *tensor.Tensor
}

// export returns the parts of moments for each parameter, in the backend's
// precision.
func export(params *nn.Params, moments ...moment) ([]checkpoint.Tensor, error) {
	var out []checkpoint.Tensor
	b := params.Backend()
	for _, moment := range moments {
		for _, p := range params.All() {
			if p.Fixed {
				continue
			}
			view, name := moment.flat.View(p.Offset(), p.View), moment.prefix+p.Name
			var err error
			if b.Float() == tensor.F64 {
				v := make([]float64, p.Elems())
				err = b.Download(v, view)
				out = append(out, checkpoint.Float64s(name, p.Shape.Dims(), v))
			} else {
				v := make([]float32, p.Elems())
				err = b.Download(v, view)
				out = append(out, checkpoint.Float32s(name, p.Shape.Dims(), v))
			}
			if err != nil {
				return nil, fmt.Errorf("cannot read the optimiser state %s back: %w", name, err)
			}
		}
	}
	return out, nil
}

// load reads moments from a file with the tensors of export.
func load(params *nn.Params, f *checkpoint.File, moments ...moment) error {
	b := params.Backend()
	for _, moment := range moments {
		for _, p := range params.All() {
			if p.Fixed {
				continue
			}
			name := moment.prefix + p.Name
			info, ok := f.Info(name)
			if !ok {
				return fmt.Errorf("%s: the optimiser state %q is missing; the file cannot be resumed from", f.Name(), name)
			}
			if !slices.Equal(info.Shape, p.Shape.Dims()) {
				return fmt.Errorf("%s: the optimiser state %q has shape %v, the model's parameter has %v", f.Name(), name, info.Shape, p.Shape)
			}
			v, err := f.Float64(name)
			if err != nil {
				return err
			}
			b.Upload(moment.flat.View(p.Offset(), p.View), v)
		}
	}
	return nil
}
