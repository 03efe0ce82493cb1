package data

import (
	stdimage "image"
	"image/color"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/philox"
)

// greyPNG is the file of a w x h image of one shade of grey.
func greyPNG(t testing.TB, w, h int, shade byte) []byte {
	return encodePNG(t, uniform(w, h, color.NRGBA{R: shade, G: shade, B: shade, A: 255}))
}

// openAll opens the training images of files written to a new folder.
func openAll(t testing.TB, files map[string][]byte, o Options) Dataset {
	t.Helper()
	dir := t.TempDir()
	writeAll(t, dir, files)
	ds, err := Open(dir, o)
	require.NoError(t, err)
	return ds
}

// A folder has the same images and errors whether they are kept in memory, are
// too many for it, or just fit.
func TestTheCacheDecidesNothing(t *testing.T) {
	good := greyPNG(t, 32, 32, 7)
	for name, c := range map[string]struct {
		odd   []byte
		shape [3]int
	}{
		"one size":                 {greyPNG(t, 32, 32, 8), [3]int{3, 32, 32}},
		"two sizes":                {greyPNG(t, 32, 33, 8), [3]int{3, 0, 0}},
		"cut short":                {good[:60], [3]int{3, 32, 32}},
		"cut, of another size":     {greyPNG(t, 31, 31, 8)[:60], [3]int{3, 0, 0}},
		"no image":                 {[]byte("text"), [3]int{3, 32, 32}},
		"empty":                    {nil, [3]int{3, 32, 32}},
		"larger than is permitted": {greyPNG(t, 40, 41, 8), [3]int{3, 32, 32}},
	} {
		files := map[string][]byte{"train/a/0.png": good, "train/a/1.png": c.odd, "train/b/2.png": good}
		dir := t.TempDir()
		writeAll(t, dir, files)
		var first Dataset
		var digest string
		for _, cache := range []int64{0, -1, 3 * 32 * 32, 3 * 3 * 32 * 32} {
			ds, err := Open(dir, Options{CacheBytes: cache, MaxPixels: 40 * 40})
			require.NoError(t, err)
			d, err := Digest(ds)
			require.NoError(t, err)
			if first == nil {
				first, digest = ds, d
			}
			require.Equal(t, digest, d, name)
			c0, h, w := ds.Shape()
			require.Equal(t, c.shape, [3]int{c0, h, w}, name)
			require.Equal(t, 3, ds.Len())
			for range 2 { // the second time from the cache, if there is one
				for i := range 3 {
					want, wantErr := first.Image(i)
					got, err := ds.Image(i)
					require.Equal(t, wantErr, err, name)
					require.Equal(t, want, got, name)
					require.Equal(t, i/2, ds.Label(i))
				}
			}
		}
	}
	none := openAll(t, map[string][]byte{"train/a/0.png": nil, "train/a/1.png": good[:20]}, Options{})
	_, h, w := none.Shape()
	require.Equal(t, [2]int{}, [2]int{h, w})
}

// counting counts what is opened and read of a tree.
type counting struct {
	tree
	opened, bytes atomic.Int64
}

func (c *counting) open(file string) (io.ReadSeekCloser, error) {
	c.opened.Add(1)
	r, err := c.tree.open(file)
	return countingFile{r, c}, err
}

type countingFile struct {
	io.ReadSeekCloser
	c *counting
}

func (f countingFile) Read(p []byte) (int, error) {
	n, err := f.ReadSeekCloser.Read(p)
	f.c.bytes.Add(int64(n))
	return n, err
}

