package certificate

import (
	"bufio"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIndexSet(t *testing.T) {
	for _, c := range []struct {
		indices []int
		want    IndexSet
	}{
		{[]int{}, IndexSet{}},
		{[]int{7}, IndexSet{{7, 1, 1}}},
		{[]int{0, 20, 40, 60}, IndexSet{{0, 20, 4}}},
		{[]int{0, 1, 2, 10, 11}, IndexSet{{0, 1, 3}, {10, 1, 2}}},
		{[]int{1, 4, 9, 16}, IndexSet{{1, 3, 2}, {9, 7, 2}}},
	} {
		got, err := NewIndexSet(c.indices)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
		require.Equal(t, len(c.indices), got.Len())
		require.True(t, slices.Equal(c.indices, slices.Collect(got.All())))
		if len(c.indices) > 0 {
			require.NoError(t, got.check())
		}
	}
	for _, bad := range [][]int{{-1}, {math.MaxInt}, {3, 3}, {3, 2}} {
		_, err := NewIndexSet(bad)
		require.ErrorContains(t, err, "image index")
	}
	for _, bad := range []IndexSet{{}, {{-1, 1, 1}}, {{0, 0, 2}}, {{0, 1, 0}}, {{5, 1, 3}, {7, 1, 1}}, {{1, math.MaxInt, 3}}, {{0, 1, math.MaxInt}}} {
		require.Error(t, bad.check(), "%v", bad)
	}
}

// zeros is an endless file of bytes that are no newline.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func newBufferedZeros() *bufio.Reader { return bufio.NewReader(zeros{}) }
