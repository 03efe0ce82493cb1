package data

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// idxFiles returns the files of a data set of IDX files, by name, with the given
// labels and an image of one pixel for each.
func idxFiles(prefix, testName string, train, test []byte) map[string][]byte {
	files := map[string][]byte{}
	for part, labels := range map[string][]byte{"train": train, testName: test} {
		n := uint32(len(labels))
		files[prefix+part+"-images-idx3-ubyte"] = idxBytes([]uint32{n, 1, 1}, labels)
		files[prefix+part+"-labels-idx1-ubyte"] = idxBytes([]uint32{n}, labels)
	}
	return files
}

func TestIDXClassesAreThoseOfAllParts(t *testing.T) {
	for name, c := range map[string]struct {
		train, test []byte
		short       Split
	}{
		"tests lack the last":    {[]byte{0, 1, 3}, []byte{2, 1}, Test},
		"training lacks it":      {[]byte{0, 1}, []byte{3, 3}, Train},
		"both have all of the 4": {[]byte{3}, []byte{3}, ""},
	} {
		dir := filepath.Join(t.TempDir(), "few")
		writeAll(t, dir, idxFiles("", "t10k", c.train, c.test))
		for _, split := range []Split{Train, Test} {
			ds, said, err := logged(t, dir, split)
			require.NoError(t, err)
			require.Equal(t, []string{"0", "1", "2", "3"}, ds.Classes(), name)
			if split == c.short {
				require.Len(t, said, 1)
				require.Contains(t, said[0], "few/"+string(split)+": the labels end with class ")
			} else {
				require.Empty(t, said)
			}
		}
		require.NoError(t, os.Remove(filepath.Join(dir, "t10k-labels-idx1-ubyte")))
		ds, err := Open(dir, Options{})
		require.NoError(t, err)
		require.Len(t, ds.Classes(), int(c.train[len(c.train)-1])+1)
	}
}

// A data set is recognised whatever other files are beside it.
func TestDataSetsAmongManyFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "many")
	files := idxFiles("", "t10k", []byte{0, 1}, []byte{1})
	for i := range 2 * fewFiles {
		files[fmt.Sprintf("%d.txt", i)], files[fmt.Sprintf("z%d.txt", i)] = nil, nil
	}
	writeAll(t, dir, files)
	ds, err := Open(dir, Options{})
	require.NoError(t, err)
	require.Equal(t, 2, ds.Len())
}

// Other layouts of data sets: names of EMNIST, torchvision's folders, archives.
func TestDataSetsAreFoundBelow(t *testing.T) {
	record := make([]byte, 1+cifarPixels)
	record[0] = 4
	record100 := make([]byte, 2+cifarPixels)
	record100[0], record100[1] = 3, 99
	cifar := map[string][]byte{"test_batch.bin": record}
	for i := range 5 {
		cifar[fmt.Sprintf("data_batch_%d.bin", i+1)] = record
	}
	for name, c := range map[string]struct {
		files   map[string][]byte
		below   string
		class   string
		dataset string
	}{
		"MNIST":                {idxFiles("", "t10k", []byte{0, 1}, []byte{1}), "", "1", "d/test"},
		"torchvision's MNIST":  {idxFiles("", "t10k", []byte{0, 1}, []byte{1}), "MNIST/raw/", "1", "d/test"},
		"the folder of it":     {idxFiles("", "t10k", []byte{0, 1}, []byte{1}), "raw/", "1", "d/test"},
		"EMNIST":               {idxFiles("emnist-letters-", "test", []byte{0, 26}, []byte{26}), "gzip/", "26", "d/test"},
		"CIFAR-10 below":       {cifar, "cifar-10-batches-bin/", "deer", "cifar-10-batches-bin/test"},
		"CIFAR-100":            {map[string][]byte{"train.bin": record100, "test.bin": record100}, "", "worm", "cifar100/test"},
		"CIFAR-100 below":      {map[string][]byte{"train.bin": record100, "test.bin": record100}, "cifar-100-binary/", "worm", "cifar-100-binary/test"},
		"CIFAR-10 and archive": {map[string][]byte{"c/test_batch.bin": record, "c.tar.gz": {1}}, "", "deer", "c/test"},
	} {
		dir := filepath.Join(t.TempDir(), "d")
		var entries []packed
		for file, b := range c.files {
			write(t, filepath.Join(dir, filepath.FromSlash(c.below+file)), b)
			entries = append(entries, packed{name: c.below + file, content: b})
		}
		for _, spec := range append([]string{dir}, mapValues(archives(t, entries...))...) {
			ds, err := Open(spec, Options{Split: Test})
			require.NoError(t, err, "%s %s", name, spec)
			require.Equal(t, c.class, ds.Classes()[ds.Label(ds.Len()-1)], name)
			require.Equal(t, c.dataset, ds.Name(), name)
		}
	}
	require.Len(t, cifar100Classes, 100)
}

