package ops

import (
	"math"

	"github.com/godmae/godmae/tensor"
)

// GeluGrad is the derivative of the exact GELU that [Linear] applies:
// dpre = dy * (Phi(pre) + pre*phi(pre)), with the standard normal distribution
// function Phi and density phi. Inputs: dy, pre (same shape). Output: dpre like
// pre.
var GeluGrad = &Op{
	Name:  "gelu.grad",
	In:    []Param{{Name: "dy"}, {Name: "pre"}},
	Out:   []Param{{Name: "dpre"}},
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, _ *Attr) [MaxOut]Spec {
		if in[0].Shape() != in[1].Shape() {
			shapeError("gelu.grad", "dy and pre of one shape", in)
		}
		return [MaxOut]Spec{F(in[0].Shape())}
	},
	Ref: func(out, in []*Array, _ *Attr) {
		for i, pre := range in[1].F {
			phi := math.Exp(-pre*pre/2) / math.Sqrt(2*math.Pi)
			out[0].F[i] = in[0].F[i] * (0.5*math.Erfc(-pre/math.Sqrt2) + pre*phi)
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "near 0", In: []Arg{N(2, 3, 19), N(2, 3, 19)}},
			{Name: "wide", In: []Arg{N(129), {Shape: tensor.Of(129), Scale: 6, Present: true}}},
		}
	},
}

// gelu is the exact GELU, x Phi(x) (Hendrycks and Gimpel, arXiv 1606.08415).
func gelu(x float64) float64 { return x * 0.5 * math.Erfc(-x/math.Sqrt2) }
