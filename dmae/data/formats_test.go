package data

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func idxBytes(dims []uint32, data []byte) []byte {
	b := []byte{0, 0, 8, byte(len(dims))}
	for _, d := range dims {
		b = binary.BigEndian.AppendUint32(b, d)
	}
	return append(b, data...)
}

func gzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var o bytes.Buffer
	w := gzip.NewWriter(&o)
	_, err := w.Write(b)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return o.Bytes()
}

func write(t testing.TB, path string, b []byte) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
	require.NoError(t, os.WriteFile(path, b, 0o666))
}

func pixels(t testing.TB, ds Dataset, i int) Image {
	t.Helper()
	im, err := ds.Image(i)
	require.NoError(t, err)
	return im
}

func TestFashionMNIST(t *testing.T) {
	train, err := Open(FashionMNIST, Options{})
	require.NoError(t, err)
	test, err := Open(FashionMNIST, Options{Split: Test})
	require.NoError(t, err)
	require.Equal(t, 10000, train.Len())
	require.Equal(t, 2000, test.Len())
	require.Equal(t, "fashion-mnist/train", train.Name())
	require.Len(t, train.Classes(), 10)
	c, h, w := train.Shape()
	require.Equal(t, [3]int{1, 28, 28}, [3]int{c, h, w})
	// The first labels of the original files.
	for i, want := range []int{9, 0, 0, 3, 0, 2, 7, 2, 5, 5} {
		require.Equal(t, want, train.Label(i))
	}
	for i, want := range []int{9, 2, 1, 1, 6, 1, 4, 6, 5, 7} {
		require.Equal(t, want, test.Label(i))
	}
	digest, err := Digest(train)
	require.NoError(t, err)
	require.Equal(t, "378750ef421e2ca4ab9a67a9e2a31e2a95859b74447c0b16590e9e25cf560893", digest)

	mean, std, err := MeanStd(train, NewLeftOut(train, -1, nil))
	require.NoError(t, err)
	require.Equal(t, []float64{FashionMNISTMean}, mean)
	require.Equal(t, []float64{FashionMNISTStd}, std)
	// The published statistics of all 60,000 images.
	require.InDelta(t, 0.2860, mean[0], 0.002)
	require.InDelta(t, 0.3530, std[0], 0.002)
}

// The excerpt is compared with the files it was made from if they are
// installed.
func TestFashionMNISTEqualsItsSource(t *testing.T) {
	const dir = "/usr/share/datasets/fashion-mnist"
	if _, err := os.Stat(dir); err != nil {
		t.Skip("Debian's package dataset-fashion-mnist is not installed")
	}
	if testing.Short() {
		t.Skip("reads 55 MB")
	}
	for _, split := range []Split{Train, Test} {
		whole, err := Open(dir, Options{Split: split})
		require.NoError(t, err)
		excerpt, err := Open(FashionMNIST, Options{Split: split})
		require.NoError(t, err)
		for i := range excerpt.Len() {
			require.Equal(t, whole.Label(i), excerpt.Label(i))
			require.True(t, bytes.Equal(pixels(t, whole, i).Pix, pixels(t, excerpt, i).Pix), "image %d", i)
		}
	}
}

func TestIDXFolders(t *testing.T) {
	dir := t.TempDir()
	pix := []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	write(t, filepath.Join(dir, "train-images-idx3-ubyte"), idxBytes([]uint32{2, 2, 3}, pix))
	write(t, filepath.Join(dir, "train-labels.idx1-ubyte.gz"), gzipped(t, idxBytes([]uint32{2}, []byte{2, 0})))
	write(t, filepath.Join(dir, "t10k-images-idx3-ubyte.gz"), gzipped(t, idxBytes([]uint32{1, 1, 4, 3}, pix)))
	write(t, filepath.Join(dir, "t10k-labels-idx1-ubyte"), idxBytes([]uint32{1}, []byte{1}))
	train, err := Open(dir, Options{})
	require.NoError(t, err)
	require.Equal(t, []string{"0", "1", "2"}, train.Classes())
	require.Equal(t, Image{C: 1, H: 2, W: 3, Pix: pix[6:]}, pixels(t, train, 1))
	require.Equal(t, 2, train.Label(0))
	test, err := Open(dir, Options{Split: Test})
	require.NoError(t, err)
	require.Equal(t, Image{C: 3, H: 1, W: 4, Pix: []byte{1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12}}, pixels(t, test, 0))
	_, err = Open(dir, Options{Split: Val})
	require.ErrorContains(t, err, "no validation images: hold some")
	require.NoError(t, os.Remove(filepath.Join(dir, "t10k-labels-idx1-ubyte")))
	_, err = Open(dir, Options{Split: Test})
	require.ErrorContains(t, err, "lacks the IDX file t10k-labels-idx1-ubyte")
}

