package dmae

import "github.com/godmae/godmae/philox"

// DropPathScales draws the factors of stochastic depth (Huang et al., arXiv
// 1603.09382) for the residual branches of a classifier: 0 with the block's
// rate, else 1/(1-rate). The rate grows linearly from 0 in the first block to
// Config.DropPath in the last. A block has two branches (attention, MLP),
// which are drawn independently.
//
// The noisy copies of an image are neighbours in the batch. out has
// 2*Depth*B*copies elements, laid out [branch, image, copy] with branches in the
// order of computation, as for [Classifier.TrainLogits]. The numbers come from
// the stream DropPath at (seed, copy, A = indices[i], B = epoch).
func (c *Config) DropPathScales(seed uint64, epoch uint32, copies int, indices []uint32, out []float32) {
	b := len(indices) * copies
	for i := range b {
		g := philox.NewGen(philox.Addr{Seed: seed, Stream: philox.DropPath, Copy: uint16(i % copies), A: indices[i/copies], B: epoch})
		for branch := range 2 * c.Depth {
			rate := c.dropRate(branch / 2)
			scale := float32(0)
			if g.Float64() >= rate {
				scale = float32(1 / (1 - rate))
			}
			out[branch*b+i] = scale
		}
	}
}

// dropRate returns the drop-path rate of a block.
func (c *Config) dropRate(block int) float64 {
	if c.Depth == 1 {
		return 0
	}
	return c.DropPath * float64(block) / float64(c.Depth-1)
}
