package data

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// labelled returns a data set with one image for each label.
func labelled(t *testing.T, classes []string, labels ...int32) Dataset {
	t.Helper()
	images := make([]Image, len(labels))
	for i := range images {
		images[i] = Image{C: 1, H: 1, W: 1, Pix: []byte{byte(i)}}
	}
	ds, err := NewMemory("pets/test", classes, images, labels)
	require.NoError(t, err)
	return ds
}

func many(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("n%08d", i))
	}
	return names
}

func TestClassesAreMatchedByName(t *testing.T) {
	for name, c := range map[string]struct {
		have, model []string
		count       int // of the model, if it has no names
		position    bool
		labels      []int32 // that the images, one of each class, get
		note        string
		err         string
	}{
		"the same":                      {have: []string{"cat", "dog"}, model: []string{"cat", "dog"}, labels: []int32{0, 1}},
		"the same, by position":         {have: []string{"cat", "dog"}, model: []string{"cat", "dog"}, position: true, labels: []int32{0, 1}},
		"permuted":                      {have: []string{"cat", "dog", "ship"}, model: []string{"ship", "cat", "dog"}, labels: []int32{1, 2, 0}, note: "in another order"},
		"some":                          {have: []string{"dog", "ship"}, model: []string{"ship", "cat", "dog"}, labels: []int32{2, 0}, note: "2 of the model's 3 classes"},
		"one of a thousand":             {have: []string{"n00000977"}, model: many(1000), labels: []int32{977}, note: "1 of the model's 1000 classes"},
		"numbers in the order of words": {have: []string{"0", "1", "10", "2"}, model: []string{"0", "1", "2", "10"}, labels: []int32{0, 1, 3, 2}, note: "in another order"},
		"another": {have: []string{"dog", "ship", "zebra"}, model: []string{"cat", "dog", "ship"},
			err: `does not know "zebra": the data have "dog", "ship", "zebra", the model "cat", "dog", "ship"; use data with the model's classes, or give --classes-by-position`},
		"more": {have: []string{"cat", "dog", "zebra"}, model: []string{"cat", "dog"}, err: `does not know "zebra"`},
		"accents that are characters": {have: []string{"cafe\u0301", "dog"}, model: []string{"caf\u00e9", "dog"},
			err: `does not know "cafe\u0301": the data have "cafe\u0301", "dog", the model "café", "dog"`},
		"case":                            {have: []string{"Cat"}, model: []string{"cat"}, err: `does not know "Cat"`},
		"underscore":                      {have: []string{"ankle_boot"}, model: []string{"ankle boot"}, err: `does not know "ankle_boot"`},
		"a space":                         {have: []string{"cat "}, model: []string{"cat"}, err: `does not know "cat "`},
		"numbers for names":               {have: []string{"0", "1"}, model: []string{"cat", "dog"}, err: `does not know "0", "1"`},
		"a long list":                     {have: []string{"zebra"}, model: many(1000), err: `"n00000007" ... (1000)`},
		"by position":                     {have: []string{"0", "1"}, model: []string{"cat", "dog"}, position: true, labels: []int32{0, 1}, note: `"0" is taken for "cat", "1" is taken for "dog"`},
		"fewer by position":               {have: []string{"0", "1"}, model: []string{"cat", "dog", "ship"}, position: true, labels: []int32{0, 1}, note: "by position"},
		"more by position":                {have: []string{"0", "1", "2"}, model: []string{"cat", "dog"}, position: true, err: "3 classes and the model 2, so they cannot be matched by position"},
		"no names":                        {have: []string{"cat", "dog"}, count: 2, labels: []int32{0, 1}, note: "does not know the names of its 2 classes"},
		"fewer, no names":                 {have: []string{"cat", "dog"}, count: 1000, err: "give --class-names"},
		"more, no names":                  {have: []string{"cat", "dog"}, count: 1, err: "2 classes and the model 1"},
		"no names, by position":           {have: []string{"cat", "dog"}, count: 4, position: true, labels: []int32{0, 1}, note: "the model's first ones"},
		"twice in the model":              {have: []string{"crane", "dog"}, model: []string{"crane", "crane", "dog"}, err: `the class "crane" is there twice`},
		"twice, of no matter":             {have: []string{"dog"}, model: []string{"crane", "crane", "dog"}, labels: []int32{2}, note: "1 of the model's 3"},
		"twice in the data":               {have: []string{"cat", "cat"}, model: []string{"cat", "dog"}, err: `the class "cat" is there twice`},
		"twice, the same list":            {have: []string{"cat", "cat"}, model: []string{"cat", "cat"}, labels: []int32{0, 1}},
		"not UTF-8, as in JSON":           {have: []string{"ca\xff", "dog"}, model: []string{"ca\ufffd", "dog"}, labels: []int32{0, 1}},
		"not UTF-8, and ordered":          {have: []string{"ca\xff", "dog"}, model: []string{"dog", "ca\xff"}, labels: []int32{1, 0}, note: "another order"},
		"not UTF-8, no longer told apart": {have: []string{"ca\xfe", "ca\xff"}, model: []string{"dog", "ca\ufffd"}, err: "there twice"},
	} {
		t.Run(name, func(t *testing.T) {
			labels := make([]int32, len(c.have))
			for i := range labels {
				labels[i] = int32(i)
			}
			known := Known{Count: max(c.count, len(c.model)), Names: c.model}
			ds, note, err := MatchClasses(labelled(t, c.have, labels...), known, c.position)
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			for i, want := range c.labels {
				require.Equal(t, int(want), ds.Label(i))
			}
			require.Len(t, ds.Classes(), known.Count)
			if c.model != nil && note != "" {
				require.Equal(t, c.model, ds.Classes())
			}
			if c.note == "" {
				require.Empty(t, note)
			} else {
				require.Contains(t, note, c.note)
			}
		})
	}
}

