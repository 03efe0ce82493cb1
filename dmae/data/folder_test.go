package data

import (
	"archive/tar"
	"bufio"
	"bytes"
	stdimage "image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/internal/testfiles"
)

func encodePNG(t testing.TB, m stdimage.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, m))
	return b.Bytes()
}

func encodeJPEG(t testing.TB, m stdimage.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, m, nil))
	return b.Bytes()
}

// uniform returns a w x h image of one colour.
func uniform(w, h int, c color.Color) *stdimage.NRGBA {
	m := stdimage.NewNRGBA(stdimage.Rect(0, 0, w, h))
	draw.Draw(m, m.Bounds(), stdimage.NewUniform(c), stdimage.Point{}, draw.Src)
	return m
}

// redBlue returns the files of a small data set, by path.
func redBlue(t testing.TB) map[string][]byte {
	red, blue := uniform(4, 3, color.NRGBA{R: 200, A: 255}), uniform(4, 3, color.NRGBA{B: 100, A: 255})
	return map[string][]byte{
		"train/red/1.png":     encodePNG(t, red),
		"train/red/0.jpg":     encodeJPEG(t, red),
		"train/blue/a.JPEG":   encodeJPEG(t, blue),
		"train/blue/b.PNG":    encodePNG(t, blue),
		"train/blue/note.txt": []byte("not an image"),
		"train/.hidden/x.png": []byte("not a class"),
		"test/red/t.png":      encodePNG(t, red),
	}
}

func writeAll(t testing.TB, dir string, files map[string][]byte) {
	for name, b := range files {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), b)
	}
}

func writeTar(t testing.TB, files map[string][]byte, prefix string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(files))) {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: prefix + name, Size: int64(len(files[name])), Mode: 0o644}))
		_, err := w.Write(files[name])
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return gzipped(t, b.Bytes())
}

func TestImageFoldersAndArchives(t *testing.T) {
	files := redBlue(t)
	dir := filepath.Join(t.TempDir(), "rb")
	writeAll(t, dir, files)
	nested := filepath.Join(t.TempDir(), "n")
	writeAll(t, filepath.Join(nested, "inner"), files)
	archive := filepath.Join(t.TempDir(), "rb.tar.gz")
	write(t, archive, writeTar(t, files, "./"))
	for _, spec := range []string{dir, archive, nested} {
		for _, cache := range []int64{0, -1, 40} {
			train, err := Open(spec, Options{CacheBytes: cache})
			require.NoError(t, err)
			require.Equal(t, []string{"blue", "red"}, train.Classes())
			require.Equal(t, 4, train.Len())
			c, h, w := train.Shape()
			require.Equal(t, [3]int{3, 3, 4}, [3]int{c, h, w})
			for i, want := range []int{0, 0, 1, 1} {
				require.Equal(t, want, train.Label(i))
				im := pixels(t, train, i)
				require.Equal(t, [2]int{3, 4}, [2]int{im.H, im.W})
				require.InDelta(t, 200*want, float64(im.Pix[0]), 3)
				require.InDelta(t, 100*(1-want), float64(im.Pix[24]), 3)
			}
			test, err := Open(spec, Options{Split: Test, CacheBytes: cache})
			require.NoError(t, err)
			require.Equal(t, 1, test.Len())
			require.Equal(t, 1, test.Label(0), "test images must keep the labels of the training classes")
		}
	}
	eager, err := Open(dir, Options{})
	require.NoError(t, err)
	require.Equal(t, "rb/train", eager.Name())
	lazy, err := Open(dir, Options{CacheBytes: -1})
	require.NoError(t, err)
	a, err := Digest(eager)
	require.NoError(t, err)
	b, err := Digest(lazy)
	require.NoError(t, err)
	require.Equal(t, a, b)
	for _, ds := range []Dataset{eager, lazy, First(eager, 1)} {
		require.True(t, FromFiles(ds))
	}
	fashion, err := Open(FashionMNIST, Options{})
	require.NoError(t, err)
	require.False(t, FromFiles(First(fashion, 3)))

	grey, err := Open(dir, Options{Channels: 1})
	require.NoError(t, err)
	require.Equal(t, byte((200*19595+1<<15)>>16), pixels(t, grey, 3).Pix[0])

	_, err = Open(filepath.Join(dir, "test", "red"), Options{})
	require.ErrorContains(t, err, "is not a data set")
	flat, err := Open(filepath.Join(dir, "train"), Options{Split: Val, ValFraction: 0.5})
	require.NoError(t, err)
	require.Equal(t, 2, flat.Len())
	_, err = Open(filepath.Join(dir, "train"), Options{Split: Test})
	require.ErrorContains(t, err, "no test images")

	write(t, filepath.Join(dir, "test", "green", "g.png"), files["test/red/t.png"])
	_, err = Open(dir, Options{Split: Test})
	require.ErrorContains(t, err, `class "green"`)
}

