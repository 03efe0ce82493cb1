package ops

import (
	"math"

	"github.com/godmae/godmae/tensor"
)

// BatchNorm normalises each column of a batch by the batch's own mean and
// variance (Ioffe and Szegedy, arXiv 1502.03167), without gain and offset:
//
//	mean = sum_b x/B, var = sum_b (x-mean)^2/B,
//	rstd = 1/sqrt(var + Eps), y = (x - mean)*rstd
//
// Sums over the batch are one chain in the order of the samples, squares enter
// by FMA. Input: x [B, D]. Outputs: y like x, mean [D], var [D], rstd [D].
// Attribute: Eps.
var BatchNorm = &Op{
	Name:  "batch_norm",
	In:    []Param{{Name: "x"}},
	Out:   []Param{{Name: "y"}, {Name: "mean"}, {Name: "var"}, {Name: "rstd"}},
	Reads: AttrEps,
	Batch: Batch{WholeBatch, "the batch's own statistics are taken"},
	Infer: func(in []*tensor.Tensor, _ *Attr) [MaxOut]Spec {
		x := in[0].Shape()
		if x.Rank() != 2 {
			shapeError("batch_norm", "x [B D]", in)
		}
		d := F(tensor.Of(x.Dim(1)))
		return [MaxOut]Spec{F(x), d, d, d}
	},
	Ref: func(out, in []*Array, at *Attr) {
		b, d := in[0].Shape.Dim(0), in[0].Shape.Dim(1)
		for j := range d {
			mean, variance := 0.0, 0.0
			for i := range b {
				mean += in[0].F[i*d+j]
			}
			mean /= float64(b)
			for i := range b {
				c := in[0].F[i*d+j] - mean
				variance += c * c
			}
			variance /= float64(b)
			rstd := 1 / math.Sqrt(variance+at.Eps)
			for i := range b {
				out[0].F[i*d+j] = (in[0].F[i*d+j] - mean) * rstd
			}
			out[1].F[j], out[2].F[j], out[3].F[j] = mean, variance, rstd
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "batch", At: Attr{Eps: 1e-6}, In: []Arg{{Shape: tensor.Of(7, 19), Offset: 2, Present: true}}},
			{Name: "wide", At: Attr{Eps: 1e-3}, In: []Arg{N(3, 33)}},
		}
	},
}

// BatchNormGrad is the derivative of [BatchNorm]:
//
//	dx = rstd * (dy - sum_b dy/B - y * (sum_b dy*y)/B)
//
// Inputs: dy [B, D], y [B, D], rstd [D]. Output: dx like dy. Products enter the
// second sum by FMA.
var BatchNormGrad = &Op{
	Name:  "batch_norm.grad",
	In:    []Param{{Name: "dy"}, {Name: "y"}, {Name: "rstd"}},
	Out:   []Param{{Name: "dx"}},
	Batch: Batch{WholeBatch, "the batch's own statistics are taken"},
	Infer: func(in []*tensor.Tensor, _ *Attr) [MaxOut]Spec {
		dy := in[0].Shape()
		if dy.Rank() != 2 || in[1].Shape() != dy || in[2].Shape() != tensor.Of(dy.Dim(1)) {
			shapeError("batch_norm.grad", "dy [B D], y [B D], rstd [D]", in)
		}
		return [MaxOut]Spec{F(dy)}
	},
	Ref: func(out, in []*Array, _ *Attr) {
		b, d := in[0].Shape.Dim(0), in[0].Shape.Dim(1)
		for j := range d {
			sum, dot := 0.0, 0.0
			for i := range b {
				sum += in[0].F[i*d+j]
				dot += in[0].F[i*d+j] * in[1].F[i*d+j]
			}
			for i := range b {
				out[0].F[i*d+j] = in[2].F[j] * (in[0].F[i*d+j] - sum/float64(b) - in[1].F[i*d+j]*(dot/float64(b)))
			}
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "batch", In: []Arg{N(7, 19), N(7, 19), {Shape: tensor.Of(19), Offset: 2, Scale: 0.1, Present: true}}},
			{Name: "wide", In: []Arg{N(3, 33), N(3, 33), N(33)}},
		}
	},
}