func mapValues(m map[string]string) []string {
	var v []string
	for _, s := range m {
		v = append(v, s)
	}
	return v
}

// pickled2 is CIFAR-10's test batch as Python 2 wrote it: strings are bytes.
func pickled2(pixels []byte, labels ...byte) []byte {
	var b bytes.Buffer
	b.WriteString("\x80\x02}q\x01(U\x0bbatch_labelq\x02U\x14testing batch 1 of 1U\x06labelsq\x03]q\x04(")
	for _, l := range labels {
		b.Write([]byte{'K', l})
	}
	b.WriteString("eU\x04dataq\x05cnumpy.core.multiarray\n_reconstruct\nq\x06cnumpy\nndarray\nq\x07K\x00\x85U\x01b\x87Rq\x08(K\x01K")
	b.WriteByte(byte(len(pixels) / cifarPixels))
	b.WriteString("M\x00\x0c\x86cnumpy\ndtype\nq\x09U\x02u1K\x00K\x01\x87Rq\x0a(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T")
	b.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(pixels))))
	b.Write(pixels)
	b.WriteString("tbu.")
	return b.Bytes()
}

func TestCIFARPython(t *testing.T) {
	pixel := func(i, p int) byte { return byte(7*p + 100*i) }
	both := make([]byte, 2*cifarPixels)
	for i := range 2 {
		for p := range cifarPixels {
			both[i*cifarPixels+p] = pixel(i, p)
		}
	}
	forms := map[string][]byte{"Python 2": pickled2(both, 3, 9)}
	for _, protocol := range []string{"2", "4", "5"} { // scripts/make-cifar-fixture.py
		b, err := os.ReadFile(filepath.Join("testdata", "cifar_data_"+protocol+".pkl"))
		require.NoError(t, err)
		forms["protocol "+protocol] = b
	}
	for name, b := range forms {
		dir := filepath.Join(t.TempDir(), "cifar-10-batches-py")
		write(t, filepath.Join(dir, "test_batch"), b)
		for i := range 5 {
			write(t, filepath.Join(dir, fmt.Sprintf("data_batch_%d", i+1)), b)
		}
		for _, spec := range []string{dir, filepath.Dir(dir)} {
			for split, n := range map[Split]int{Train: 10, Test: 2} {
				ds, err := Open(spec, Options{Split: split})
				require.NoError(t, err, name)
				require.Equal(t, n, ds.Len())
				for i := range n {
					require.Equal(t, []int{3, 9}[i%2], ds.Label(i))
					require.Equal(t, Image{C: 3, H: 32, W: 32, Pix: both[i%2*cifarPixels : (i%2+1)*cifarPixels]}, pixels(t, ds, i), name)
				}
				require.Equal(t, "cat", ds.Classes()[3])
			}
		}
		// The class names are in a file beside.
		write(t, filepath.Join(dir, "batches.meta"), []byte("\x80\x02}U\x0blabel_names](U\x01aU\x01bU\x01cU\x01dU\x01eU\x01fU\x01gU\x01hU\x01iU\x01jes."))
		ds, err := Open(dir, Options{Split: Test})
		require.NoError(t, err)
		require.Equal(t, "d", ds.Classes()[3])
		write(t, filepath.Join(dir, "batches.meta"), []byte("\x80\x02}U\x0blabel_names](U\x01aes."))
		_, err = Open(dir, Options{Split: Test})
		require.ErrorContains(t, err, "names 1 classes where CIFAR-10's Python version has 10")
	}
	// Bytes that are valid UTF-8, and all zeros.
	for _, fill := range []string{"\x00\x00", "\xc3\xa9"} {
		pix := []byte(strings.Repeat(fill, cifarPixels/2))
		s := cifarSet{cifarForm: cifarForms[1]}
		got, _, err := s.pickled(pickled2(pix, 1), 10, nil, nil)
		require.NoError(t, err)
		require.Equal(t, pix, got)
	}
}