func TestHostileIDX(t *testing.T) {
	good := idxBytes([]uint32{2, 2, 3}, make([]byte, 12))
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"empty":       {nil, "within its header"},
		"magic":       {[]byte("PNG....."), "starts with"},
		"float":       {[]byte{0, 0, 13, 1, 0, 0, 0, 1, 0}, "starts with"},
		"header cut":  {good[:9], "within its header"},
		"data cut":    {good[:20], "ends after 4 of the 12 bytes"},
		"longer":      {append(bytes.Clone(good), 1), "goes on"},
		"zero":        {idxBytes([]uint32{0}, nil), "empty"},
		"huge":        {idxBytes([]uint32{math.MaxUint32, math.MaxUint32, math.MaxUint32}, nil), "--max-data-gib"},
		"claims much": {idxBytes([]uint32{1 << 30}, []byte{1}), "ends after 1 of"},
		"gzip cut":    {gzipped(t, good)[:12], ""},
		"gzip bad":    {append(gzipped(t, good)[:20], make([]byte, 30)...), ""},
	} {
		_, err := readIDX(bytes.NewReader(c.file), DefaultMaxBytes)
		require.ErrorContains(t, err, c.want, name)
	}
	images, err := readIDX(bytes.NewReader(good), DefaultMaxBytes)
	require.NoError(t, err)
	_, err = idxPair("x", images, idx{dims: []int{3}, data: make([]byte, 3)}, nil)
	require.ErrorContains(t, err, "there are 2 images")
	_, err = idxPair("x", idx{dims: []int{12}, data: make([]byte, 12)}, idx{dims: []int{12}, data: make([]byte, 12)}, nil)
	require.ErrorContains(t, err, "[n h w]")
	_, err = idxPair("x", images, idx{dims: []int{2}, data: []byte{0, 5}}, []string{"a"})
	require.ErrorContains(t, err, "label 5")
}

func TestCIFARFolders(t *testing.T) {
	dir := t.TempDir()
	record := func(label, first byte) []byte {
		b := make([]byte, 1+cifarPixels)
		b[0], b[1], b[1+1024], b[1+2048] = label, first, first+1, first+2
		return b
	}
	for i := range 5 {
		write(t, filepath.Join(dir, cifarForms[0].train[i]), append(record(byte(i), byte(10*i)), record(9, 200)...))
	}
	write(t, filepath.Join(dir, "test_batch.bin"), record(3, 7))
	train, err := Open(dir, Options{})
	require.NoError(t, err)
	require.Equal(t, 10, train.Len())
	require.Equal(t, 2, train.Label(4))
	im := pixels(t, train, 4)
	require.Equal(t, []byte{20, 21, 22}, []byte{im.Pix[0], im.Pix[1024], im.Pix[2048]})
	require.Equal(t, "cat", train.Classes()[3])
	write(t, filepath.Join(dir, "batches.meta.txt"), []byte("a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n"))
	test, err := Open(dir, Options{Split: Test})
	require.NoError(t, err)
	require.Equal(t, 1, test.Len())
	require.Equal(t, "d", test.Classes()[test.Label(0)])

	for name, file := range map[string][]byte{"empty": {}, "whole number of records": record(0, 0)[:100], "label 10": record(10, 0)} {
		write(t, filepath.Join(dir, "test_batch.bin"), file)
		_, err = Open(dir, Options{Split: Test})
		require.ErrorContains(t, err, name)
		require.ErrorContains(t, err, "test_batch.bin")
	}
	require.NoError(t, os.Remove(filepath.Join(dir, cifarForms[0].train[3])))
	_, err = Open(dir, Options{})
	require.ErrorContains(t, err, "data_batch_4.bin")
}

func TestOpenRefuses(t *testing.T) {
	for spec, want := range map[string]string{
		"builtin:mnist":          "no built-in data set",
		"/does/not/exist":        "/does/not/exist",
		t.TempDir():              "is not a data set",
		FashionMNIST + "-colour": "no built-in data set",
	} {
		_, err := Open(spec, Options{})
		require.ErrorContains(t, err, want)
	}
	_, err := Open(FashionMNIST, Options{Split: "dev"})
	require.ErrorContains(t, err, `no split "dev"`)
	_, err = Open(FashionMNIST, Options{ValFraction: 1})
	require.ErrorContains(t, err, "fraction")
	_, err = Open(FashionMNIST, Options{ValFraction: math.NaN()})
	require.ErrorContains(t, err, "fraction")
	_, err = Open(FashionMNIST, Options{Channels: 4})
	require.ErrorContains(t, err, "channels")
}

func FuzzIDX(f *testing.F) {
	f.Add(idxBytes([]uint32{2, 2, 3}, make([]byte, 12)))
	f.Add(gzipped(f, idxBytes([]uint32{4}, []byte{1, 2, 3, 4})))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := readIDX(bytes.NewReader(b), 1<<24)
		if err != nil {
			return
		}
		n := 1
		for _, d := range file.dims {
			n *= d
		}
		require.Len(t, file.data, n)
		labels := idx{dims: file.dims[:1], data: make([]byte, file.dims[0])}
		if ds, err := idxPair("fuzz", file, labels, nil); err == nil {
			require.Equal(t, file.dims[0], ds.Len())
		}
	})
}

func FuzzCIFAR(f *testing.F) {
	f.Add(make([]byte, 1+cifarPixels))
	f.Add(make([]byte, 2*(1+cifarPixels)+1))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := cifarSet{cifarForm: cifarForms[0]}
		pix, labels, err := s.binary(b, 10, nil, nil)
		if err == nil {
			require.Len(t, pix, len(labels)*cifarPixels)
			_, err = NewMemory("fuzz", cifarClasses, planes(pix, len(labels), 3, 32, 32), labels)
			require.NoError(t, err)
		}
	})
}
