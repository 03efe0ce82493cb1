package ops

import (
	"math"

	"github.com/godmae/godmae/tensor"
)

// LayerNorm normalises each row and applies a learned affine map (Ba, Kiros
// and Hinton, arXiv 1607.06450):
//
//	mean = sum(x)/D, rstd = 1/sqrt(sum((x-mean)^2)/D + Eps)
//	y    = (x-mean)*rstd*gamma + beta
//
// Inputs: x [..., D], gamma [D], beta [D]. Outputs: y like x, mean [rows],
// rstd [rows]; rows is the number of innermost vectors of x. Attribute: Eps.
// Float32 backends take two passes; the last step is fma(gamma, (x-mean)*rstd,
// beta).
var LayerNorm = &Op{
	Name:  "layer_norm",
	In:    []Param{{Name: "x"}, {Name: "gamma", Shared: true}, {Name: "beta", Shared: true}},
	Out:   []Param{{Name: "y"}, {Name: "mean"}, {Name: "rstd"}},
	Reads: AttrEps,
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, _ *Attr) [MaxOut]Spec {
		x := in[0].Shape()
		if x.Rank() < 1 || in[1].Shape().Elems() != x.Last() || in[2].Shape().Elems() != x.Last() {
			shapeError("layer_norm", "x [... D], gamma [D], beta [D]", in)
		}
		rows := tensor.Of(x.Rows())
		return [MaxOut]Spec{F(x), F(rows), F(rows)}
	},
	Ref: func(out, in []*Array, at *Attr) {
		x, gamma, beta := in[0], in[1].F, in[2].F
		d := x.Shape.Last()
		for r := range x.Shape.Rows() {
			row := x.F[r*d : r*d+d]
			mean, variance := 0.0, 0.0
			for _, v := range row {
				mean += v
			}
			mean /= float64(d)
			for _, v := range row {
				variance += (v - mean) * (v - mean)
			}
			rstd := 1 / math.Sqrt(variance/float64(d)+at.Eps)
			for j, v := range row {
				out[0].F[r*d+j] = (v-mean)*rstd*gamma[j] + beta[j]
			}
			out[1].F[r], out[2].F[r] = mean, rstd
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "rank 3", At: Attr{Eps: 1e-6}, In: []Arg{N(2, 3, 19), N(19), N(19)}},
			{Name: "offset", At: Attr{Eps: 1e-6}, In: []Arg{{Shape: tensor.Of(5, 48), Scale: 2, Offset: 3, Present: true}, N(48), N(48)}},
			{Name: "width 1", At: Attr{Eps: 1e-2}, In: []Arg{N(3, 1), N(1), N(1)}, NoGrad: []int{0, 1}},
		}
	},
}

// LayerNormGradX is the derivative of LayerNorm with respect to x. With
// xhat = (x-mean)*rstd and g = dy*gamma,
//
//	dx (+)= (g - sum(g)/D - xhat*sum(g*xhat)/D) * rstd
//
// Inputs: dy [..., D], x like dy, mean [rows], rstd [rows], gamma [D]. Output:
// dx like x. With Accumulate the result is added to dx.
var LayerNormGradX = &Op{
	Name:  "layer_norm.grad_x",
	In:    []Param{{Name: "dy"}, {Name: "x"}, {Name: "mean"}, {Name: "rstd"}, {Name: "gamma", Shared: true}},
	Out:   []Param{{Name: "dx"}},
	Reads: AttrAccumulate,
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, _ *Attr) [MaxOut]Spec {
		dy := in[0].Shape()
		if dy.Rank() < 1 || in[1].Shape() != dy || in[2].Shape().Elems() != dy.Rows() ||
			in[3].Shape().Elems() != dy.Rows() || in[4].Shape().Elems() != dy.Last() {
			shapeError("layer_norm.grad_x", "dy [... D], x [... D], mean [rows], rstd [rows], gamma [D]", in)
		}
		return [MaxOut]Spec{F(dy)}
	},
	Ref: func(out, in []*Array, at *Attr) {
		dy, x, gamma := in[0].F, in[1].F, in[4].F
		d := in[0].Shape.Last()
		for r := range in[0].Shape.Rows() {
			mean, rstd := in[2].F[r], in[3].F[r]
			a, b := 0.0, 0.0
			for j := range d {
				g := dy[r*d+j] * gamma[j]
				a += g
				b += g * (x[r*d+j] - mean) * rstd
			}
			a /= float64(d)
			b /= float64(d)
			for j := range d {
				g := dy[r*d+j] * gamma[j]
				xhat := (x[r*d+j] - mean) * rstd
				store(out[0].F, r*d+j, (g-a-xhat*b)*rstd, at.Accumulate)
			}
		}
	},
	Cases: func() []Case {
		positive := Arg{Shape: tensor.Of(6), Scale: 0.1, Offset: 1, Present: true}
		return []Case{
			{Name: "write", In: []Arg{N(2, 3, 19), N(2, 3, 19), N(6), positive, N(19)}},
			{Name: "accumulate", At: Attr{Accumulate: true}, In: []Arg{N(6, 32), N(6, 32), N(6), positive, N(32)}},
		}
	},
}

