package ops

import "github.com/godmae/godmae/tensor"

// Prepend adds one learned token, the class token, before the tokens of
// every sample. Inputs: tok (D elements, any shape), x [B, T, D]. Output:
// [B, T+1, D]. The derivative with respect to x is a [Slice] of dy from 1.
var Prepend = &Op{
	Name:  "prepend",
	In:    []Param{{Name: "tok", Shared: true}, {Name: "x"}},
	Out:   []Param{{Name: "y"}},
	Moves: true,
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, _ *Attr) [MaxOut]Spec {
		x := in[1].Shape()
		if x.Rank() != 3 || in[0].Shape().Elems() != x.Last() {
			shapeError("prepend", "tok [D], x [B T D]", in)
		}
		return [MaxOut]Spec{F(tensor.Of(x.Dim(0), x.Dim(1)+1, x.Dim(2)))}
	},
	Ref: func(out, in []*Array, _ *Attr) {
		n := in[1].Shape.Dim(1) * in[1].Shape.Dim(2)
		d := in[1].Shape.Dim(2)
		for b := range in[1].Shape.Dim(0) {
			copy(out[0].F[b*(n+d):], in[0].F)
			copy(out[0].F[b*(n+d)+d:], in[1].F[b*n:b*n+n])
		}
	},
	Cases: func() []Case {
		return []Case{{Name: "class token", In: []Arg{N(1, 1, 7), N(3, 5, 7)}}, {Name: "one sample", In: []Arg{N(16), N(1, 2, 16)}}}
	},
}

// PrependGradToken is the derivative of [Prepend] with respect to the token: the
// sum of the samples' first rows. Input: dy [B, T+1, D]. Output: dtok (D
// elements). One chain over the samples in order, from dtok with Accumulate,
// from +0 without. Attributes: Accumulate, Shards ([ShardSum]).
var PrependGradToken = &Op{
	Name:  "prepend.grad_token",
	In:    []Param{{Name: "dy"}},
	Out:   []Param{{Name: "dtok"}},
	Reads: AttrAccumulate | AttrShards,
	Batch: Batch{Rule: SumSamples},
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		if in[0].Shape().Rank() != 3 || in[0].Shape().Dim(1) < 1 {
			shapeError("prepend.grad_token", "dy [B T+1 D]", in)
		}
		checkShards("prepend.grad_token", in[0].Shape().Dim(0), at)
		return [MaxOut]Spec{F(tensor.Of(in[0].Shape().Last()))}
	},
	Ref: func(out, in []*Array, at *Attr) {
		t, d := in[0].Shape.Dim(1), in[0].Shape.Dim(2)
		for j := range d {
			s := ShardSum(0, in[0].Shape.Dim(0), at.Shards, func(lo, hi int) (s float64) {
				for b := lo; b < hi; b++ {
					s += in[0].F[b*t*d+j]
				}
				return s
			})
			store(out[0].F, j, s, at.Accumulate)
		}
	},
	Cases: func() []Case {
		return []Case{{Name: "write", In: []Arg{N(3, 5, 19)}}, {Name: "accumulate", At: Attr{Accumulate: true}, In: []Arg{N(2, 3, 32)}},
			{Name: "shards", Apart: true, At: Attr{Shards: 2, Accumulate: true}, In: []Arg{N(4, 3, 19)}}}
	},
}

// Slice copies tokens From, ..., From+Count-1 of every sample. Input:
// x [B, T, D]. Output: [B, Count, D]. Attributes: From, Count.
var Slice = &Op{
	Name:  "slice",
	In:    []Param{{Name: "x"}},
	Out:   []Param{{Name: "y"}},
	Reads: AttrFrom | AttrCount,
	Moves: true,
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		x := in[0].Shape()
		if x.Rank() != 3 || at.From < 0 || at.Count < 0 || at.From+at.Count > x.Dim(1) {
			shapeError("slice", "x [B T D] with From+Count <= T", in)
		}
		return [MaxOut]Spec{F(tensor.Of(x.Dim(0), at.Count, x.Dim(2)))}
	},
	Ref: func(out, in []*Array, at *Attr) {
		t, d := in[0].Shape.Dim(1), in[0].Shape.Dim(2)
		for b := range in[0].Shape.Dim(0) {
			copy(out[0].F[b*at.Count*d:(b+1)*at.Count*d], in[0].F[(b*t+at.From)*d:])
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "tail", At: Attr{From: 1, Count: 4}, In: []Arg{N(3, 5, 7)}},
			{Name: "head", At: Attr{Count: 1}, In: []Arg{N(2, 3, 19)}},
		}
	},
}

