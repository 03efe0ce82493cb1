package ops

import "github.com/godmae/godmae/tensor"

// Gather selects the tokens of a sample with the given ids, in the order of
// ids: the visible patches of a masked autoencoder. Inputs: x [B, L, D], ids
// I32 [B, K] with distinct values in [0, L) for each sample. Output: [B, K,
// D].
var Gather = &Op{
	Name:  "gather",
	In:    []Param{{Name: "x"}, {Name: "ids", Kind: Int}},
	Out:   []Param{{Name: "y"}},
	Moves: true,
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, _ *Attr) [MaxOut]Spec {
		x, ids := in[0].Shape(), in[1].Shape()
		if x.Rank() != 3 || ids.Rank() != 2 || ids.Dim(0) != x.Dim(0) {
			shapeError("gather", "x [B L D], ids i32 [B K]", in)
		}
		return [MaxOut]Spec{F(tensor.Of(x.Dim(0), ids.Dim(1), x.Dim(2)))}
	},
	Ref: func(out, in []*Array, _ *Attr) {
		l, d, k := in[0].Shape.Dim(1), in[0].Shape.Dim(2), in[1].Shape.Dim(1)
		for i, id := range in[1].I {
			copy(out[0].F[i*d:i*d+d], in[0].F[(i/k*l+int(id))*d:])
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "three of five", In: []Arg{N(2, 5, 7), ints([]int32{4, 0, 2, 1, 3, 0}, 2, 3)}},
			{Name: "one", In: []Arg{N(1, 4, 16), ints([]int32{3}, 1, 1)}},
		}
	},
}

// GatherGrad is the derivative of [Gather]: row k of dy goes to token ids[k],
// the other tokens are +0. Inputs: dy [B, K, D], ids I32 [B, K]. Output: dx
// [B, Count, D]. Attribute: Count, the number of tokens of x.
var GatherGrad = &Op{
	Name:  "gather.grad",
	In:    []Param{{Name: "dy"}, {Name: "ids", Kind: Int}},
	Out:   []Param{{Name: "dx"}},
	Reads: AttrCount,
	Moves: true,
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		dy, ids := in[0].Shape(), in[1].Shape()
		if dy.Rank() != 3 || ids != tensor.Of(dy.Dim(0), dy.Dim(1)) || at.Count < ids.Dim(1) {
			shapeError("gather.grad", "dy [B K D], ids i32 [B K] with K <= Count", in)
		}
		return [MaxOut]Spec{F(tensor.Of(dy.Dim(0), at.Count, dy.Dim(2)))}
	},
	Ref: func(out, in []*Array, at *Attr) {
		k, d := in[0].Shape.Dim(1), in[0].Shape.Dim(2)
		clear(out[0].F)
		for i, id := range in[1].I {
			copy(out[0].F[(i/k*at.Count+int(id))*d:], in[0].F[i*d:i*d+d])
		}
	},
	Cases: func() []Case {
		return []Case{{Name: "three of five", At: Attr{Count: 5}, In: []Arg{N(2, 3, 7), ints([]int32{4, 0, 2, 1, 3, 0}, 2, 3)}}}
	},
}

// Restore reverses the masking for the decoder. Row 0 is the class token.
// Token l of the L patches is the encoded patch of rank r = idsRestore[l] if r
// < K, and the learned mask token otherwise. Inputs: x [B, 1+K, D], maskToken
// (D elements, any shape), idsRestore I32 [B, L], a permutation of 0..L-1 for
// each sample. Output: [B, 1+L, D].
var Restore = &Op{
	Name:  "restore",
	In:    []Param{{Name: "x"}, {Name: "maskToken", Shared: true}, {Name: "idsRestore", Kind: Int}},
	Out:   []Param{{Name: "y"}},
	Moves: true,
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, _ *Attr) [MaxOut]Spec {
		x, ids := in[0].Shape(), in[2].Shape()
		if x.Rank() != 3 || in[1].Shape().Elems() != x.Dim(2) || ids.Rank() != 2 || ids.Dim(0) != x.Dim(0) ||
			x.Dim(1) < 1 || x.Dim(1) > 1+ids.Dim(1) {
			shapeError("restore", "x [B 1+K D], maskToken [D], idsRestore i32 [B L] with K <= L", in)
		}
		return [MaxOut]Spec{F(tensor.Of(x.Dim(0), 1+ids.Dim(1), x.Dim(2)))}
	},
	Ref: func(out, in []*Array, _ *Attr) {
		k, d, l := in[0].Shape.Dim(1)-1, in[0].Shape.Dim(2), in[2].Shape.Dim(1)
		for b := range in[0].Shape.Dim(0) {
			x, y := in[0].F[b*(k+1)*d:(b+1)*(k+1)*d], out[0].F[b*(l+1)*d:(b+1)*(l+1)*d]
			copy(y[:d], x)
			for i, r := range in[2].I[b*l : b*l+l] {
				token := in[1].F
				if int(r) < k {
					token = x[(1+int(r))*d:]
				}
				copy(y[(1+i)*d:(2+i)*d], token)
			}
		}
	},
	Cases: func() []Case {
		return []Case{{Name: "two of five", In: []Arg{N(2, 3, 7), N(1, 1, 7), restoreIDs()}}}
	},
}

