package dmae_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
)

func TestMaskFromUniforms(t *testing.T) {
	// Ties go to the lower position.
	u := []float32{0.5, 0.1, 0.5, 0.3, 0.9, 0.1, 0.5, 0.2}
	keep, restore := make([]int32, 3), make([]int32, 8)
	dmae.MaskFromUniforms(u, 8, 0.75, keep, restore)
	require.Equal(t, []int32{0, 2, 6}, keep)
	require.Equal(t, []int32{4, 0, 5, 3, 7, 1, 6, 2}, restore)
}

func TestMaskIDsDependOnTheSampleAlone(t *testing.T) {
	const l, k = 49, 12
	draw := func(epoch uint32, indices ...uint32) (keep, restore []int32) {
		keep, restore = make([]int32, len(indices)*(k+1)), make([]int32, len(indices)*l)
		dmae.MaskIDs(5, epoch, indices, l, 0.75, keep, restore)
		return keep, restore
	}
	keep, restore := draw(3, 10, 11, 12)
	one, oneRestore := draw(3, 11)
	require.Equal(t, one, keep[k+1:2*(k+1)])
	require.Equal(t, oneRestore, restore[l:2*l])
	other, _ := draw(4, 11)
	require.NotEqual(t, one, other)

	sorted := slices.Sorted(slices.Values(oneRestore))
	for i, v := range sorted {
		require.EqualValues(t, i, v)
	}
	for rank, token := range one[1:] {
		require.EqualValues(t, rank, oneRestore[token-1])
	}
	require.Panics(t, func() { dmae.MaskIDs(5, 0, []uint32{1}, l, 0.75, keep, restore) })
}

func TestDropPathScales(t *testing.T) {
	c := dmae.Config{Depth: 5, DropPath: 0.4}
	const n = 2000
	indices := make([]uint32, n)
	for i := range indices {
		indices[i] = uint32(i)
	}
	out := make([]float32, 2*c.Depth*n)
	c.DropPathScales(1, 2, 1, indices, out)
	for branch := range 2 * c.Depth {
		rate := 0.1 * float64(branch/2)
		sum := 0.0
		for _, s := range out[branch*n : (branch+1)*n] {
			if s != 0 {
				require.InDelta(t, 1/(1-rate), s, 1e-6)
			}
			sum += float64(s)
		}
		require.InDelta(t, 1, sum/n, 0.08, "branch %d", branch) // five standard errors
		if branch < 2 {
			require.EqualValues(t, n, sum)
		}
	}
	one := make([]float32, 2*c.Depth)
	c.DropPathScales(1, 2, 1, []uint32{7}, one)
	for branch, s := range one {
		require.Equal(t, out[branch*n+7], s)
	}
	attention, mlp := out[8*n:9*n], out[9*n:]
	require.NotEqual(t, attention, mlp, "branches are drawn apart")
}

func TestTargets(t *testing.T) {
	out := make([]float32, 8)
	dmae.Targets([]int32{2, 0}, 4, 0.1, out)
	require.Equal(t, []float32{0.025, 0.025, 0.925, 0.025, 0.925, 0.025, 0.025, 0.025}, out)
}
