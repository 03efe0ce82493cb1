package ops

import (
	"fmt"
	"math/bits"

	"github.com/godmae/godmae/tensor"
)

// ShardSum is the sum over the samples lo, ..., lo+n-1 in the given number of groups
// ([Attr].Shards). sum returns the sum of the samples lo to hi-1: one chain in order,
// from +0.
//
// Derivatives of parameters are sums over the samples of a batch. With one group
// they are one chain, which only one processor can compute. With S groups, S is a
// power of two that divides the number of samples. Each group of consecutive samples
// is a chain from +0. The S results are added in a binary tree: groups 0 and 1, 2
// and 3, and so on, then those sums in the same way. With Accumulate the result is
// added to the old value of the output; with one group the chain starts from it
// instead.
func ShardSum(lo, n, shards int, sum func(lo, hi int) float64) float64 {
	if shards <= 1 {
		return sum(lo, lo+n)
	}
	half := n / 2
	return ShardSum(lo, half, shards/2, sum) + ShardSum(lo+half, half, shards/2, sum)
}

// checkShards panics unless the samples can be divided into equal groups.
func checkShards(op string, samples int, at *Attr) {
	if at.Shards > 1 && samples%at.Shards != 0 {
		panic(&tensor.ShapeError{Op: op, Msg: fmt.Sprintf("%d samples cannot be divided into %d equal groups", samples, at.Shards)})
	}
}

// maxShardHeight bounds the height of the tree of sums: 2^32 groups.
const maxShardHeight = 33

// Shards computes operations whose attribute Shards is above 1, for a backend that
// computes them in one group. A backend keeps one and calls its Run from its own. It
// holds the arguments of operations, so that a call allocates no Go memory.
type Shards struct {
	in    [MaxIn]tensor.Tensor
	parts [MaxIn]*tensor.Tensor
	sums  [maxShardHeight][MaxOut]*tensor.Tensor
	at    Attr
	none  Attr
}

// Run computes the derivative of a parameter as [ShardSum] defines it: b computes
// the sum of each group in separate memory, and the sums are added in a binary tree.
// At most one sum is stored at each height of the tree, as in a binary counter. The
// arguments have been checked.
func (s *Shards) Run(b Backend, op *Op, out, in []*tensor.Tensor, at *Attr) {
	scope := b.Mark()
	defer b.Release(scope)
	height := bits.Len(uint(at.Shards)) // 1 + log2
	for h := range height {
		for i, t := range out {
			s.sums[h][i] = b.New(t.DType(), t.Shape())
		}
	}
	groups := at.Shards
	accumulate := at.Accumulate
	s.at = *at
	s.at.Shards, s.at.Accumulate = 0, false
	for g := range groups {
		for i, t := range in {
			if s.parts[i] = t; t == nil || op.In[i].Shared {
				continue
			}
			shape := t.Shape().WithFirst(t.Shape().Dim(0) / groups)
			s.in[i].Init(t.DType(), shape, t.Buffer(), t.Offset()+g*shape.Elems())
			s.parts[i] = &s.in[i]
		}
		// Add the sums of the lowest occupied heights to this group's.
		h := bits.TrailingZeros(^uint(g))
		b.Run(op, s.sums[h][:len(out)], s.parts[:len(in)], &s.at)
		for i := range out {
			for lower := range h {
				b.Run(AddInPlace, s.sums[h][i:i+1], s.sums[lower][i:i+1], &s.none)
			}
		}
	}
	finish := Copy
	if accumulate {
		finish = AddInPlace
	}
	for i := range out {
		b.Run(finish, out[i:i+1], s.sums[height-1][i:i+1], &s.none)
	}
	*s = Shards{} // keep no tensor alive
}
