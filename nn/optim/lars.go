package optim

import (
	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// LARS is the optimiser of You et al. (arXiv 1708.03888) over the parameters of
// a model, as in linear probes of masked autoencoders. It has momentum, and
// scales the gradient of each tensor except vectors to the tensor's norm times
// the trust coefficient.
type LARS struct {
	measure
	params          *nn.Params
	momentum, trust float64
	weightDecay     float64
	mu              *tensor.Tensor
	spans           []larsSpan

	at ops.Attr // argument of operations, kept to allocate nothing in a step
}

// larsSpan is a parameter with its momentum.
type larsSpan struct {
	out    [2]*tensor.Tensor
	in     [2]*tensor.Tensor // gradient, scale
	vector bool
}

// NewLARS returns an optimiser with zero momentum, and enables gradients. Vectors
// have neither weight decay nor trust ratio.
func NewLARS(params *nn.Params, momentum, trust, weightDecay float64) *LARS {
	params.EnableGrad()
	b := params.Backend()
	o := &LARS{
		measure: newMeasure(params), params: params, momentum: momentum, trust: trust, weightDecay: weightDecay,
		mu: b.Persist(b.Float(), params.Grads().Shape()),
	}
	for _, p := range params.All() {
		if p.Fixed {
			continue
		}
		view := func(t *tensor.Tensor) *tensor.Tensor { return t.View(p.Offset(), tensor.Of(p.Elems())) }
		o.spans = append(o.spans, larsSpan{
			out: [2]*tensor.Tensor{view(params.Values()), view(o.mu)}, in: [2]*tensor.Tensor{view(params.Grads()), o.scale},
			vector: p.Shape.Rank() <= 1,
		})
	}
	return o
}

// Step updates all parameters with the accumulated gradients times the factor
// of Measure, at learning rate lr. It does not clear the gradients.
func (o *LARS) Step(lr float64) {
	b := o.params.Backend()
	for i := range o.spans {
		s := &o.spans[i]
		o.at = ops.Attr{Lars: ops.Lars{LR: lr, Momentum: o.momentum}}
		if !s.vector {
			o.at.Lars.Trust, o.at.Lars.WeightDecay = o.trust, o.weightDecay
		}
		b.Run(ops.LARS, s.out[:], s.in[:], &o.at)
	}
	o.params.Touch()
}

// Export returns the momentum as tensors named prefix + "mu." + the parameter's
// name. It is the whole state. The error is the backend's.
func (o *LARS) Export(prefix string) ([]checkpoint.Tensor, error) {
	return export(o.params, moment{prefix + "mu.", o.mu})
}

// Import restores the state from a file with the tensors of Export. The error
// names a tensor that is missing or has another shape. The number of steps is
// not used.
func (o *LARS) Import(f *checkpoint.File, prefix string, _ int) error {
	return load(o.params, f, moment{prefix + "mu.", o.mu})
}