// SliceGrad is the derivative of [Slice]: dy in its place, +0 elsewhere. Input:
// dy [B, N, D]. Output: dx [B, Count, D], whose tokens From, ..., From+N-1 are
// dy. Attributes: From, and Count, the number of tokens of x.
var SliceGrad = &Op{
	Name:  "slice.grad",
	In:    []Param{{Name: "dy"}},
	Out:   []Param{{Name: "dx"}},
	Reads: AttrFrom | AttrCount,
	Moves: true,
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		dy := in[0].Shape()
		if dy.Rank() != 3 || at.From < 0 || at.From+dy.Dim(1) > at.Count {
			shapeError("slice.grad", "dy [B N D] with From+N <= Count", in)
		}
		return [MaxOut]Spec{F(tensor.Of(dy.Dim(0), at.Count, dy.Dim(2)))}
	},
	Ref: func(out, in []*Array, at *Attr) {
		n, d := in[0].Shape.Dim(1), in[0].Shape.Dim(2)
		clear(out[0].F)
		for b := range in[0].Shape.Dim(0) {
			copy(out[0].F[(b*at.Count+at.From)*d:], in[0].F[b*n*d:(b+1)*n*d])
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "tail", At: Attr{From: 1, Count: 5}, In: []Arg{N(3, 4, 7)}},
			{Name: "middle", At: Attr{From: 2, Count: 6}, In: []Arg{N(2, 3, 19)}},
		}
	},
}

// MeanTokens is the mean of a sample's tokens From to T-1: their sum, a chain
// in order from +0, times [MeanWeight], 1/(T-From) rounded once to the
// backend's float type. Input: x [B, T, D]. Output: [B, D]. Attribute: From.
var MeanTokens = &Op{
	Name:  "mean_tokens",
	In:    []Param{{Name: "x"}},
	Out:   []Param{{Name: "y"}},
	Reads: AttrFrom,
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		x := in[0].Shape()
		if x.Rank() != 3 || at.From < 0 || at.From >= x.Dim(1) {
			shapeError("mean_tokens", "x [B T D] with From < T", in)
		}
		return [MaxOut]Spec{F(tensor.Of(x.Dim(0), x.Dim(2)))}
	},
	Ref: func(out, in []*Array, at *Attr) {
		t, d := in[0].Shape.Dim(1), in[0].Shape.Dim(2)
		for b := range in[0].Shape.Dim(0) {
			for j := range d {
				s := 0.0
				for i := at.From; i < t; i++ {
					s += in[0].F[(b*t+i)*d+j]
				}
				out[0].F[b*d+j] = s * MeanWeight(t-at.From)
			}
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "patches", At: Attr{From: 1}, In: []Arg{N(3, 8, 19)}},
			{Name: "all", In: []Arg{N(2, 5, 32)}},
		}
	},
}

// MeanTokensGrad is the derivative of [MeanTokens]: dy*(1/(Count-From)) for
// every token from From on, +0 before. Input: dy [B, D]. Output: dx
// [B, Count, D]. Attributes: From, and Count, the number of tokens of x.
var MeanTokensGrad = &Op{
	Name:  "mean_tokens.grad",
	In:    []Param{{Name: "dy"}},
	Out:   []Param{{Name: "dx"}},
	Reads: AttrFrom | AttrCount,
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		dy := in[0].Shape()
		if dy.Rank() != 2 || at.From < 0 || at.From >= at.Count {
			shapeError("mean_tokens.grad", "dy [B D] with From < Count", in)
		}
		return [MaxOut]Spec{F(tensor.Of(dy.Dim(0), at.Count, dy.Dim(1)))}
	},
	Ref: func(out, in []*Array, at *Attr) {
		d := in[0].Shape.Dim(1)
		clear(out[0].F)
		for b := range in[0].Shape.Dim(0) {
			for i := at.From; i < at.Count; i++ {
				for j := range d {
					out[0].F[(b*at.Count+i)*d+j] = in[0].F[b*d+j] * MeanWeight(at.Count-at.From)
				}
			}
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "patches", At: Attr{From: 1, Count: 8}, In: []Arg{N(3, 19)}},
			{Name: "all", At: Attr{Count: 5}, In: []Arg{N(2, 32)}},
		}
	},
}

// MeanWeight is the weight of one of n tokens in their mean, 1/n.
func MeanWeight(n int) float64 { return 1 / float64(n) }
