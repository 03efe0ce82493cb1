package ops

import "github.com/godmae/godmae/tensor"

// Linear is the affine map of a layer with its fused operations:
//
//	pre = x W^T + b
//	y   = res + scale * act(pre)
//
// Inputs: x [..., K], W [N, K], and, each optional, b [N], res [..., N], scale
// [B] (B the outermost dimension of x; the drop-path factor of a sample, only
// together with res). Attributes: Gelu applies the exact GELU, and the second
// output is pre, for the derivative. Without Gelu, or with Infer, the second
// output is empty. Outputs: y [..., N], pre [..., N] or [0].
//
// Each element of x W^T is one chain of fused multiply-adds over ascending k.
var Linear = &Op{
	Name:  "linear",
	In:    []Param{{Name: "x"}, {Name: "W", Shared: true}, {Name: "b", Optional: true, Shared: true}, {Name: "res", Optional: true}, {Name: "scale", Optional: true}},
	Out:   []Param{{Name: "y"}, {Name: "pre"}},
	Reads: AttrGelu | AttrInfer,
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		x, w := in[0].Shape(), in[1].Shape()
		if w.Rank() != 2 || x.Rank() < 2 || x.Last() != w.Dim(1) ||
			in[2] != nil && in[2].Shape() != tensor.Of(w.Dim(0)) ||
			in[3] != nil && in[3].Shape() != x.WithLast(w.Dim(0)) ||
			in[4] != nil && (in[3] == nil || in[4].Shape() != tensor.Of(x.Dim(0))) {
			shapeError("linear", "x [... K], W [N K], b [N], res [... N], scale [B]", in)
		}
		y := x.WithLast(w.Dim(0))
		pre := tensor.Of(0)
		if at.Gelu && !at.Infer {
			pre = y
		}
		return [MaxOut]Spec{F(y), F(pre)}
	},
	Ref: func(out, in []*Array, at *Attr) {
		x, w, b, res, scale := in[0], in[1], in[2], in[3], in[4]
		n, k := w.Shape.Dim(0), w.Shape.Dim(1)
		rows := x.Shape.Rows()
		for r := range rows {
			for j := range n {
				s := 0.0
				for i := range k {
					s += x.F[r*k+i] * w.F[j*k+i]
				}
				if b != nil {
					s += b.F[j]
				}
				if at.Gelu {
					if !at.Infer {
						out[1].F[r*n+j] = s
					}
					s = gelu(s)
				}
				if scale != nil {
					s *= scale.F[r/(rows/scale.Shape.Elems())]
				}
				if res != nil {
					s += res.F[r*n+j]
				}
				out[0].F[r*n+j] = s
			}
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "plain", In: []Arg{N(2, 3, 5), N(4, 5), {}, {}, {}}},
			{Name: "bias", In: []Arg{N(7, 19), N(33, 19), N(33), {}, {}}},
			{Name: "gelu", At: Attr{Gelu: true}, In: []Arg{N(2, 5, 16), N(17, 16), N(17), {}, {}}},
			{Name: "long rows", In: []Arg{N(2, 7, 530), N(18, 530), N(18), {}, {}}},
			{Name: "residual", In: []Arg{N(2, 3, 8), N(4, 8), N(4), N(2, 3, 4), {}}},
			{Name: "drop path", In: []Arg{N(3, 2, 6), N(5, 6), N(5), N(3, 2, 5), {Shape: tensor.Of(3), Floats: []float64{0, 1.25, 1.25}, Present: true}}, NoGrad: []int{4}},
		}
	},
}

// LinearGradX is the derivative of x W^T with respect to x: dx (+)= dy W.
// Inputs: dy [..., N], W [N, K]. Output: dx [..., K]. With Accumulate the chain
// over n continues from dx.
var LinearGradX = &Op{
	Name:  "linear.grad_x",
	In:    []Param{{Name: "dy"}, {Name: "W", Shared: true}},
	Out:   []Param{{Name: "dx"}},
	Reads: AttrAccumulate,
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, _ *Attr) [MaxOut]Spec {
		dy, w := in[0].Shape(), in[1].Shape()
		if w.Rank() != 2 || dy.Rank() < 2 || dy.Last() != w.Dim(0) {
			shapeError("linear.grad_x", "dy [... N], W [N K]", in)
		}
		return [MaxOut]Spec{F(dy.WithLast(w.Dim(1)))}
	},
	Ref: func(out, in []*Array, at *Attr) {
		dy, w := in[0], in[1]
		n, k := w.Shape.Dim(0), w.Shape.Dim(1)
		for r := range dy.Shape.Rows() {
			for i := range k {
				s := 0.0
				for j := range n {
					s += dy.F[r*n+j] * w.F[j*k+i]
				}
				store(out[0].F, r*k+i, s, at.Accumulate)
			}
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "write", In: []Arg{N(2, 3, 5), N(5, 7)}},
			{Name: "accumulate", At: Attr{Accumulate: true}, In: []Arg{N(9, 17), N(17, 33)}},
			{Name: "long rows", At: Attr{Accumulate: true}, In: []Arg{N(2, 11, 530), N(530, 70)}},
		}
	},
}

