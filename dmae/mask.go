package dmae

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/tensor"
)

// visible returns how many of the given number of patches stay visible. The
// product is rounded towards zero, as in the official code.
func visible(patches int, ratio float64) int { return int(float64(patches) * (1 - ratio)) }

// Masking is a rule that selects the patches to hide in pre-training.
type Masking struct {
	// Name describes it with its settings. A checkpoint records it, and
	// training can only be resumed with the same one.
	Name string

	// Rank gives a number to each of the grid x grid patches of an image, row by
	// row: those with the smallest numbers stay visible. Random numbers are
	// drawn from g.
	Rank func(g *philox.Gen, grid int, u []float32)
}

// UniformMasking is the masking of the paper: all choices of patches are
// equally likely.
var UniformMasking = Masking{Name: "uniform", Rank: func(g *philox.Gen, _ int, u []float32) {
	for l := range u {
		u[l] = g.Float32()
	}
}}

// MaskIDs draws which patches of each image stay visible. Each patch gets a
// uniform number from the stream Mask at (seed, A = indices[i], B = epoch).
// The first int(patches*(1-ratio)) patches in ascending order of those numbers
// are kept, equal numbers in order of position.
//
// For B = len(indices) images, keep [B, 1+visible] receives positions in the
// token sequence: 0, the class token, and then 1 + patch. restore [B, patches]
// receives the rank of every patch in that order: patch l is visible if
// restore[l] < visible, and is then the visible patch number restore[l]. The
// mask of an image depends only on its index, not on the batch.
func MaskIDs(seed uint64, epoch uint32, indices []uint32, patches int, ratio float64, keep, restore []int32) {
	UniformMasking.IDs(seed, epoch, indices, patches, ratio, keep, restore)
}

// IDs is [MaskIDs] with the numbers of m.
func (m *Masking) IDs(seed uint64, epoch uint32, indices []uint32, patches int, ratio float64, keep, restore []int32) {
	u := make([]float32, patches)
	k, grid := visible(patches, ratio), int(math.Sqrt(float64(patches)))
	checkMaskLen(len(indices), patches, k, keep, restore)
	for i, index := range indices {
		m.Rank(philox.NewGen(philox.Addr{Seed: seed, Stream: philox.Mask, A: index, B: epoch}), grid, u)
		maskOne(u, keep[i*(k+1):(i+1)*(k+1)], restore[i*patches:(i+1)*patches])
	}
}

// MaskFromUniforms is MaskIDs for given uniform numbers u [B, patches].
func MaskFromUniforms(u []float32, patches int, ratio float64, keep, restore []int32) {
	k := visible(patches, ratio)
	b := len(u) / patches
	checkMaskLen(b, patches, k, keep, restore)
	for i := range b {
		maskOne(u[i*patches:(i+1)*patches], keep[i*(k+1):(i+1)*(k+1)], restore[i*patches:(i+1)*patches])
	}
}

// maskOne fills keep and restore of one image.
func maskOne(u []float32, keep, restore []int32) {
	order := make([]int32, len(u))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(u[a], u[b]) })
	for rank, patch := range order {
		restore[patch] = int32(rank)
	}
	keep[0] = 0
	for i := range keep[1:] {
		keep[i+1] = 1 + order[i]
	}
}

func checkMaskLen(b, patches, k int, keep, restore []int32) {
	if len(keep) != b*(k+1) || len(restore) != b*patches {
		panic(&tensor.ShapeError{Op: "dmae.MaskIDs", Msg: fmt.Sprintf("keep and restore have %d and %d elements, want %d and %d", len(keep), len(restore), b*(k+1), b*patches)})
	}
}
