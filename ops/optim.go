package ops

import (
	"math"

	"github.com/godmae/godmae/tensor"
)

// Adam holds the host scalars of an AdamW step. They are computed by package
// nn/optim with reproducible arithmetic, and rounded to float32 by float32
// backends.
type Adam struct {
	LR, Beta1, Beta2, Eps, WeightDecay float64
	// BiasCorr1 is 1 - Beta1^t, SqrtBiasCorr2 is sqrt(1 - Beta2^t).
	BiasCorr1, SqrtBiasCorr2 float64
	// GradScale multiplies the gradient first (clipping); 1 for none.
	GradScale float64
}

// AdamW is one step of AdamW (Loshchilov and Hutter, arXiv 1711.05101) in
// PyTorch's order of operations. Outputs, updated in place: p, m, v (same
// shape). Input: the gradient g. Attributes: Adam.
//
//	g = g * GradScale
//	p = p - p*(LR*WeightDecay)
//	m = Beta1*m + (1-Beta1)*g
//	v = Beta2*v + (1-Beta2)*g*g
//	p = p - (LR/BiasCorr1) * m / (sqrt(v)/SqrtBiasCorr2 + Eps)
var AdamW = &Op{
	Name:    "adamw",
	Outputs: 3,
	Ref: func(out, in []*Array, at *Attr) {
		p, m, v := out[0].F, out[1].F, out[2].F
		a := at.Adam
		for i, g := range in[0].F {
			g *= a.GradScale
			p[i] -= p[i] * a.LR * a.WeightDecay
			m[i] = a.Beta1*m[i] + (1-a.Beta1)*g
			v[i] = a.Beta2*v[i] + (1-a.Beta2)*g*g
			p[i] -= a.LR / a.BiasCorr1 * m[i] / (math.Sqrt(v[i])/a.SqrtBiasCorr2 + a.Eps)
		}
	},
	Cases: func() []Case {
		at := Attr{Adam: Adam{LR: 1e-2, Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, WeightDecay: 0.05, BiasCorr1: 0.19, SqrtBiasCorr2: 0.3122498999199199, GradScale: 0.5}}
		return []Case{{Name: "step", At: at, In: []Arg{N(37)}, Out: []Arg{N(37), N(37), {Shape: tensor.Of(37), Offset: 5, Present: true}}}}
	},
}

// SumSquares is the squared Euclidean norm of a flat tensor, for gradient
// clipping. Input: x. Output: one element, 16-lane reduction in blocks of
// 4,096.
var SumSquares = &Op{
	Name:    "sum_squares",
	Outputs: 1,
	Infer:   func(in []*tensor.Tensor, _ *Attr) [MaxOut]Spec { return [MaxOut]Spec{F(tensor.Of(1))} },
	Ref: func(out, in []*Array, _ *Attr) {
		s := 0.0
		for _, x := range in[0].F {
			s += x * x
		}
		out[0].F[0] = s
	},
	Cases: func() []Case { return []Case{{Name: "short", In: []Arg{N(5)}}, {Name: "blocks", In: []Arg{N(9001)}}} },
}

// EMA moves an exponential moving average towards a value. Output, updated in
// place: the average y. Input: the value x of the same size. Attribute: Scale,
// the decay, at least 0 and below 1.
//
//	y = Scale*y + (1 - Scale)*x
//
// A float32 backend rounds Scale to float32 first, and takes 1 - Scale of that:
// the two weights add up to exactly 1, and a constant is its own average.
var EMA = &Op{
	Name:    "ema",
	Outputs: 1,
	Ref: func(out, in []*Array, at *Attr) {
		for i, x := range in[0].F {
			out[0].F[i] = at.Scale*out[0].F[i] + (1-at.Scale)*x
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "step", At: Attr{Scale: 0.875}, In: []Arg{N(3, 37)}, Out: []Arg{N(3, 37)}},
			{Name: "copy", In: []Arg{N(5)}, Out: []Arg{N(5)}},
		}
	},
}
