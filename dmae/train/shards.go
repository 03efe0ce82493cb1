package train

import (
	"fmt"
	"math/bits"

	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// shards sums the gradients of a step in groups of equally many images, as
// [ops.ShardSum] does for the samples of one operation. The groups divide the whole
// step; a micro-batch is one group, part of one, or several.
type shards struct {
	params *nn.Params

	// perBatch is the number of groups in a micro-batch; if it is 1, batches is
	// the number of micro-batches in one group.
	perBatch, batches int

	done   int              // micro-batches of the step so far
	leaves int              // of the tree: groups, or the sums of several groups in a micro-batch
	waits  []*tensor.Tensor // at each height of the tree, the sum to which its neighbour is added later
}

// newShards returns the sum over a step of batch images in groups, for
// micro-batches of part images; nil for one group.
func newShards(params *nn.Params, groups, batch, part int) (*shards, error) {
	if groups <= 1 {
		return nil, nil
	}
	size := batch / groups
	s := &shards{params: params, perBatch: 1, batches: 1}
	switch {
	case part%size == 0:
		s.perBatch = part / size
	case size%part == 0:
		s.batches = size / part
	default:
		return nil, fmt.Errorf("train: micro-batches of %d images do not fit groups of %d images (%d images in %d groups); use a divisor or a multiple of %d", part, size, batch, groups, size)
	}
	s.leaves = groups / s.perBatch
	b := params.Backend()
	for range bits.Len(uint(s.leaves)) - 1 {
		s.waits = append(s.waits, b.Persist(b.Float(), params.Grads().Shape()))
	}
	return s, nil
}

// begin starts a step; its gradients are zero.
func (s *shards) begin() {
	if s != nil {
		s.done = 0
	}
}

// add adds the gradients of the last micro-batch; after the last one of a step,
// the parameters' gradients are the sum of all.
func (s *shards) add() {
	if s == nil {
		return
	}
	if s.done++; s.done%s.batches != 0 {
		return
	}
	leaf := s.done/s.batches - 1
	height := bits.TrailingZeros(^uint(leaf))
	run := func(op *ops.Op, out, in *tensor.Tensor) {
		s.params.Backend().Run(op, []*tensor.Tensor{out}, []*tensor.Tensor{in}, &ops.Attr{})
	}
	grads := s.params.Grads()
	for _, sum := range s.waits[:height] {
		run(ops.AddInPlace, grads, sum)
	}
	if leaf < s.leaves-1 {
		run(ops.Copy, s.waits[height], grads)
		s.params.ZeroGrad()
	}
}
