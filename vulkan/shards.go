package vulkan

import (
	"math/bits"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// runShards computes the derivative of a parameter in groups of samples, as
// [ops.ShardSum] says: the kernel sums a group into memory of its own, and the
// results are added in a binary tree. At most one result waits at each height of the
// tree, as in a binary counter.
func (b *Backend) runShards(k kernel, op *ops.Op, out, in []*tensor.Tensor, at *ops.Attr) {
	scope := b.Mark()
	defer b.Release(scope)
	height := bits.Len(uint(at.Shards)) // 1 + log2
	sums := make([][]*tensor.Tensor, height)
	for h := range sums {
		for _, t := range out {
			sums[h] = append(sums[h], b.New(tensor.F32, t.Shape()))
		}
	}
	local, part := *at, make([]*tensor.Tensor, len(in))
	local.Shards, local.Accumulate = 0, false
	for g := range at.Shards {
		for i, t := range in {
			if part[i] = t; t == nil || op.In[i].Shared {
				continue
			}
			shape := t.Shape().WithFirst(t.Shape().Dim(0) / at.Shards)
			part[i] = t.View(g*shape.Elems(), shape)
		}
		// The lowest heights that are taken give their sums to this group's.
		h := bits.TrailingZeros(^uint(g))
		k(b, sums[h], part, &local)
		for i, sum := range sums[h] {
			for lower := range h {
				addInPlace(b, []*tensor.Tensor{sum}, sums[lower][i:i+1], &ops.Attr{})
			}
		}
	}
	for i, t := range out {
		total := sums[height-1][i : i+1]
		if at.Accumulate {
			addInPlace(b, []*tensor.Tensor{t}, total, &ops.Attr{})
		} else {
			copyTensor(b, []*tensor.Tensor{t}, total, &ops.Attr{})
		}
	}
}