func TestHostileCIFARPython(t *testing.T) {
	good := pickled2(make([]byte, cifarPixels), 1)
	for want, b := range map[string][]byte{
		"is announced where":                       good[:2000],
		"asks for posix.system":                    []byte("cposix\nsystem\n(S'true'\ntR."),
		"holds a int":                              []byte("K\x01."),
		`no "data"`:                                []byte("}."),
		"label 10, but":                            pickled2(make([]byte, cifarPixels), 10),
		"of a label for each of the 1":             pickled2(make([]byte, cifarPixels), 1, 2),
		"elements other than bytes":                bytes.Replace(good, []byte("U\x02u1"), []byte("U\x02f4"), 1),
		"is stored column by column":               bytes.Replace(good, []byte("tb\x89T"), []byte("tb\x88T"), 1),
		"an array of 6144 elements has 3072 bytes": bytes.Replace(good, []byte("K\x01K\x01M\x00\x0c"), []byte("K\x01K\x02M\x00\x0c"), 1),
		"an array has no shape":                    bytes.Replace(good, []byte("K\x01K\x01M\x00\x0c"), []byte("K\x01NM\x00\x0c"), 1),
	} {
		s := cifarSet{cifarForm: cifarForms[1]}
		_, _, err := s.pickled(b, 10, nil, nil)
		require.ErrorContains(t, err, want)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "test_batch"), good)
	_, err := Open(dir, Options{Split: Test, MaxBytes: 1000})
	require.ErrorContains(t, err, `"test_batch" of CIFAR-10's Python version cannot be read`)
	_, err = Open(dir, Options{})
	require.ErrorContains(t, err, "data_batch_1")
}

func FuzzCIFARPython(f *testing.F) {
	f.Add(pickled2(make([]byte, cifarPixels), 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := cifarSet{cifarForm: cifarForms[1]}
		pix, labels, err := s.pickled(b, 10, nil, nil)
		if err == nil {
			require.Len(t, pix, len(labels)*cifarPixels)
		}
	})
}

// A pickle that makes bytes from one text many times is refused once these are
// more than its own bytes.
func TestCIFARBytesOfOneText(t *testing.T) {
	text := strings.Repeat("x", 1<<15)
	of := func(times int) []byte {
		var b bytes.Buffer
		b.WriteString("(lp0\nV" + text + "\np1\n0") // a list and a text in the memo
		for range times {
			b.WriteString("c_codecs\nencode\n(g1\nVlatin1\ntRa")
		}
		b.WriteString(".")
		return b.Bytes()
	}
	_, err := unpickle(of(1))
	require.ErrorContains(t, err, "not a dictionary", "one use is allowed")
	_, err = unpickle(of(3))
	require.ErrorContains(t, err, "it makes more bytes than it holds")
}
