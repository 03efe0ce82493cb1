package ops

import (
	"math"

	"github.com/godmae/godmae/tensor"
)

// NormPatches normalises each target patch by its own statistics, as masked
// autoencoders do (He et al., arXiv 2111.06377):
//
//	y = (x - mean) / sqrt(var + Eps), var = sum((x-mean)^2)/(P-1)
//
// Input: x [B, L, P], P > 1. Output: y like x. Attribute: Eps. Targets need no
// derivative.
var NormPatches = &Op{
	Name:  "norm_patches",
	In:    []Param{{Name: "x"}},
	Out:   []Param{{Name: "y"}},
	Reads: AttrEps,
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, _ *Attr) [MaxOut]Spec {
		if in[0].Shape().Rank() != 3 || in[0].Shape().Last() < 2 {
			shapeError("norm_patches", "x [B L P] with P > 1", in)
		}
		return [MaxOut]Spec{F(in[0].Shape())}
	},
	Ref: func(out, in []*Array, at *Attr) {
		n := in[0].Shape.Last()
		for r := range in[0].Shape.Rows() {
			row := in[0].F[r*n : r*n+n]
			mean, variance := 0.0, 0.0
			for _, v := range row {
				mean += v
			}
			mean /= float64(n)
			for _, v := range row {
				variance += (v - mean) * (v - mean)
			}
			std := math.Sqrt(variance/float64(n-1) + at.Eps)
			for j, v := range row {
				out[0].F[r*n+j] = (v - mean) / std
			}
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "colour", At: Attr{Eps: 1e-6}, In: []Arg{N(2, 3, 48)}},
			{Name: "flat", At: Attr{Eps: 1e-2}, In: []Arg{{Shape: tensor.Of(2, 2, 19), Scale: 0.01, Offset: 0.5, Present: true}}},
		}
	},
}

// PatchMSE is the reconstruction loss of a sample: the mean over its patches of
// the mean squared error of a patch. Inputs: pred [B, L, P], target like pred.
// Output: loss [B]. On float32 backends the squares enter a patch's sum by
// fused multiply-adds, each sum is divided by P, and the sum of these by L.
var PatchMSE = &Op{
	Name:  "patch_mse",
	In:    []Param{{Name: "pred"}, {Name: "target"}},
	Out:   []Param{{Name: "loss"}},
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, _ *Attr) [MaxOut]Spec {
		x := in[0].Shape()
		if x.Rank() != 3 || in[1].Shape() != x {
			shapeError("patch_mse", "pred [B L P], target [B L P]", in)
		}
		return [MaxOut]Spec{F(tensor.Of(x.Dim(0)))}
	},
	Ref: func(out, in []*Array, _ *Attr) {
		l, p := in[0].Shape.Dim(1), in[0].Shape.Dim(2)
		for b := range in[0].Shape.Dim(0) {
			sum := 0.0
			for i := b * l * p; i < (b+1)*l*p; i++ {
				d := in[0].F[i] - in[1].F[i]
				sum += d * d
			}
			out[0].F[b] = sum / float64(p) / float64(l)
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "colour", In: []Arg{N(2, 5, 48), N(2, 5, 48)}, NoGrad: []int{1}},
			{Name: "odd", In: []Arg{N(3, 19, 7), N(3, 19, 7)}, NoGrad: []int{1}},
		}
	},
}

// PatchMSEGrad is the derivative of [PatchMSE] with respect to pred: (pred - target) *
// (2*dloss[b]/(L*P)). L*P is rounded to the backend's float type, then the quotient is rounded.
// Inputs: pred [B, L, P], target like pred, dloss [B]. Output: dpred like pred.
var PatchMSEGrad = &Op{
	Name:  "patch_mse.grad",
	In:    []Param{{Name: "pred"}, {Name: "target"}, {Name: "dloss"}},
	Out:   []Param{{Name: "dpred"}},
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, _ *Attr) [MaxOut]Spec {
		x := in[0].Shape()
		if x.Rank() != 3 || in[1].Shape() != x || in[2].Shape() != tensor.Of(x.Dim(0)) {
			shapeError("patch_mse.grad", "pred [B L P], target [B L P], dloss [B]", in)
		}
		return [MaxOut]Spec{F(x)}
	},
	Ref: func(out, in []*Array, _ *Attr) {
		n := in[0].Shape.Dim(1) * in[0].Shape.Dim(2)
		for i, x := range in[0].F {
			out[0].F[i] = (x - in[1].F[i]) * (2 * in[2].F[i/n] / float64(n))
		}
	},
	Cases: func() []Case {
		return []Case{{Name: "colour", In: []Arg{N(2, 5, 48), N(2, 5, 48), N(2)}}, {Name: "odd", In: []Arg{N(3, 19, 7), N(3, 19, 7), N(3)}}}
	},
}
