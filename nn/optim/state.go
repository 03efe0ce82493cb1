package optim

import (
	"fmt"
	"slices"

	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/tensor"
)

// maxSteps bounds the step count that a file may claim.
const maxSteps = 1 << 31

// Export returns the moments as tensors named prefix + "m." or "v." + the
// parameter's name, in the backend's own precision, so that nothing is lost.
// Together with Steps they are the whole state.
func (o *AdamW) Export(prefix string) []checkpoint.Tensor {
	var out []checkpoint.Tensor
	b := o.params.Backend()
	for _, moment := range o.moments(prefix) {
		for _, p := range o.params.All() {
			if p.Fixed {
				continue
			}
			view := moment.flat.View(p.Offset(), p.View)
			if b.Float() == tensor.F64 {
				v := make([]float64, p.Elems())
				b.Download(v, view)
				out = append(out, checkpoint.Float64s(moment.prefix+p.Name, p.Shape.Dims(), v))
			} else {
				v := make([]float32, p.Elems())
				b.Download(v, view)
				out = append(out, checkpoint.Float32s(moment.prefix+p.Name, p.Shape.Dims(), v))
			}
		}
	}
	return out
}

// Import restores the state after steps steps from the tensors of a file that
// Export made. The error names a moment that is missing or has another shape.
func (o *AdamW) Import(f *checkpoint.File, prefix string, steps int) error {
	if steps < 0 || steps > maxSteps {
		return fmt.Errorf("%s: the optimiser's step count is %d, it must lie between 0 and 2^31", f.Name(), steps)
	}
	b := o.params.Backend()
	for _, moment := range o.moments(prefix) {
		for _, p := range o.params.All() {
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
	o.step, o.pow1, o.pow2 = steps, 1, 1
	for range steps {
		o.pow1 = float64(o.pow1 * o.beta1)
		o.pow2 = float64(o.pow2 * o.beta2)
	}
	return nil
}

type moment struct {
	prefix string
	flat   *tensor.Tensor
}

func (o *AdamW) moments(prefix string) [2]moment {
	return [2]moment{{prefix + "m.", o.m}, {prefix + "v.", o.v}}
}