// RestoreGradX is the derivative of [Restore] with respect to x. Inputs: dy
// [B, 1+L, D], idsRestore I32 [B, L]. Output: dx [B, 1+Count, D]. Attribute:
// Count = K, the number of visible patches.
var RestoreGradX = &Op{
	Name:  "restore.grad_x",
	In:    []Param{{Name: "dy"}, {Name: "idsRestore", Kind: Int}},
	Out:   []Param{{Name: "dx"}},
	Reads: AttrCount,
	Moves: true,
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		checkRestoreGrad("restore.grad_x", in, at)
		dy := in[0].Shape()
		return [MaxOut]Spec{F(tensor.Of(dy.Dim(0), 1+at.Count, dy.Dim(2)))}
	},
	Ref: func(out, in []*Array, at *Attr) {
		k, d, l := at.Count, in[0].Shape.Dim(2), in[1].Shape.Dim(1)
		for b := range in[0].Shape.Dim(0) {
			dy, dx := in[0].F[b*(l+1)*d:(b+1)*(l+1)*d], out[0].F[b*(k+1)*d:(b+1)*(k+1)*d]
			copy(dx[:d], dy)
			for i, r := range in[1].I[b*l : b*l+l] {
				if int(r) < k {
					copy(dx[(1+int(r))*d:(2+int(r))*d], dy[(1+i)*d:])
				}
			}
		}
	},
	Cases: func() []Case {
		return []Case{{Name: "two of five", At: Attr{Count: 2}, In: []Arg{N(2, 6, 7), restoreIDs()}}}
	},
}

// RestoreGradToken is the derivative of [Restore] with respect to the mask
// token. Inputs: dy [B, 1+L, D], idsRestore I32 [B, L]. Output: dtok (D
// elements). Attribute: Count = K, the number of visible patches. The masked
// tokens of a sample are one chain in ascending order from +0; the sums of the
// samples are added in order, to dtok with Accumulate, to +0 without. Attributes
// also: Accumulate, Shards ([ShardSum]).
var RestoreGradToken = &Op{
	Name:  "restore.grad_token",
	In:    []Param{{Name: "dy"}, {Name: "idsRestore", Kind: Int}},
	Out:   []Param{{Name: "dtok"}},
	Reads: AttrAccumulate | AttrShards | AttrCount,
	Batch: Batch{Rule: SumSamples},
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		checkRestoreGrad("restore.grad_token", in, at)
		checkShards("restore.grad_token", in[0].Shape().Dim(0), at)
		return [MaxOut]Spec{F(tensor.Of(in[0].Shape().Dim(2)))}
	},
	Ref: func(out, in []*Array, at *Attr) {
		d, l := in[0].Shape.Dim(2), in[1].Shape.Dim(1)
		for j := range d {
			s := ShardSum(0, in[0].Shape.Dim(0), at.Shards, func(lo, hi int) (s float64) {
				for i := lo * l; i < hi*l; i++ {
					if int(in[1].I[i]) >= at.Count {
						s += in[0].F[(i/l*(l+1)+1+i%l)*d+j]
					}
				}
				return s
			})
			store(out[0].F, j, s, at.Accumulate)
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "write", At: Attr{Count: 2}, In: []Arg{N(2, 6, 7), restoreIDs()}},
			{Name: "accumulate", At: Attr{Count: 2, Accumulate: true}, In: []Arg{N(2, 6, 33), restoreIDs()}},
			{Name: "shards", Apart: true, At: Attr{Count: 2, Accumulate: true, Shards: 2}, In: []Arg{N(2, 6, 33), restoreIDs()}},
		}
	},
}

func checkRestoreGrad(op string, in []*tensor.Tensor, at *Attr) {
	dy, ids := in[0].Shape(), in[1].Shape()
	if dy.Rank() != 3 || ids != tensor.Of(dy.Dim(0), dy.Dim(1)-1) || at.Count < 0 || at.Count > ids.Dim(1) {
		shapeError(op, "dy [B 1+L D], idsRestore i32 [B L] with Count <= L", in)
	}
}

// restoreIDs returns the permutations of the tests: two samples of five.
func restoreIDs() Arg { return ints([]int32{3, 1, 4, 0, 2, 0, 1, 2, 3, 4}, 2, 5) }

// ints returns an I32 test input.
func ints(v []int32, dims ...int) Arg { return Arg{Shape: tensor.Of(dims...), Ints: v, Present: true} }