// Opening reads headers: of all images while they have one size or fit into
// memory, and no more once neither is true.
func TestOpeningReadsHeadersOnly(t *testing.T) {
	noisy := stdimage.NewRGBA(stdimage.Rect(0, 0, 64, 64))
	g := philox.NewGen(philox.Addr{Seed: 1})
	for i := range noisy.Pix {
		noisy.Pix[i] = byte(g.Uint32())
	}
	square := encodePNG(t, noisy)
	require.Greater(t, len(square), 4096)
	files := map[string][]byte{}
	for i := range 300 {
		files["a/"+strings.Repeat("x", i/10)+string(rune('0'+i%10))+".png"] = square
	}
	files["a/0.png"] = greyPNG(t, 63, 64, 1)
	dir := t.TempDir()
	writeAll(t, dir, files)
	for _, c := range []struct{ cache, opened int64 }{{0, 300}, {-1, 2}, {99 * 3 * 64 * 64, 100}} {
		tree := &counting{tree: diskTree(dir)}
		f := &folder{tree: tree, channels: 3, limit: DefaultMaxPixels}
		f.files = slices.Sorted(maps.Keys(files)) // the odd one first
		_, err := f.load(Options{CacheBytes: c.cache, Workers: 1}.withDefaults())
		require.NoError(t, err)
		require.LessOrEqual(t, tree.bytes.Load(), tree.opened.Load()*readAhead)
		require.Equal(t, c.opened, tree.opened.Load())
		require.Equal(t, 0, f.h)
		require.Equal(t, c.cache == 0, f.kept != nil)
	}
}

func TestCorruptImagesKeepTheirPlaces(t *testing.T) {
	files := redBlue(t)
	files["train/red/2.png"] = files["train/red/1.png"][:30]
	files["train/blue/0.jpg"] = []byte("this is text")
	files["train/blue/c.png"] = nil
	ds := openAll(t, files, Options{})
	require.Equal(t, 7, ds.Len())
	var said []string
	walk := func(most int) error {
		said = nil
		left := NewLeftOut(ds, most, func(s string) { said = append(said, s) })
		for range 2 {
			for i := range ds.Len() {
				im, err := ds.Image(i)
				if err == nil {
					require.InDelta(t, 200*ds.Label(i), float64(im.Pix[0]), 3, "image %d", i)
				} else if err := left.Add(i, err); err != nil {
					return err
				}
			}
		}
		require.Equal(t, 3, left.Count())
		return nil
	}
	require.NoError(t, walk(3))
	require.Len(t, said, 3, "each is named once")
	require.Contains(t, said[0], "left out: the image train/blue/0.jpg cannot be decoded: the file is neither JPEG")
	require.Equal(t, "left out: the image train/blue/c.png cannot be decoded: the file is empty", said[1])
	require.Contains(t, said[2], "left out: the image train/red/2.png cannot be decoded: ")
	require.ErrorContains(t, walk(2), "more than 2 corrupt images, the last one seen: the image train/red/2.png")
	require.Len(t, said, 2)
	require.ErrorContains(t, walk(-1), "more than 0 corrupt images, the last one seen: the image train/blue/0.jpg")
	var corrupt *CorruptError
	require.NotErrorAs(t, walk(-1), &corrupt, "this is not an image to leave out")
	require.ErrorIs(t, NewLeftOut(ds, 0, nil).Add(1, io.ErrClosedPipe), io.ErrClosedPipe)
}

// A file that was removed or may not be read counts like a damaged one, with
// another message. It stays left out if it can be read again.
func TestUnreadableImagesAreLeftOut(t *testing.T) {
	dir := t.TempDir()
	file := greyPNG(t, 4, 4, 3)
	writeAll(t, dir, map[string][]byte{"train/a/0.png": file, "train/a/1.png": file})
	path := filepath.Join(dir, "train", "a", "1.png")
	for _, cache := range []int64{0, -1} {
		write(t, path, file)
		ds, err := Open(dir, Options{CacheBytes: cache})
		require.NoError(t, err)
		before, err := Digest(ds)
		require.NoError(t, err)
		require.NoError(t, os.Remove(path))
		_, err = ds.Image(1)
		var corrupt *CorruptError
		require.ErrorAs(t, err, &corrupt)
		require.ErrorContains(t, err, "the image train/a/1.png cannot be read: ")
		gone, err := Digest(ds)
		require.NoError(t, err, "a file that is gone has a digest")
		require.NotEqual(t, before, gone)
		write(t, path, file)
		_, err = ds.Image(1)
		require.ErrorAs(t, err, &corrupt)
		pixels(t, ds, 0)
	}
}

