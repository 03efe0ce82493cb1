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
// parameters of a model. Its moments lie in flat tensors beside the gradients,
// and neighbours that are trained alike are updated by one operation.
type AdamW struct {
	params       *nn.Params
	beta1, beta2 float64
	m, v         *tensor.Tensor
	spans        []span
	step         int     // steps taken
	pow1, pow2   float64 // beta1^step and beta2^step

	gradNorm
	at ops.Attr // argument of operations, kept to allocate nothing in a step
}

// span is a run of parameters with the same rule.
type span struct {
	out            [3]*tensor.Tensor // parameter, first and second moment
	in             [1]*tensor.Tensor // gradient
	lrScale, decay float64
}

// NewAdamW returns an optimiser with zero moments, and enables gradients.
func NewAdamW(params *nn.Params, beta1, beta2 float64, rule Rule) *AdamW {
	params.EnableGrad()
	b := params.Backend()
	shape := params.Grads().Shape()
	o := &AdamW{
		params: params, beta1: beta1, beta2: beta2, pow1: 1, pow2: 1,
		m: b.Persist(b.Float(), shape), v: b.Persist(b.Float(), shape),
		gradNorm: newGradNorm(params),
	}
	var from, to int
	var scale, decay float64
	flush := func() {
		if to > from {
			o.spans = append(o.spans, o.newSpan(from, to, scale, decay))
		}
		from = to
	}
	for _, p := range params.All() {
		if p.Fixed {
			continue
		}
		if s, d := rule(p); s != scale || d != decay {
			flush()
			scale, decay = s, d
		}
		to = p.Offset() + (p.Elems()+nn.Align-1)/nn.Align*nn.Align
	}
	flush()
	return o
}

func (o *AdamW) newSpan(from, to int, scale, decay float64) span {
	view := func(t *tensor.Tensor) *tensor.Tensor { return t.View(from, tensor.Of(to-from)) }
	return span{
		out:     [3]*tensor.Tensor{view(o.params.Values()), view(o.m), view(o.v)},
		in:      [1]*tensor.Tensor{view(o.params.Grads())},
		lrScale: scale, decay: decay,
	}
}

// Steps returns the number of steps taken.
func (o *AdamW) Steps() int { return o.step }

// Step updates all parameters with the accumulated gradients times gradScale
// (1, or what ClipScale returned), at learning rate lr times each parameter's
// scale. It does not clear the gradients.
func (o *AdamW) Step(lr, gradScale float64) {
	o.step++
	o.pow1 = float64(o.pow1 * o.beta1)
	o.pow2 = float64(o.pow2 * o.beta2)
	b := o.params.Backend()
	o.at = ops.Attr{Adam: ops.Adam{
		Beta1: o.beta1, Beta2: o.beta2, Eps: Eps,
		BiasCorr1:     1 - o.pow1,
		SqrtBiasCorr2: math.Sqrt(1 - o.pow2),
		GradScale:     gradScale,
	}}
	for i := range o.spans {
		s := &o.spans[i]
		o.at.Adam.LR = lr * s.lrScale
		o.at.Adam.WeightDecay = s.decay
		b.Run(ops.AdamW, s.out[:], s.in[:], &o.at)
	}
	o.params.Touch()
}
