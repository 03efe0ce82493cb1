package ops

import (
	"math"

	"github.com/godmae/godmae/tensor"
)

// Softmax maps each row to p = exp(x - max x) / sum exp(x - max x). Input:
// x [..., K]. Output: p like x.
var Softmax = &Op{
	Name:  "softmax",
	In:    []Param{{Name: "x"}},
	Out:   []Param{{Name: "p"}},
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, _ *Attr) [MaxOut]Spec {
		if in[0].Shape().Rank() < 1 {
			shapeError("softmax", "x [... K]", in)
		}
		return [MaxOut]Spec{F(in[0].Shape())}
	},
	Ref: func(out, in []*Array, _ *Attr) {
		k := in[0].Shape.Last()
		for r := range in[0].Shape.Rows() {
			softmax(out[0].F[r*k:r*k+k], in[0].F[r*k:r*k+k])
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "ten", In: []Arg{N(3, 10)}},
			{Name: "wide", In: []Arg{{Shape: tensor.Of(2, 3, 37), Scale: 4, Offset: 50, Present: true}}},
		}
	},
}

// SoftmaxGrad is the derivative of Softmax: dx = p*(dy - sum(p*dy)). Inputs: dy
// [..., K], p like dy. Output: dx like dy.
var SoftmaxGrad = &Op{
	Name:  "softmax.grad",
	In:    []Param{{Name: "dy"}, {Name: "p"}},
	Out:   []Param{{Name: "dx"}},
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, _ *Attr) [MaxOut]Spec {
		if in[0].Shape() != in[1].Shape() || in[0].Shape().Rank() < 1 {
			shapeError("softmax.grad", "dy [... K], p [... K]", in)
		}
		return [MaxOut]Spec{F(in[0].Shape())}
	},
	Ref: func(out, in []*Array, _ *Attr) {
		k := in[0].Shape.Last()
		for r := range in[0].Shape.Rows() {
			dy, p := in[0].F[r*k:r*k+k], in[1].F[r*k:r*k+k]
			dot := 0.0
			for j := range k {
				dot += p[j] * dy[j]
			}
			for j := range k {
				out[0].F[r*k+j] = p[j] * (dy[j] - dot)
			}
		}
	},
	Cases: func() []Case {
		return []Case{{Name: "ten", In: []Arg{N(3, 10), N(3, 10)}}, {Name: "wide", In: []Arg{N(2, 3, 37), N(2, 3, 37)}}}
	},
}

// softmax writes the softmax of x to dst, which may be x.
func softmax(dst, x []float64) {
	largest := math.Inf(-1)
	for _, v := range x {
		largest = max(largest, v)
	}
	z := 0.0
	for j, v := range x {
		dst[j] = math.Exp(v - largest)
		z += dst[j]
	}
	for j := range dst {
		dst[j] /= z
	}
}

// logSoftmax writes the logarithm of the softmax of x to dst, which may be x.
func logSoftmax(dst, x []float64) {
	largest := math.Inf(-1)
	for _, v := range x {
		largest = max(largest, v)
	}
	z := 0.0
	for _, v := range x {
		z += math.Exp(v - largest)
	}
	logz := math.Log(z)
	for j, v := range x {
		dst[j] = v - largest - logz
	}
}
