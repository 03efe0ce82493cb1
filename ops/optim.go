package ops

import (
	"math"

	"github.com/godmae/godmae/tensor"
)

// Adam holds the host scalars of an AdamW step that are the same for all
// parameters. They are computed by package nn/optim with reproducible arithmetic.
type Adam struct {
	Beta1, Beta2, Eps float64
	SqrtBiasCorr2     float64 // sqrt(1 - Beta2^t) in step t, counted from 1
}

// AdamFactors are the factors of an AdamW step, rounded to float32, as a
// float32 backend uses them.
type AdamFactors struct{ Beta1, OneMinusBeta1, Beta2, OneMinusBeta2, SqrtBiasCorr2, Eps float32 }

// Factors returns the factors of a step. 1 - Beta is computed in float64 and
// rounded once.
func (a *Adam) Factors() AdamFactors {
	return AdamFactors{
		Beta1: float32(a.Beta1), OneMinusBeta1: float32(1 - a.Beta1),
		Beta2: float32(a.Beta2), OneMinusBeta2: float32(1 - a.Beta2),
		SqrtBiasCorr2: float32(a.SqrtBiasCorr2), Eps: float32(a.Eps),
	}
}

// AdamRates returns the row of [AdamW]'s input rates for a group of parameters:
// the factor of its weight decay, 1 - lr*weightDecay, and its step size,
// lr/biasCorr1 with biasCorr1 = 1 - Beta1^t. Both are computed in float64; the
// upload to a float32 backend rounds them once.
func AdamRates(lr, weightDecay, biasCorr1 float64) [2]float64 {
	return [2]float64{1 - float64(lr*weightDecay), lr / biasCorr1}
}

// AdamW is one step of AdamW (Loshchilov and Hutter, arXiv 1711.05101) in
// PyTorch's order of operations, over all parameters of a model at once. The
// parameters are stored one after the other, in groups with their own weight
// decay and step size. Group j ends before element ends[j].
//
//	g = g * scale
//	p = p * rates[j,0]
//	m = Beta1*m + (1-Beta1)*g
//	v = Beta2*v + (1-Beta2)*g*g
//	p = p - rates[j,1] * m / (sqrt(v)/SqrtBiasCorr2 + Eps)
//
// Outputs, updated in place: p, m, v (same size n). Inputs: the gradient g [n],
// scale [1] ([StepScale]; a scale that is not finite leaves all outputs
// unchanged), ends I32 [G], ascending, the last one n, and rates [G, 2]
// ([AdamRates]). Attribute: Adam; float32 backends use [Adam.Factors].
var AdamW = &Op{
	Name:  "adamw",
	In:    []Param{{Name: "g"}, {Name: "scale"}, {Name: "ends", Kind: Int}, {Name: "rates"}},
	Out:   []Param{{Name: "p"}, {Name: "m"}, {Name: "v"}},
	Reads: AttrAdam,
	Batch: Batch{WholeBatch, "the group of an element depends on its position"},
	InPlace: func(out, in []*tensor.Tensor, _ *Attr) {
		sameSize("adamw", "p, m, v and g", out, in[:1])
		groups := in[2].Shape().Elems()
		checkScale("adamw", in[1])
		if groups < 1 || in[3].Shape() != tensor.Of(groups, 2) {
			shapeError("adamw", "g [n], scale [1], ends i32 [G], rates [G 2]", in)
		}
	},
	Ref: func(out, in []*Array, at *Attr) {
		p, m, v := out[0].F, out[1].F, out[2].F
		a, scale := at.Adam, in[1].F[0]
		if !finite(scale) {
			return
		}
		group := 0
		for i, g := range in[0].F {
			for i >= int(in[2].I[group]) {
				group++
			}
			g *= scale
			p[i] *= in[3].F[2*group]
			m[i] = a.Beta1*m[i] + (1-a.Beta1)*g
			v[i] = a.Beta2*v[i] + (1-a.Beta2)*g*g
			p[i] -= in[3].F[2*group+1] * m[i] / (math.Sqrt(v[i])/a.SqrtBiasCorr2 + a.Eps)
		}
	},
	Cases: func() []Case {
		at := Attr{Adam: Adam{Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, SqrtBiasCorr2: 0.3122498999199199}}
		square := func(n int) Arg { return Arg{Shape: tensor.Of(n), Offset: 5, Present: true} }
		rates := func(decay ...float64) Arg {
			var v []float64
			for _, d := range decay {
				r := AdamRates(1e-2, d, 0.19)
				v = append(v, r[:]...)
			}
			return Arg{Shape: tensor.Of(len(decay), 2), Floats: v, Present: true}
		}
		return []Case{
			{Name: "step", At: at, In: []Arg{N(37), fixed(0.5), ints([]int32{37}, 1), rates(0.05)}, Out: []Arg{N(37), N(37), square(37)}},
			{Name: "groups", Apart: true, At: at, In: []Arg{N(100), fixed(1), ints([]int32{16, 16, 48, 100}, 4), rates(0.05, 0.5, 0, 0.1)}, Out: []Arg{N(100), N(100), square(100)}},
			{Name: "skipped", Apart: true, At: at, In: []Arg{N(19), fixed(math.NaN()), ints([]int32{19}, 1), rates(0.05)}, Out: []Arg{N(19), N(19), square(19)}},
		}
	},
}

