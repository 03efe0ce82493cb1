package cpu

import (
	"math/bits"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/tensor"
)

// shards holds the arguments of one group of samples, to avoid allocations.
type shards struct {
	in, out       [ops.MaxIn]tensor.Tensor
	inPtr, outPtr [ops.MaxIn]*tensor.Tensor
	at            ops.Attr

	// The sums of each output, one for each height of the tree, are stored one
	// after the other in host from off on.
	host [ops.MaxOut]*tensor.Host[float32]
	off  [ops.MaxOut]int
}

// sum returns the sum of n elements at a height of the tree, for output i.
func (s *shards) sum(i, height, n int) []float32 {
	from := s.off[i] + height*n
	return s.host[i].Elem[from : from+n]
}

// runShards computes the derivative of a parameter in groups of samples, as in
// [ops.ShardSum]. The kernel writes the sum of a group to separate memory, and the
// sums are added in a binary tree. At most one sum is stored at each height of the
// tree, as in a binary counter.
func (b *Backend) runShards(k kernel, op *ops.Op, out, in []*tensor.Tensor, at *ops.Attr) {
	mark := b.floats.mark()
	defer b.floats.release(mark)
	height := bits.Len(uint(at.Shards)) // 1 + log2
	s := &b.shards
	for i, t := range out {
		n := t.Shape().Elems()
		s.host[i], s.off[i] = b.floats.take(height * n)
	}
	s.at = *at
	s.at.Shards, s.at.Accumulate = 0, false
	for g := range at.Shards {
		for i := range op.In {
			if s.inPtr[i] = in[i]; in[i] == nil || op.In[i].Shared {
				continue
			}
			shape := in[i].Shape().WithFirst(in[i].Shape().Dim(0) / at.Shards)
			s.in[i].Init(in[i].DType(), shape, in[i].Buffer(), in[i].Offset()+g*shape.Elems())
			s.inPtr[i] = &s.in[i]
		}
		// Add the sums of the lowest occupied heights to this group's.
		h := bits.TrailingZeros(^uint(g))
		for i, t := range out {
			s.out[i].Init(tensor.F32, t.Shape(), s.host[i], s.off[i]+h*t.Shape().Elems())
			s.outPtr[i] = &s.out[i]
		}
		k(b, s.outPtr[:len(out)], s.inPtr[:len(op.In)], &s.at)
		for i, t := range out {
			n := t.Shape().Elems()
			for lower := range h {
				simd.Add(s.sum(i, h, n), s.sum(i, lower, n), s.sum(i, h, n))
			}
		}
	}
	for i, t := range out {
		dst, sum := floats(t), s.sum(i, height-1, t.Shape().Elems())
		if at.Accumulate {
			simd.Add(dst, dst, sum)
		} else {
			copy(dst, sum)
		}
	}
	*s = shards{}
}
