package optim

import (
	"math"

	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// Eps is the epsilon of AdamW, outside the square root.
const Eps = 1e-8

// AdamW is the optimiser of Loshchilov and Hutter (arXiv 1711.05101) over the
// parameters of a model. Its moments are flat tensors with the layout of the
// gradients, and one operation updates all parameters.
type AdamW struct {
	measure
	params       *nn.Params
	beta1, beta2 float64
	m, v         *tensor.Tensor
	groups       []group   // consecutive parameters with the same rule
	host         []float64 // [G, 2], the rates of the groups in the current step
	step         int       // steps taken
	pow1, pow2   float64   // beta1^step and beta2^step

	// Arguments of the operation, kept to allocate nothing in a step.
	out [3]*tensor.Tensor
	in  [4]*tensor.Tensor // gradients, scale, ends, rates
	at  ops.Attr
}

// group is a sequence of parameters with the same rule.
type group struct {
	end            int // the first element after the group
	lrScale, decay float64
}

// NewAdamW returns an optimiser with zero moments, and enables gradients.
func NewAdamW(params *nn.Params, beta1, beta2 float64, rule Rule) *AdamW {
	params.EnableGrad()
	b := params.Backend()
	shape := params.Grads().Shape()
	o := &AdamW{
		measure: newMeasure(params), params: params, beta1: beta1, beta2: beta2, pow1: 1, pow2: 1,
		m: b.Persist(b.Float(), shape), v: b.Persist(b.Float(), shape),
		groups: groupsOf(params, rule),
	}
	ends := make([]int32, len(o.groups))
	for i, g := range o.groups {
		ends[i] = int32(g.end)
	}
	o.host = make([]float64, 2*len(ends))
	o.out = [3]*tensor.Tensor{params.Trained(), o.m, o.v}
	o.in = [4]*tensor.Tensor{params.Grads(), o.scale, b.Persist(tensor.I32, tensor.Of(len(ends))), b.Persist(b.Float(), tensor.Of(len(ends), 2))}
	b.Upload(o.in[2], ends)
	return o
}

// groupsOf divides the trained parameters, with the zeros between them, where
// the rule changes.
func groupsOf(params *nn.Params, rule Rule) (groups []group) {
	for _, p := range params.All() {
		if p.Fixed {
			continue
		}
		g := group{end: p.Offset() + (p.Elems()+nn.Align-1)/nn.Align*nn.Align}
		g.lrScale, g.decay = rule(p)
		if last := len(groups) - 1; last >= 0 && groups[last].lrScale == g.lrScale && groups[last].decay == g.decay {
			groups[last].end = g.end
		} else {
			groups = append(groups, g)
		}
	}
	return groups
}

// Steps returns the number of steps taken.
func (o *AdamW) Steps() int { return o.step }

// Step updates all parameters with the accumulated gradients times the factor of
// Measure, at learning rate lr times each parameter's scale. It does not clear the
// gradients.
func (o *AdamW) Step(lr float64) {
	o.step++
	o.pow1 = float64(o.pow1 * o.beta1)
	o.pow2 = float64(o.pow2 * o.beta2)
	for i, g := range o.groups {
		rates := ops.AdamRates(lr*g.lrScale, g.decay, 1-o.pow1)
		o.host[2*i], o.host[2*i+1] = rates[0], rates[1]
	}
	b := o.params.Backend()
	b.Upload(o.in[3], o.host)
	o.at = ops.Attr{Adam: ops.Adam{Beta1: o.beta1, Beta2: o.beta2, Eps: Eps, SqrtBiasCorr2: math.Sqrt(1 - o.pow2)}}
	b.Run(ops.AdamW, o.out[:], o.in[:], &o.at)
	o.params.Touch()
}
