package ops

import (
	"fmt"

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
