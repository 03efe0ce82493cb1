package ops

import (
	"math"

	"github.com/godmae/godmae/tensor"
)

// Lars holds the host scalars of a step of [LARS].
type Lars struct {
	LR, Momentum, WeightDecay float64
	Trust                     float64 // trust coefficient; 0 for no scaling of the gradient
}

// LARS is one step of layer-wise adaptive rate scaling (You et al., arXiv
// 1708.03888) of one parameter: the gradient is scaled in proportion to the
// parameter's norm. Outputs, updated in place: p, mu. Inputs: the gradient g of the
// same size, and scale [1] ([StepScale]; a scale that is not finite leaves both
// outputs unchanged). Attribute: Lars.
//
//	d  = scale*g + WeightDecay*p
//	d  = d * (Trust*|p|/|d|), if Trust > 0 and neither norm is 0
//	mu = Momentum*mu + d
//	p  = p - LR*mu
//
// Norms are 16-lane reductions in blocks of 4,096, as in [SumSquares].
var LARS = &Op{
	Name:  "lars",
	In:    []Param{{Name: "g"}, {Name: "scale"}},
	Out:   []Param{{Name: "p"}, {Name: "mu"}},
	Reads: AttrLars,
	Batch: Batch{WholeBatch, "the norm of the whole parameter is used"},
	InPlace: func(out, in []*tensor.Tensor, _ *Attr) {
		sameSize("lars", "p, mu and g", out, in[:1])
		checkScale("lars", in[1])
	},
	Ref: func(out, in []*Array, at *Attr) {
		scale := in[1].F[0]
		if !finite(scale) {
			return
		}
		p, mu, l := out[0].F, out[1].F, at.Lars
		d := make([]float64, len(p))
		pp, dd := 0.0, 0.0
		for i, g := range in[0].F {
			d[i] = scale*g + l.WeightDecay*p[i]
			pp += p[i] * p[i]
			dd += d[i] * d[i]
		}
		q := 1.0
		if l.Trust > 0 && pp > 0 && dd > 0 {
			q = l.Trust * math.Sqrt(pp) / math.Sqrt(dd)
		}
		for i := range p {
			mu[i] = l.Momentum*mu[i] + d[i]*q
			p[i] -= l.LR * mu[i]
		}
	},
	Cases: func() []Case {
		at := func(trust, decay float64) Attr {
			return Attr{Lars: Lars{LR: 0.1, Momentum: 0.9, WeightDecay: decay, Trust: trust}}
		}
		zero := Arg{Shape: tensor.Of(5), Floats: make([]float64, 5), Present: true}
		return []Case{
			{Name: "weight", At: at(0.001, 0), In: []Arg{N(5, 7), fixed(1)}, Out: []Arg{N(5, 7), N(5, 7)}},
			{Name: "decay", At: at(0.5, 0.05), In: []Arg{N(4500), fixed(0.5)}, Out: []Arg{N(4500), N(4500)}},
			{Name: "bias", At: at(0, 0), In: []Arg{N(5), fixed(1)}, Out: []Arg{N(5), N(5)}},
			{Name: "zero", At: at(0.001, 0), In: []Arg{N(5), fixed(1)}, Out: []Arg{zero, N(5)}},
			{Name: "skipped", Apart: true, At: at(0.001, 0), In: []Arg{N(5), fixed(math.Inf(1))}, Out: []Arg{N(5), N(5)}},
		}
	},
}