// An error without a cause in the file does not make it a corrupt image.
func TestExhaustionIsNoCorruptImage(t *testing.T) {
	for _, err := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM} {
		f := &folder{
			tree: failing{diskTree(""), &os.PathError{Op: "open", Path: "x", Err: err}}, files: []string{"x"}, labels: []int32{0},
			channels: 3, limit: DefaultMaxPixels, broken: map[int]error{},
		}
		_, got := f.Image(0)
		require.ErrorIs(t, got, err)
		var corrupt *CorruptError
		require.NotErrorAs(t, got, &corrupt)
		require.Empty(t, f.broken)
		_, got = f.digest(f, wholeBytes)
		require.ErrorIs(t, got, err)
		_, got = f.load(Options{}.withDefaults())
		require.ErrorIs(t, got, err)
	}
}

// failing is a tree whose files cannot be opened.
type failing struct {
	tree
	err error
}

func (f failing) open(string) (io.ReadSeekCloser, error) { return nil, f.err }

// Bytes that follow an image in its file are not read: here a hole of 1.1 GB.
func TestLongFilesTakeLittleMemory(t *testing.T) {
	dir := t.TempDir()
	writeAll(t, dir, map[string][]byte{"a/0.png": greyPNG(t, 32, 32, 3), "a/1.jpg": encodeJPEG(t, uniform(32, 32, color.White))})
	for _, name := range []string{"0.png", "1.jpg"} {
		require.NoError(t, os.Truncate(filepath.Join(dir, "a", name), 1100<<20))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	ds, err := Open(dir, Options{})
	require.NoError(t, err)
	_, h, w := ds.Shape()
	require.Equal(t, [2]int{32, 32}, [2]int{h, w})
	pixels(t, ds, 0)
	pixels(t, ds, 1)
	_, err = Digest(ds)
	require.NoError(t, err)
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(2*(metadataBytes+(1<<20))))
}

func TestOpenImage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.png")
	_, err := OpenImage(path, Options{})
	require.ErrorIs(t, err, os.ErrNotExist)
	write(t, path, greyPNG(t, 5, 4, 9))
	ds, err := OpenImage(path, Options{Channels: 1})
	require.NoError(t, err)
	c, h, w := ds.Shape()
	require.Equal(t, [3]int{1, 4, 5}, [3]int{c, h, w})
	require.EqualValues(t, 9, pixels(t, ds, 0).Pix[0])
	require.True(t, FromFiles(ds))
	_, err = OpenImage(path, Options{MaxPixels: 19})
	require.ErrorContains(t, err, path+" cannot be decoded: its size of 5x4 pixels is above the limit of 19")
}

func TestPreprocessed(t *testing.T) {
	eight := numbered(t, 3, 1, 1, 8, 8)
	wide := numbered(t, 3, 1, 1, 8, 9)
	mixed, err := NewMemory("mixed", []string{"a"}, []Image{pixels(t, eight, 0), pixels(t, wide, 0)}, []int32{0, 0})
	require.NoError(t, err)
	for _, c := range []struct {
		ds   Dataset
		how  Preprocess
		h, w int
		fail string
	}{
		{eight, PreprocessAuto, 8, 8, ""},
		{eight, "", 8, 8, ""},
		{eight, PreprocessStored, 8, 8, ""},
		{eight, PreprocessResize, 0, 0, ""},
		{First(eight, 2), PreprocessResize, 0, 0, ""},
		{wide, PreprocessAuto, 8, 9, ""},
		{wide, PreprocessStored, 0, 0, "the images of numbered have 9x8 pixels and the model takes 8x8"},
		{wide, PreprocessResize, 0, 0, ""},
		{mixed, PreprocessAuto, 0, 0, ""},
		{mixed, PreprocessStored, 0, 0, "the images of mixed are not all of one size and the model takes 8x8"},
		{mixed, PreprocessResize, 0, 0, ""},
		{eight, "squash", 0, 0, `there is no preprocessing "squash"`},
	} {
		ds, err := Preprocessed(c.ds, c.how, 8)
		if c.fail != "" {
			require.ErrorContains(t, err, c.fail)
			continue
		}
		require.NoError(t, err)
		_, h, w := ds.Shape()
		require.Equal(t, [2]int{c.h, c.w}, [2]int{h, w})
		require.Equal(t, pixels(t, c.ds, 1), pixels(t, ds, 1))
		want, err := Digest(c.ds)
		require.NoError(t, err)
		got, err := Digest(ds)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}