// LayerNormGradParams is the derivative of LayerNorm with respect to gamma and
// beta:
//
//	dgamma (+)= sum over rows of dy*(x-mean)*rstd
//	dbeta  (+)= sum over rows of dy
//
// Inputs: dy [B, ..., D], x like dy, mean [rows], rstd [rows]. Outputs: dgamma
// [D], dbeta [D]. As in [RowSum], the rows of a sample are one chain in order
// from +0 (of fused multiply-adds for dgamma). The sums of the samples are
// added in order, to the outputs with Accumulate, to +0 without. Attributes:
// Accumulate, Shards ([ShardSum]).
var LayerNormGradParams = &Op{
	Name:  "layer_norm.grad_params",
	In:    []Param{{Name: "dy"}, {Name: "x"}, {Name: "mean"}, {Name: "rstd"}},
	Out:   []Param{{Name: "dgamma"}, {Name: "dbeta"}},
	Reads: AttrAccumulate | AttrShards,
	Batch: Batch{Rule: SumSamples},
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		dy := in[0].Shape()
		if dy.Rank() < 2 || in[1].Shape() != dy || in[2].Shape().Elems() != dy.Rows() || in[3].Shape().Elems() != dy.Rows() {
			shapeError("layer_norm.grad_params", "dy [B ... D], x [B ... D], mean [rows], rstd [rows]", in)
		}
		checkShards("layer_norm.grad_params", dy.Dim(0), at)
		d := tensor.Of(dy.Last())
		return [MaxOut]Spec{F(d), F(d)}
	},
	Ref: func(out, in []*Array, at *Attr) {
		dy, x, mean, rstd := in[0].F, in[1].F, in[2].F, in[3].F
		d := in[0].Shape.Last()
		for j := range d {
			rows := in[0].Shape.Rows()
			gamma := ShardSum(0, rows, at.Shards, func(lo, hi int) (s float64) {
				for r := lo; r < hi; r++ {
					s += dy[r*d+j] * (x[r*d+j] - mean[r]) * rstd[r]
				}
				return s
			})
			beta := ShardSum(0, rows, at.Shards, func(lo, hi int) (s float64) {
				for r := lo; r < hi; r++ {
					s += dy[r*d+j]
				}
				return s
			})
			store(out[0].F, j, gamma, at.Accumulate)
			store(out[1].F, j, beta, at.Accumulate)
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "write", In: []Arg{N(2, 3, 19), N(2, 3, 19), N(6), N(6)}},
			{Name: "accumulate", At: Attr{Accumulate: true}, In: []Arg{N(3, 7, 32), N(3, 7, 32), N(21), N(21)}},
			{Name: "rank 2", In: []Arg{N(6, 5), N(6, 5), N(6), N(6)}},
			{Name: "shards", Apart: true, At: Attr{Shards: 4, Accumulate: true}, In: []Arg{N(8, 3, 33), N(8, 3, 33), N(24), N(24)}},
		}
	},
}