func TestValStandsForTest(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "val", "a", "1.png"), encodePNG(t, uniform(2, 2, color.White)))
	ds, err := Open(dir, Options{Split: Test})
	require.NoError(t, err)
	require.Equal(t, 1, ds.Len())
	_, err = Open(dir, Options{})
	require.ErrorContains(t, err, "no training images")
}

func TestHostileArchives(t *testing.T) {
	good := writeTar(t, redBlue(t), "")
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"empty":  {nil, "it is empty"},
		"cut":    {good[:len(good)/2], "cut short"},
		"other":  {[]byte("this is text and not an archive"), "neither a .tar, a .tar.gz nor a .zip"},
		"xz":     {[]byte("\xfd7zXZ\x00rest"), "it is an xz file, which is not read"},
		"noise":  {gzipped(t, bytes.Repeat([]byte{7}, 2000)), "tar"},
		"no img": {writeTar(t, map[string][]byte{"a.txt": nil}, ""), "it holds 1 .txt"},
	} {
		path := filepath.Join(t.TempDir(), "x.tgz")
		write(t, path, c.file)
		_, err := Open(path, Options{})
		require.ErrorContains(t, err, c.want, name)
		require.ErrorContains(t, err, path, name)
	}
}

func TestDecodeImage(t *testing.T) {
	c := color.NRGBA{R: 10, G: 100, B: 200, A: 255}
	paletted := stdimage.NewPaletted(stdimage.Rect(0, 0, 2, 2), color.Palette{c})
	deep := stdimage.NewNRGBA64(stdimage.Rect(0, 0, 2, 2))
	draw.Draw(deep, deep.Bounds(), stdimage.NewUniform(c), stdimage.Point{}, draw.Src)
	clear := uniform(2, 2, color.NRGBA{R: 10, G: 100, B: 200, A: 128})
	// The colour of transparent pixels is kept, as in PIL's convert("RGB").
	invisible := color.NRGBA{R: 10, G: 100, B: 200}
	ghost := stdimage.NewPaletted(stdimage.Rect(0, 0, 2, 2), color.Palette{invisible})
	bare := stdimage.NewNRGBA(stdimage.Rect(0, 0, 2, 2))
	deepGhost := stdimage.NewNRGBA64(stdimage.Rect(0, 0, 2, 2))
	for y := range 2 {
		for x := range 2 {
			bare.SetNRGBA(x, y, invisible)
			deepGhost.SetNRGBA64(x, y, color.NRGBA64{R: 10<<8 | 255, G: 100<<8 | 3, B: 200 << 8, A: uint16(x)})
		}
	}
	for name, m := range map[string]stdimage.Image{
		"NRGBA": uniform(2, 2, c), "alpha": clear, "paletted": paletted, "16 bits": deep,
		"transparent": bare, "transparent palette": ghost, "transparent 16 bits": deepGhost,
	} {
		im, err := DecodeImage(encodePNG(t, m), 3, DefaultMaxPixels)
		require.NoError(t, err)
		require.Equal(t, Image{C: 3, H: 2, W: 2, Pix: []byte{10, 10, 10, 10, 100, 100, 100, 100, 200, 200, 200, 200}}, im, name)
	}
	grey := stdimage.NewGray(stdimage.Rect(0, 0, 2, 1))
	grey.Pix = []byte{3, 250}
	im, err := DecodeImage(encodePNG(t, grey), 3, DefaultMaxPixels)
	require.NoError(t, err)
	require.Equal(t, []byte{3, 250, 3, 250, 3, 250}, im.Pix)
	deepGrey := stdimage.NewGray16(stdimage.Rect(0, 0, 2, 1))
	deepGrey.Pix = []byte{3, 255, 250, 0}
	im, err = DecodeImage(encodePNG(t, deepGrey), 1, DefaultMaxPixels)
	require.NoError(t, err)
	require.Equal(t, []byte{3, 250}, im.Pix)

	bomb := encodePNG(t, uniform(1, 1, c))
	copy(bomb[16:24], []byte{0x7f, 0, 0, 0, 0x7f, 0, 0, 0})
	_, err = DecodeImage(bomb, 3, DefaultMaxPixels)
	require.Error(t, err)
	_, err = DecodeImage(encodePNG(t, uniform(20, 20, c)), 3, 399)
	require.EqualError(t, err, "its size of 20x20 pixels is above the limit of 399 pixels for one image (--max-pixels)")
	_, err = ReadImage(filepath.Join(t.TempDir(), "none.png"), 3, DefaultMaxPixels)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestRealPhotographs(t *testing.T) {
	ds, err := Open(testfiles.Large(t, "data", "imagenet-sample"), Options{Split: Test})
	require.NoError(t, err)
	require.Equal(t, 24, ds.Len())
	if testing.Short() {
		t.Skip("reads CIFAR-10")
	}
	test, err := Open(testfiles.Large(t, "data", "cifar10-jpeg.tar.gz"), Options{Split: Test})
	require.NoError(t, err)
	require.Equal(t, 10000, test.Len())
	require.Equal(t, cifarClasses, test.Classes())
	c, h, w := test.Shape()
	require.Equal(t, [3]int{3, 32, 32}, [3]int{c, h, w})
	mean, std, err := MeanStd(test, NewLeftOut(test, -1, nil))
	require.NoError(t, err)
	for i, want := range []float64{0.4942, 0.4851, 0.4504} { // of the lossless test images
		require.InDelta(t, want, mean[i], 0.002)
	}
	for i, want := range []float64{0.2467, 0.2429, 0.2616} {
		require.InDelta(t, want, std[i], 0.004)
	}
}

func FuzzDecodeImage(f *testing.F) {
	m := uniform(9, 5, color.NRGBA{R: 10, G: 100, B: 200, A: 128})
	f.Add(encodePNG(f, m), 3)
	f.Add(encodeJPEG(f, m), 1)
	f.Fuzz(func(t *testing.T, b []byte, channels int) {
		channels = 1 + 2*(channels&1)
		im, err := DecodeImage(b, channels, 1<<16)
		if err == nil {
			require.Equal(t, channels, im.C)
			require.Len(t, im.Pix, im.C*im.H*im.W)
		}
	})
}

func FuzzArchive(f *testing.F) {
	f.Add(writeTar(f, redBlue(f), ""))
	f.Fuzz(func(t *testing.T, b []byte) {
		tree, err := readTarGzip(bufio.NewReader(bytes.NewReader(b)), 1<<20)
		if err != nil {
			return
		}
		// Data that are found beside an error are opened, too.
		s, _ := findIn(tree, "fuzz", Options{MaxBytes: 1 << 20}.withDefaults())
		if s.train != nil {
			if ds, err := s.train(); err == nil {
				require.Positive(t, ds.Len())
			}
		}
	})
}