// Everything else about a data set is unchanged by other labels.
func TestRelabelledImagesAreTheSame(t *testing.T) {
	folder, _, err := MatchClasses(&folder{classes: []string{"cat"}}, Known{2, []string{"dog", "cat"}}, false)
	require.NoError(t, err)
	require.True(t, FromFiles(folder))
	require.True(t, FromFiles(NewSubset(folder, nil)))
	ds := labelled(t, []string{"cat", "dog", "ship"}, 0, 2, 1, 0)
	matched, _, err := MatchClasses(ds, Known{3, []string{"ship", "cat", "dog"}}, false)
	require.NoError(t, err)
	files, _, err := MatchClasses(openAll(t, redBlue(t), Options{}), Known{2, []string{"red", "blue"}}, false)
	require.NoError(t, err)
	require.True(t, FromFiles(files))
	require.True(t, FromFiles(First(files, 2)))
	require.False(t, FromFiles(matched))
	require.Equal(t, ds.Name(), matched.Name())
	require.Equal(t, ds.Len(), matched.Len())
	part := Every(matched, 2, 0)
	require.Equal(t, 1, part.Label(0))
	require.Equal(t, 2, part.Label(1))
	im, err := part.Image(1)
	require.NoError(t, err)
	require.Equal(t, []byte{2}, im.Pix)

	digest := func(ds Dataset) string {
		d, err := Digest(ds)
		require.NoError(t, err)
		return d
	}
	other := labelled(t, []string{"cat", "dog", "ship"}, 0, 2, 1, 0)
	again, _, err := MatchClasses(other, Known{3, []string{"ship", "cat", "dog"}}, false)
	require.NoError(t, err)
	require.Equal(t, digest(matched), digest(again))
	require.NotEqual(t, digest(matched), digest(ds), "other labels")
	pixels := labelled(t, []string{"cat", "dog", "ship"}, 0, 2, 1, 0)
	pixels.(*memory).images[3].Pix[0]++
	changed, _, err := MatchClasses(pixels, Known{3, []string{"ship", "cat", "dog"}}, false)
	require.NoError(t, err)
	require.NotEqual(t, digest(matched), digest(changed), "other pixels")
}
