package data

import (
	"bytes"
	"image/color"
	"maps"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A digest of image files depends on their content and not on their paths.
func TestDigestOfFiles(t *testing.T) {
	files := func() map[string][]byte {
		return map[string][]byte{
			"train/a/0.png": greyPNG(t, 8, 8, 1), "train/a/1.png": greyPNG(t, 8, 8, 2),
			"train/b/2.png": greyPNG(t, 8, 8, 3), "train/b/3.png": greyPNG(t, 8, 8, 4)[:50],
		}
	}
	digest := func(f map[string][]byte, whole int64, o Options) string {
		ds := openAll(t, f, o).(*folder)
		d, err := ds.digest(ds, whole)
		require.NoError(t, err)
		return d
	}
	for _, whole := range []int64{wholeBytes, 10} { // all of the files, and a sample
		want := digest(files(), whole, Options{})
		require.Equal(t, want, digest(files(), whole, Options{CacheBytes: -1}))

		renamed := files()
		renamed["train/a/00.png"] = renamed["train/a/0.png"]
		delete(renamed, "train/a/0.png")
		require.Equal(t, want, digest(renamed, whole, Options{}))

		archive := filepath.Join(t.TempDir(), "x.tar.gz")
		write(t, archive, writeTar(t, files(), ""))
		ds, err := Open(archive, Options{})
		require.NoError(t, err)
		d, err := ds.(*folder).digest(ds, whole)
		require.NoError(t, err)
		require.Equal(t, want, d)

		seen := map[string]string{want: "the same"}
		for name, change := range map[string]func(f map[string][]byte){
			"another pixel": func(f map[string][]byte) { f["train/a/0.png"] = greyPNG(t, 8, 8, 9) },
			"a byte more":   func(f map[string][]byte) { f["train/b/2.png"] = append(f["train/b/2.png"], 0) },
			"another order": func(f map[string][]byte) {
				f["train/a/0.png"], f["train/a/1.png"] = f["train/a/1.png"], f["train/a/0.png"]
			},
			"another label": func(f map[string][]byte) { f["train/b/1.png"] = f["train/a/1.png"]; delete(f, "train/a/1.png") },
			"another name": func(f map[string][]byte) {
				f["train/c/2.png"], f["train/c/3.png"] = f["train/b/2.png"], f["train/b/3.png"]
				delete(f, "train/b/2.png")
				delete(f, "train/b/3.png")
			},
			"one less":        func(f map[string][]byte) { delete(f, "train/b/3.png") },
			"repaired":        func(f map[string][]byte) { f["train/b/3.png"] = greyPNG(t, 8, 8, 4) },
			"damaged as long": func(f map[string][]byte) { f["train/a/1.png"] = bytes.Repeat([]byte{1}, len(f["train/a/1.png"])) },
		} {
			f := maps.Clone(files())
			change(f)
			d := digest(f, whole, Options{})
			require.NotContains(t, seen, d, name)
			seen[d] = name
		}
		require.NotContains(t, seen, digest(files(), whole, Options{Channels: 1}), "the same files give other pixels")
	}
}

// Only a sample of a large set is read.
func TestDigestOfASample(t *testing.T) {
	tree := &counting{tree: diskTree(t.TempDir())}
	f := &folder{tree: tree, classes: []string{"a"}, channels: 3, files: make([]string, 3*sampleFiles), labels: make([]int32, 3*sampleFiles)}
	for i := range f.files {
		f.files[i] = "none" // a file that cannot be read is in the digest, too
	}
	sized := &lengths{tree, 1}
	f.tree = sized
	_, err := f.digest(f, 10)
	require.NoError(t, err)
	require.EqualValues(t, sampleFiles, tree.opened.Load())
	_, err = f.digest(f, wholeBytes)
	require.NoError(t, err)
	require.EqualValues(t, 4*sampleFiles, tree.opened.Load())
}

// lengths is a tree whose files have a given length.
type lengths struct {
	tree
	bytes int64
}

func (l *lengths) size(string) int64 { return l.bytes }

// Digests that earlier versions wrote into checkpoints are recognised.
func TestOlderDigestsAreRecognised(t *testing.T) {
	coloured := openAll(t, map[string][]byte{
		"train/red/1.png":  encodePNG(t, uniform(4, 3, color.NRGBA{R: 200, A: 255})),
		"train/red/2.png":  encodePNG(t, uniform(4, 3, color.NRGBA{R: 100, A: 255})),
		"train/blue/1.png": encodePNG(t, uniform(4, 3, color.NRGBA{B: 100, A: 255})),
	}, Options{})
	other := openAll(t, map[string][]byte{"train/a/1.png": []byte("12345"), "train/a/2.jpg": []byte("1234567"), "train/b/ü 1.png": nil}, Options{CacheBytes: -1})
	fashion, err := Open(FashionMNIST, Options{})
	require.NoError(t, err)
	const (
		ofPixels = "90f4b68e81617facfba17689479fdcd9d16600c1417781acedfd2c37193ebaaf"
		ofSubset = "9adafa8e18c9df421219aa41ebd9fd4bfba9b302c2f695a04d9f6ad46c1d99ab"
		ofPaths  = "7b9d6aea3d833c88b6b640c63c6c9dab08849a4c21b8f0a9578acdf02a7da51f"
		ofFirst  = "ca06671824e576703e34e41e8e49b0661f9396b93c4ef4c7c21f66812e2f989a"
		ofMemory = "9dced241776c1f9a7e4be0961731c61f3762c4d98478d3118b7a332d73346d9e"
	)
	for _, c := range []struct {
		ds     Dataset
		digest string
		same   bool
	}{
		{coloured, ofPixels, true},
		{First(coloured, 2), ofSubset, true},
		{other, ofPaths, true},
		{First(other, 2), ofFirst, true},
		{First(fashion, 100), ofMemory, true},
		{coloured, ofSubset, false},
		{coloured, ofPaths, false},
		{First(coloured, 2), ofPixels, false},
		{other, ofPixels, false},
		{First(fashion, 99), ofMemory, false},
		{fashion, ofMemory, false},
		{coloured, "", false},
	} {
		same, err := SameImages(c.ds, c.digest)
		require.NoError(t, err)
		require.Equal(t, c.same, same, "%s, %d images", c.digest, c.ds.Len())
		now, err := Digest(c.ds)
		require.NoError(t, err)
		same, err = SameImages(c.ds, now)
		require.NoError(t, err)
		require.True(t, same)
	}
}
