package data

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// numbered returns n images of c x h x w pixels, image i of class i mod k.
func numbered(t testing.TB, n, k, c, h, w int) Dataset {
	t.Helper()
	classes := make([]string, k)
	for i := range classes {
		classes[i] = string(rune('a' + i))
	}
	images, labels := make([]Image, n), make([]int32, n)
	for i := range images {
		pix := make([]byte, c*h*w)
		for p := range pix {
			pix[p] = byte(i*7 + p*13)
		}
		images[i], labels[i] = Image{C: c, H: h, W: w, Pix: pix}, int32(i%k)
	}
	ds, err := NewMemory("numbered", classes, images, labels)
	require.NoError(t, err)
	return ds
}

func TestNewMemoryRefuses(t *testing.T) {
	one := []Image{{C: 1, H: 1, W: 1, Pix: []byte{0}}}
	for want, c := range map[string]struct {
		images []Image
		labels []int32
	}{
		"no images":          {nil, nil},
		"but 2 labels":       {one, []int32{0, 0}},
		"label 1":            {one, []int32{1}},
		"label -1":           {one, []int32{-1}},
		"1 bytes for 1":      {[]Image{{C: 1, H: 2, W: 1, Pix: []byte{0}}}, []int32{0}},
		"2 channels of 1x1":  {[]Image{{C: 2, H: 1, W: 1, Pix: []byte{0, 0}}}, []int32{0}},
		"3 channels, the fi": {append(one[:1:1], Image{C: 3, H: 1, W: 1, Pix: make([]byte, 3)}), []int32{0, 0}},
	} {
		_, err := NewMemory("x", []string{"a"}, c.images, c.labels)
		require.ErrorContains(t, err, want)
	}
	mixed, err := NewMemory("x", []string{"a"}, append(one[:1:1], Image{C: 1, H: 1, W: 2, Pix: make([]byte, 2)}), []int32{0, 0})
	require.NoError(t, err)
	_, h, w := mixed.Shape()
	require.Equal(t, [2]int{}, [2]int{h, w})
}

func TestHoldOut(t *testing.T) {
	ds := numbered(t, 103, 4, 1, 1, 1)
	kept, held, err := HoldOut(ds, 0.2, 5)
	require.NoError(t, err)
	require.Equal(t, 83, kept.Len()) // 26 = 21+5 thrice, 25 = 20+5
	require.Equal(t, 20, held.Len())
	seen := map[int]bool{}
	for _, s := range []*Subset{kept, held} {
		last := -1
		for i := range s.Len() {
			o := s.Origin(i)
			require.False(t, seen[o])
			seen[o] = true
			require.Greater(t, o, last)
			last = o
			require.Equal(t, ds.Label(o), s.Label(i))
			require.Equal(t, pixels(t, ds, o), pixels(t, s, i))
		}
	}
	require.Len(t, seen, 103)
	_, again, err := HoldOut(ds, 0.2, 5)
	require.NoError(t, err)
	require.Equal(t, held.index, again.index)
	_, other, err := HoldOut(ds, 0.2, 6)
	require.NoError(t, err)
	require.NotEqual(t, held.index, other.index)
	for _, f := range []float64{0, 0.001, 0.999, 1, -1} {
		_, _, err = HoldOut(ds, f, 5)
		require.Error(t, err, f)
	}
}

func TestOpenHoldsOut(t *testing.T) {
	train, err := Open(FashionMNIST, Options{ValFraction: 0.1, Seed: 1})
	require.NoError(t, err)
	val, err := Open(FashionMNIST, Options{Split: Val, ValFraction: 0.1, Seed: 1})
	require.NoError(t, err)
	test, err := Open(FashionMNIST, Options{Split: Test, ValFraction: 0.1, Seed: 1})
	require.NoError(t, err)
	require.Equal(t, 10000, train.Len()+val.Len())
	require.InDelta(t, 1000, val.Len(), 5)
	require.Equal(t, 2000, test.Len())
	source, err := Find(FashionMNIST, Options{ValFraction: 0.1, Seed: 1})
	require.NoError(t, err)
	for split, want := range map[Split]Dataset{Train: train, Val: val, Test: test, "": train} {
		got, err := source.Open(split)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err = Open(FashionMNIST, Options{Split: Val})
	require.ErrorContains(t, err, "validation fraction above 0")
}

func TestSubsets(t *testing.T) {
	ds := numbered(t, 10, 3, 1, 2, 2)
	require.Same(t, ds, First(ds, 0))
	require.Same(t, ds, First(ds, 10))
	require.Equal(t, 4, First(ds, 4).Len())
	require.Equal(t, []int{0, 3, 6}, Every(ds, 3, 3).index)
	require.Equal(t, []int{0, 3, 6, 9}, Every(ds, 3, 0).index)
	b, err := Balanced(NewSubset(ds, []int{3, 0, 6, 1, 4, 2, 5}), 2)
	require.NoError(t, err)
	require.Equal(t, []int{0, 1, 3, 4, 5, 6}, b.index)
	_, err = Balanced(ds, 4)
	require.EqualError(t, err, `the class "b" of the data set numbered has 3 images, but 4 are asked for`)
	require.Panics(t, func() { NewSubset(ds, []int{10}) })
}

func TestDigestTellsDataApart(t *testing.T) {
	digest := func(ds Dataset) string {
		d, err := Digest(ds)
		require.NoError(t, err)
		return d
	}
	ds := numbered(t, 10, 3, 1, 2, 2)
	require.Equal(t, digest(ds), digest(numbered(t, 10, 3, 1, 2, 2)))
	seen := map[string]bool{}
	for _, other := range []Dataset{ds, numbered(t, 10, 3, 1, 1, 4), numbered(t, 10, 2, 1, 2, 2), numbered(t, 9, 3, 1, 2, 2), First(ds, 9), NewSubset(ds, []int{0, 2, 1})} {
		seen[digest(other)] = true
	}
	require.Len(t, seen, 6)
}

func TestHasVal(t *testing.T) {
	open := func() (Dataset, error) { return nil, nil }
	for _, c := range []struct {
		fraction  float64
		val, test bool
		want      bool
	}{{0, false, true, false}, {0.1, false, true, true}, {0, true, false, false}, {0, true, true, true}, {0.1, true, false, true}} {
		s := Source{o: Options{ValFraction: c.fraction}}
		if c.val {
			s.parts.val = open
		}
		if c.test {
			s.parts.test = open
		}
		require.Equal(t, c.want, s.HasVal(), "%+v", c)
	}
}
