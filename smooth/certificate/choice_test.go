package certificate

import (
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/smooth/bound"
)

// A choice follows from the size of the whole set and the images.
func TestChoiceSaysWhatWasPicked(t *testing.T) {
	for _, c := range []struct {
		of     int
		images []int
		want   Choice
		text   string
	}{
		{4, []int{0, 1, 2, 3}, Choice{4, 1, 0}, "all 4"},
		{2000, []int{0, 1, 2}, Choice{2000, 1, 3}, "3 of 2,000, the first ones"},
		{10, []int{0, 5}, Choice{10, 5, 0}, "2 of 10, every 5th"},
		{11, []int{0, 5}, Choice{11, 5, 2}, "2 of 11, the first ones of every 5th"},
		{9, []int{0, 3, 6}, Choice{9, 3, 0}, "3 of 9, every 3rd"},
		{9, []int{0, 3}, Choice{9, 3, 2}, "2 of 9, the first ones of every 3rd"},
		{9, []int{0, 3, 7}, Choice{9, 0, 0}, "3 of 9, listed by hand"},
		{9, []int{3, 6}, Choice{9, 0, 0}, "2 of 9, listed by hand"},
		{1, []int{0}, Choice{1, 1, 0}, "all 1"},
		{9, []int{0}, Choice{9, 1, 1}, "1 of 9, the first ones"},
		{1234567, []int{0, 22, 44}, Choice{1234567, 22, 3}, "3 of 1,234,567, the first ones of every 22nd"},
	} {
		set, err := NewIndexSet(c.images)
		require.NoError(t, err)
		got := NewChoice(c.of, set)
		require.Equal(t, c.want, got)
		require.NoError(t, got.check(set))
		require.Equal(t, c.text, got.Describe(len(c.images)))
		for _, other := range []Choice{{c.of, got.Every + 1, got.Max}, {c.of, got.Every, got.Max + 1}, {c.images[len(c.images)-1], got.Every, got.Max}} {
			require.Error(t, other.check(set), "there is one choice for a set")
		}
	}
	require.Equal(t, "11th 12th 13th 21st 102nd 113th", ordinal(11)+" "+ordinal(12)+" "+ordinal(13)+" "+ordinal(21)+" "+ordinal(102)+" "+ordinal(113))
}

// A certification without the size of the whole set is refused.
func TestChoiceIsAsked(t *testing.T) {
	s := sampleOf(bound.MethodCohen)
	for of, want := range map[int]string{math.MaxInt: fmt.Sprintf("it names a set of %d images", math.MaxInt), 0: "it names image 3 of a set of 0"} {
		s.Of = of
		_, err := NewWriter(FilesFor(filepath.Join(t.TempDir(), "c.jsonl")), s.header(), s.describe, func(string) {})
		require.ErrorContains(t, err, want)
	}
}

// A set of images has one form.
func TestIndexSetsHaveOneForm(t *testing.T) {
	for _, set := range []IndexSet{
		{{0, 1, 1}, {1, 1, 1}}, {{0, 2, 1}}, {{0, 1, 2}, {2, 1, 2}}, {{0, 1, 1}, {3, 1, 1}}, {{0, 3, 2}, {6, 1, 1}}, {{5, 1, 1}, {6, 2, 2}},
	} {
		require.ErrorContains(t, set.check(), "canonical", "%v", set)
	}
	// For every selection of six images, in all possible spans, only the form
	// of NewIndexSet is accepted.
	spans := []Span{}
	for first := range 6 {
		for step := 1; step < 6; step++ {
			for count := 1; first+step*(count-1) < 6; count++ {
				spans = append(spans, Span{first, step, count})
			}
		}
	}
	written := map[string]int{}
	try := func(set IndexSet) {
		if set.check() != nil {
			return
		}
		indices := []int{}
		for i := range set.All() {
			indices = append(indices, i)
		}
		want, err := NewIndexSet(indices)
		require.NoError(t, err)
		require.Equal(t, want, set)
		written[string(encodedSet(t, set))]++
	}
	for _, a := range spans {
		try(IndexSet{a})
		for _, b := range spans {
			try(IndexSet{a, b})
			for _, c := range spans {
				try(IndexSet{a, b, c})
			}
		}
	}
	require.Len(t, written, 63, "every selection of six images except the empty one has one form")
}

func encodedSet(t *testing.T, set IndexSet) []byte {
	line, err := encodeLine(set)
	require.NoError(t, err)
	return line
}
