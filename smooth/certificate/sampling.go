package certificate

import (
	"fmt"

	"github.com/godmae/godmae/smooth/bound"
)

// BlockSize is the number of samples with a common hash of predictions, so that
// an audit can replay a part of an image.
const BlockSize = 1024

// Block describes up to BlockSize consecutive samples in a file: the
// counts, and the SHA-256 of the predicted classes as 16-bit little-endian
// words (65535 for NoClass).
type Block struct {
	Counts      bound.Counts `json:"counts"`
	Predictions Digest       `json:"predictions"`
}

// Sampling is the outcome of N samples.
type Sampling struct {
	N      int          `json:"n"`
	Counts bound.Counts `json:"counts"`
	Blocks []Block      `json:"blocks"`
}

// check verifies that a sampling from a file is consistent, with K classes.
func (s Sampling) check(classes int) error {
	if s.Counts == nil || s.Blocks == nil {
		return fmt.Errorf("counts or blocks are missing")
	}
	if want := (s.N + BlockSize - 1) / BlockSize; s.N < 0 || len(s.Blocks) != want {
		return fmt.Errorf("%d samples need %d blocks, not %d", s.N, want, len(s.Blocks))
	}
	total := make([]int, classes+1)
	for i, b := range s.Blocks {
		if err := b.Counts.Check(classes); err != nil {
			return fmt.Errorf("block %d: %w", i, err)
		}
		if got, want := b.Counts.Total(), min(BlockSize, s.N-i*BlockSize); got != want {
			return fmt.Errorf("block %d counts %d samples, not %d", i, got, want)
		}
		for _, cc := range b.Counts {
			total[cc[0]+1] += cc[1]
		}
	}
	if err := s.Counts.Check(classes); err != nil {
		return err
	}
	for _, cc := range s.Counts {
		total[cc[0]+1] -= cc[1]
	}
	for i, n := range total {
		if n != 0 {
			return fmt.Errorf("the blocks and the counts differ on class %d", i-1)
		}
	}
	return nil
}