// StepScale computes the factor of the gradients in an optimiser step. It is 1, or
// less to clip the norm, or NaN if the step must be skipped. Inputs: sumSquares
// [1] of all gradients ([SumSquares]), and optionally the losses of the step's
// images. Output: scale [1]. Attribute: Value, the largest norm; 0 for no limit.
//
//	scale = min(1, Value/(sqrt(sumSquares) + 1e-6))
//
// in float64, rounded once; 1 without a limit; NaN if sumSquares or a loss is
// not finite.
var StepScale = &Op{
	Name:  "step_scale",
	In:    []Param{{Name: "sumSquares"}, {Name: "losses", Optional: true}},
	Out:   []Param{{Name: "scale"}},
	Reads: AttrValue,
	Batch: Batch{WholeBatch, "one loss that is not finite skips the whole step"},
	Infer: func(in []*tensor.Tensor, _ *Attr) [MaxOut]Spec {
		if in[0].Shape().Elems() != 1 {
			shapeError("step_scale", "sumSquares [1], losses of any shape or none", in)
		}
		return [MaxOut]Spec{F(tensor.Of(1))}
	},
	Ref: func(out, in []*Array, at *Attr) {
		var losses []float64
		if in[1] != nil {
			losses = in[1].F
		}
		out[0].F[0] = StepScaleOf(in[0].F[0], at.Value, losses)
	},
	Cases: func() []Case {
		limit := Attr{Value: 2}
		return []Case{
			{Name: "clipped", At: limit, In: []Arg{fixed(37.5), N(7)}},
			{Name: "short", At: limit, In: []Arg{fixed(3.5)}},
			{Name: "no limit", In: []Arg{fixed(37.5), N(2, 3)}},
			{Name: "gradient", At: limit, In: []Arg{fixed(math.Inf(1)), N(7)}},
			{Name: "loss", In: []Arg{fixed(1), fixed(1, math.NaN(), 2)}},
		}
	},
}

// StepScaleOf is the definition of [StepScale], for a backend that computes it on
// the host.
func StepScaleOf[T float32 | float64](sumSquares T, limit float64, losses []T) float64 {
	for _, l := range losses {
		if !finite(float64(l)) {
			return math.NaN()
		}
	}
	switch {
	case !finite(float64(sumSquares)):
		return math.NaN()
	case limit == 0:
		return 1
	}
	return min(1, limit/(math.Sqrt(float64(sumSquares))+1e-6))
}

// checkScale panics unless the scale of a step, if there is one, is one number.
func checkScale(op string, scale *tensor.Tensor) {
	if scale != nil && scale.Shape().Elems() != 1 {
		shapeError(op, "scale [1]", []*tensor.Tensor{scale})
	}
}

func finite(x float64) bool { return x-x == 0 }

// SumSquares is the squared Euclidean norm of a flat tensor, for gradient
// clipping. Input: x. Output: one element, 16-lane reduction in blocks of
// 4,096.
var SumSquares = &Op{
	Name:  "sum_squares",
	In:    []Param{{Name: "x"}},
	Out:   []Param{{Name: "s"}},
	Batch: Batch{WholeBatch, "blocks of 4,096 elements may contain several samples"},
	Infer: func(in []*tensor.Tensor, _ *Attr) [MaxOut]Spec { return [MaxOut]Spec{F(tensor.Of(1))} },
	Ref: func(out, in []*Array, _ *Attr) {
		s := 0.0
		for _, x := range in[0].F {
			s += x * x
		}
		out[0].F[0] = s
	},
	Cases: func() []Case { return []Case{{Name: "short", In: []Arg{N(5)}}, {Name: "blocks", In: []Arg{N(9001)}}} },
}

// EMA updates an exponential moving average with a value. Output, updated in
// place: the average y. Inputs: the value x of the same size, and optionally scale
// [1], from [StepScale]; if it is not finite, y is unchanged. Attribute: Scale,
// the decay, at least 0 and below 1.
//
//	y = Scale*y + (1 - Scale)*x
//
// A float32 backend takes the two weights from [EMAWeights] and computes
// fma(x, take, y*keep).
var EMA = &Op{
	Name:  "ema",
	In:    []Param{{Name: "x"}, {Name: "scale", Optional: true, Shared: true}},
	Out:   []Param{{Name: "y"}},
	Reads: AttrScale,
	Batch: Batch{Rule: PerSample},
	InPlace: func(out, in []*tensor.Tensor, at *Attr) {
		sameSize("ema", "y and x", out, in[:1])
		checkScale("ema", in[1])
		if !(at.Scale >= 0 && at.Scale < 1) {
			panic(&tensor.ShapeError{Op: "ema", Msg: "a decay of at least 0 and below 1 is needed"})
		}
	},
	Ref: func(out, in []*Array, at *Attr) {
		if in[1] != nil && !finite(in[1].F[0]) {
			return
		}
		for i, x := range in[0].F {
			out[0].F[i] = at.Scale*out[0].F[i] + (1-at.Scale)*x
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "step", At: Attr{Scale: 0.875}, In: []Arg{N(3, 37)}, Out: []Arg{N(3, 37)}},
			{Name: "copy", In: []Arg{N(5)}, Out: []Arg{N(5)}},
			{Name: "scale", Apart: true, At: Attr{Scale: 0.875}, In: []Arg{N(7), fixed(0.5)}, Out: []Arg{N(7)}},
			{Name: "skipped", Apart: true, At: Attr{Scale: 0.875}, In: []Arg{N(7), fixed(math.NaN())}, Out: []Arg{N(7)}},
		}
	},
}

// EMAWeights returns the weights of [EMA] on a float32 backend: the decay rounded
// to float32, and 1 minus that. Their sum is exactly 1, so the average of a
// constant is that constant.
func EMAWeights(decay float64) (keep, take float32) {
	keep = float32(decay)
	return keep, 1 - keep
}

// fixed returns a test input of given numbers.
func fixed(v ...float64) Arg { return Arg{Shape: tensor.Of(len(v)), Floats: v, Present: true} }