// Standardize is [BatchNorm] with given statistics, as it is used after
// training: y = (x - mean) * (1/sqrt(var + Eps)). Inputs: x [B, D], mean [D] or
// none for 0, var [D]. Output: y like x. Attribute: Eps. Its derivative with
// respect to x is itself without mean.
var Standardize = &Op{
	Name:  "standardize",
	In:    []Param{{Name: "x"}, {Name: "mean", Optional: true, Shared: true}, {Name: "var", Shared: true}},
	Out:   []Param{{Name: "y"}},
	Reads: AttrEps,
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, _ *Attr) [MaxOut]Spec {
		x := in[0].Shape()
		if x.Rank() != 2 || in[1] != nil && in[1].Shape() != tensor.Of(x.Dim(1)) || in[2].Shape() != tensor.Of(x.Dim(1)) {
			shapeError("standardize", "x [B D], mean [D] or none, var [D]", in)
		}
		return [MaxOut]Spec{F(x)}
	},
	Ref: func(out, in []*Array, at *Attr) {
		d := in[0].Shape.Dim(1)
		for i, x := range in[0].F {
			if in[1] != nil {
				x -= in[1].F[i%d]
			}
			out[0].F[i] = x * (1 / math.Sqrt(in[2].F[i%d]+at.Eps))
		}
	},
	Cases: func() []Case {
		positive := Arg{Shape: tensor.Of(19), Offset: 5, Scale: 0.5, Present: true}
		return []Case{
			{Name: "statistics", At: Attr{Eps: 1e-6}, In: []Arg{N(5, 19), N(19), positive}, NoGrad: []int{1, 2}},
			{Name: "no mean", At: Attr{Eps: 1e-6}, In: []Arg{N(5, 19), {}, positive}, NoGrad: []int{2}},
		}
	},
}

// RunningStats updates the running statistics of [Standardize] with those of a
// batch, with weight Scale:
//
//	mean = (1-Scale)*mean + Scale*m, var = (1-Scale)*var + Scale*(v*Count/(Count-1))
//
// The variance of a batch of Count samples becomes the unbiased one. Outputs, updated in
// place: mean [D], var [D]. Inputs: m [D], v [D], of [BatchNorm], and optionally scale
// [1], from [StepScale]; if it is not finite, mean and var are unchanged. Attributes:
// Scale, Count of at least 2. The weights are [RunningWeights], each rounded once; both
// products are rounded before their sum.
var RunningStats = &Op{
	Name:  "running_stats",
	In:    []Param{{Name: "m"}, {Name: "v"}, {Name: "scale", Optional: true, Shared: true}},
	Out:   []Param{{Name: "mean"}, {Name: "var"}},
	Reads: AttrScale | AttrCount,
	Batch: Batch{Rule: PerSample},
	InPlace: func(out, in []*tensor.Tensor, at *Attr) {
		sameSize("running_stats", "mean, var, m and v", out, in[:2])
		checkScale("running_stats", in[2])
		if at.Count < 2 {
			panic(&tensor.ShapeError{Op: "running_stats", Msg: "statistics of at least 2 samples are needed"})
		}
	},
	Ref: func(out, in []*Array, at *Attr) {
		if in[2] != nil && !finite(in[2].F[0]) {
			return
		}
		keep, take, unbiased := RunningWeights(at.Scale, at.Count)
		for j := range in[0].F {
			out[0].F[j] = keep*out[0].F[j] + take*in[0].F[j]
			out[1].F[j] = keep*out[1].F[j] + take*(in[1].F[j]*unbiased)
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "step", At: Attr{Scale: 0.1, Count: 16}, In: []Arg{N(19), N(19)}, Out: []Arg{N(19), N(19)}},
			{Name: "skipped", Apart: true, At: Attr{Scale: 0.1, Count: 16}, In: []Arg{N(19), N(19), fixed(math.NaN())}, Out: []Arg{N(19), N(19)}},
		}
	},
}

// RunningWeights returns the weights of [RunningStats]: the weight of the old
// statistics, the weight of the batch's, and the factor from the batch's
// variance to the unbiased one.
func RunningWeights(share float64, count int) (keep, take, unbiased float64) {
	return 1 - share, share, float64(count) / float64(count-1)
}