// LinearGradW is the derivative of x W^T with respect to W: dW (+)= dy^T x.
// Inputs: dy [..., N], x [..., K]. Output: dW [N, K]. The chain runs over all
// rows in ascending order, sample after sample, and continues from dW with
// Accumulate. So accumulating micro-batches gives the bits of one large
// batch. Attributes: Accumulate, Shards ([ShardSum]).
var LinearGradW = &Op{
	Name:  "linear.grad_w",
	In:    []Param{{Name: "dy"}, {Name: "x"}},
	Out:   []Param{{Name: "dW"}},
	Reads: AttrAccumulate | AttrShards,
	Batch: Batch{Rule: SumSamples},
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		dy, x := in[0].Shape(), in[1].Shape()
		if dy.Rank() != x.Rank() || dy.Rank() < 2 || dy.WithLast(1) != x.WithLast(1) {
			shapeError("linear.grad_w", "dy [... N], x [... K]", in)
		}
		checkShards("linear.grad_w", dy.Dim(0), at)
		return [MaxOut]Spec{F(tensor.Of(dy.Last(), x.Last()))}
	},
	Ref: func(out, in []*Array, at *Attr) {
		dy, x := in[0], in[1]
		n, k := dy.Shape.Last(), x.Shape.Last()
		for j := range n {
			for i := range k {
				s := ShardSum(0, dy.Shape.Rows(), at.Shards, func(lo, hi int) (s float64) {
					for r := lo; r < hi; r++ {
						s += dy.F[r*n+j] * x.F[r*k+i]
					}
					return s
				})
				store(out[0].F, j*k+i, s, at.Accumulate)
			}
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "write", In: []Arg{N(2, 3, 5), N(2, 3, 7)}},
			{Name: "accumulate", At: Attr{Accumulate: true}, In: []Arg{N(50, 17), N(50, 33)}},
			{Name: "many rows", In: []Arg{N(4, 150, 70), N(4, 150, 65)}},
			{Name: "shards", Apart: true, At: Attr{Shards: 4}, In: []Arg{N(8, 5, 17), N(8, 5, 33)}},
			{Name: "shards accumulate", Apart: true, At: Attr{Shards: 2, Accumulate: true}, In: []Arg{N(6, 7, 70), N(6, 7, 65)}},
		}
	},
}

// RowSum is the derivative of a bias: the sum over all but the innermost
// dimension. Input: dy [..., T, N]. Output: db (+)= sum, [N]. The T rows of a
// sample are one chain, and the samples are added in order; a rank-2 input
// has samples of one row. Attributes: Accumulate, Shards ([ShardSum]).
var RowSum = &Op{
	Name:  "row_sum",
	In:    []Param{{Name: "dy"}},
	Out:   []Param{{Name: "db"}},
	Reads: AttrAccumulate | AttrShards,
	Batch: Batch{Rule: SumSamples},
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		if in[0].Shape().Rank() < 2 {
			shapeError("row_sum", "dy [... T N]", in)
		}
		checkShards("row_sum", in[0].Shape().Dim(0), at)
		return [MaxOut]Spec{F(tensor.Of(in[0].Shape().Last()))}
	},
	Ref: func(out, in []*Array, at *Attr) {
		n := in[0].Shape.Last()
		for j := range n {
			s := ShardSum(0, in[0].Shape.Rows(), at.Shards, func(lo, hi int) (s float64) {
				for r := lo; r < hi; r++ {
					s += in[0].F[r*n+j]
				}
				return s
			})
			store(out[0].F, j, s, at.Accumulate)
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "write", In: []Arg{N(3, 5, 7)}},
			{Name: "accumulate", At: Attr{Accumulate: true}, In: []Arg{N(4, 50, 33)}},
			{Name: "rank 2", In: []Arg{N(9, 10)}},
			{Name: "shards", Apart: true, At: Attr{Shards: 4, Accumulate: true}, In: []Arg{N(8, 5, 33)}},
		}
	},
}

// store writes a value, or adds it if accumulate is set.
func store(dst []float64, i int, v float64, accumulate bool) {
	if accumulate {
		v += dst[i]
	}
	dst[i] = v
}
