package ops

import "github.com/godmae/godmae/tensor"

// Add is a + b. Inputs: a, and b, which has a's shape or repeats over a's outer
// dimensions: its dimensions, leading ones aside, are the innermost dimensions
// of a (a position embedding [1, T, D] or [T, D] over tokens [B, T, D]).
// Output: like a.
var Add = &Op{
	Name:  "add",
	In:    []Param{{Name: "a"}, {Name: "b", Shared: true}},
	Out:   []Param{{Name: "y"}},
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, _ *Attr) [MaxOut]Spec {
		if !repeats(in[1].Shape(), in[0].Shape()) {
			shapeError("add", "b with a's shape or a's innermost dimensions", in)
		}
		return [MaxOut]Spec{F(in[0].Shape())}
	},
	Ref: func(out, in []*Array, _ *Attr) {
		n := len(in[1].F)
		for i, a := range in[0].F {
			out[0].F[i] = a + in[1].F[i%n]
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "same shape", In: []Arg{N(3, 19), N(3, 19)}},
			{Name: "positions", In: []Arg{N(2, 5, 7), N(1, 5, 7)}},
			{Name: "bias", In: []Arg{N(2, 5, 33), N(33)}},
		}
	},
}

// BroadcastGrad is the derivative of [Add] with respect to its second input: the
// sum of dy over the repetitions of b. Inputs: dy, and b, of which only the
// shape is read. Output: db, like b. Each element is one chain over the
// repetitions in order, from db with Accumulate, from +0 without. Attributes:
// Accumulate, Shards ([ShardSum], over the repetitions).
var BroadcastGrad = &Op{
	Name:  "add.grad_b",
	In:    []Param{{Name: "dy"}, {Name: "b", Shared: true}},
	Out:   []Param{{Name: "db"}},
	Reads: AttrAccumulate | AttrShards,
	Batch: Batch{Rule: SumSamples},
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		if !repeats(in[1].Shape(), in[0].Shape()) {
			shapeError("add.grad_b", "b with dy's shape or dy's innermost dimensions", in)
		}
		checkShards("add.grad_b", in[0].Shape().Dim(0), at)
		checkShards("add.grad_b", in[0].Shape().Elems()/in[1].Shape().Elems(), at)
		return [MaxOut]Spec{F(in[1].Shape())}
	},
	Ref: func(out, in []*Array, at *Attr) {
		n := in[1].Shape.Elems()
		for j := range n {
			s := ShardSum(0, len(in[0].F)/n, at.Shards, func(lo, hi int) (s float64) {
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
			{Name: "positions", In: []Arg{N(3, 5, 7), N(1, 5, 7)}},
			{Name: "accumulate", At: Attr{Accumulate: true}, In: []Arg{N(4, 5, 33), N(5, 33)}},
			{Name: "bias", In: []Arg{N(2, 5, 9), N(9)}},
			{Name: "shards", Apart: true, At: Attr{Shards: 2, Accumulate: true}, In: []Arg{N(4, 5, 33), N(5, 33)}},
		}
	},
}

// RowScale multiplies each sample by its drop-path factor: y[b] = s[b]*x[b].
// Inputs: x [B, ...], s [B]. Output: y like x.
var RowScale = &Op{
	Name:  "row_scale",
	In:    []Param{{Name: "x"}, {Name: "s"}},
	Out:   []Param{{Name: "y"}},
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, _ *Attr) [MaxOut]Spec {
		x := in[0].Shape()
		if x.Rank() < 1 || in[1].Shape() != tensor.Of(x.Dim(0)) {
			shapeError("row_scale", "x [B ...], s [B]", in)
		}
		return [MaxOut]Spec{F(x)}
	},
	Ref: func(out, in []*Array, _ *Attr) {
		n := len(in[0].F) / max(1, len(in[1].F))
		for i, x := range in[0].F {
			out[0].F[i] = in[1].F[i/n] * x
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "rank 3", In: []Arg{N(3, 2, 19), {Shape: tensor.Of(3), Floats: []float64{0, 1.25, 1}, Present: true}}, NoGrad: []int{1}},
			{Name: "rank 1", In: []Arg{N(5), N(5)}, NoGrad: []int{1}},
		}
	},
}

// repeats reports whether a tensor of shape b can be repeated to shape a.
func repeats(b, a tensor.Shape) bool {
	first := 0
	for first < b.Rank() && b.Dim(first) == 1 {
		first++
	}
	if b.Rank()-first > a.Rank() {
		return false
	}
	for i := 1; i <= b.Rank()-first; i++ {
		if b.Dim(-i) != a.Dim(-i) {
			return false
		}
	}
	return b.Elems() > 0
}
