package data

import (
	"encoding/json"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// logged opens a part of a data set and returns the log messages.
func logged(t testing.TB, spec string, split Split) (Dataset, []string, error) {
	t.Helper()
	var said []string
	ds, err := Open(spec, Options{Split: split, Log: func(s string) { said = append(said, s) }})
	return ds, said, err
}

// paths returns the files of a data set of a folder or an archive.
func paths(t testing.TB, ds Dataset) []string {
	t.Helper()
	f, ok := ds.(*folder)
	require.True(t, ok, "%T", ds)
	return f.files
}

// bytesOf turns Latin-1 into bytes.
func bytesOf(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		b = append(b, byte(r))
	}
	return string(b)
}

// The fixture has the files that torchvision's ImageFolder reads in a tree with
// names of all kinds, in its order; scripts/make-imagefolder-fixture.py made
// it.
func TestOrderOfImageFolder(t *testing.T) {
	needsNamesOfBytes(t)
	var want struct {
		Entries [][2]string
		Classes []string
		Samples []pathAndLabel
	}
	b, err := os.ReadFile(filepath.Join("testdata", "imagefolder.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &want))
	dir := t.TempDir()
	for _, e := range want.Entries {
		p := filepath.Join(dir, bytesOf(e[0]))
		require.NoError(t, os.MkdirAll(filepath.Dir(p), 0o777))
		if e[1] == "" {
			err = os.WriteFile(p, nil, 0o666)
		} else {
			err = os.Symlink(bytesOf(e[1]), p)
		}
		require.NoError(t, err)
	}
	ds, err := Open(dir, Options{})
	require.NoError(t, err)
	for i, c := range want.Classes {
		want.Classes[i] = ClassName(bytesOf(c))
	}
	require.Equal(t, want.Classes, ds.Classes())
	files := paths(t, ds)
	require.Len(t, files, len(want.Samples))
	for i, s := range want.Samples {
		require.Equal(t, bytesOf(s.path), files[i], "image %d", i)
		require.Equal(t, s.label, ds.Label(i), "image %d", i)
	}
}

type pathAndLabel struct {
	path  string
	label int
}

func (p *pathAndLabel) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&p.path, &p.label})
}

func TestOrderOfNamesThatAreNotUTF8(t *testing.T) {
	// The order of Python's sorted(map(os.fsdecode, ...)).
	want := []string{"a", "a\x80", "a\xe9", "a\xe9b", "a\ue000", "a\U0001F600", "b"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, comparePython)
	require.Equal(t, want, got)
	require.Equal(t, -1, comparePython("\xff", "\xffa"))
}

func png2(t testing.TB) []byte { return encodePNG(t, uniform(2, 2, color.White)) }

func TestWhatIsPassedOverIsSaid(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "photos")
	im := png2(t)
	for _, name := range []string{
		"test/cat/1.png", "test/cat/deep/er/2.WEBP", "test/dog/1.png", // read
		"test/cat/3.gif", "test/cat/4.GIF", "test/cat/notes", "test/cat/deep/list.txt",
		"test/cat/.DS_Store", "test/cat/._1.png", "test/cat/.thumbs/1.png",
		"test/cat/@eaDir/1.png", "test/__MACOSX/cat/1.png", "test/cat/Thumbs.db",
		"test/stray.png", "test/stray.heic", "test/README.md",
		"test/bird/1.heic", "extra/cat/1.png", "LICENSE",
		"test/cat/new\nline.tar.gz.extremely-long-ending",
	} {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), im)
	}
	require.NoError(t, os.Symlink("nowhere.png", filepath.Join(dir, "test/dog/broken\x1b[2J.png")))
	require.NoError(t, os.Symlink("..", filepath.Join(dir, "test/dog/loop")))
	require.NoError(t, os.Symlink(filepath.Dir(dir), filepath.Join(dir, "test/dog/above")))
	ds, said, err := logged(t, dir, Test)
	require.NoError(t, err)
	require.Equal(t, []string{"cat", "dog"}, ds.Classes())
	require.Equal(t, []string{"test/cat/1.png", "test/cat/deep/er/2.WEBP", "test/dog/1.png"}, paths(t, ds))
	require.Equal(t, []string{`photos/test: 3 images of 2 classes; not read: ` +
		`2 .gif, 1 without an extension, 1 .heic, 1 .txt, 1 of other extensions, ` +
		`2 images outside class folders ("test/stray.heic", "test/stray.png"), ` +
		`1 folder without images, which is not a class ("test/bird"), ` +
		`1 folder beside train, val and test ("extra"), ` +
		`3 hidden ("test/cat/.DS_Store", "test/cat/._1.png", "test/cat/.thumbs"), ` +
		`3 of the operating system ("test/__MACOSX", "test/cat/@eaDir", "test/cat/Thumbs.db"), ` +
		`1 link to nothing ("test/dog/broken\x1b[2J.png"), ` +
		`2 links to folders that contain them ("test/dog/above", "test/dog/loop")`}, said)

	// Nothing is logged if everything is read.
	clean := t.TempDir()
	write(t, filepath.Join(clean, "cat", "1.png"), im)
	write(t, filepath.Join(clean, "README"), nil)
	_, said, err = logged(t, clean, Train)
	require.NoError(t, err)
	require.Empty(t, said)
}

func TestWhatIsNoDataSetIsDescribed(t *testing.T) {
	im := png2(t)
	for want, files := range map[string][]string{
		"it is empty": {},
		"it holds 2 images outside class folders":   {"a.png", "b.jpg"},
		`the folders "a" without images`:            {"a/b.gif"},
		`1 .parquet`:                                {"train.parquet"},
		`its folders are called "Train", "Valid":`:  {"Train/cat/1.png", "Valid/cat/1.png"},
		`its folders are called "test", "train":`:   {"test/1.png", "train/1.png"},
		"IDX files of 2 data sets, \"emnist-digits": {"emnist-digits-train-images-idx3-ubyte", "emnist-letters-test-images-idx3-ubyte.gz"},
		"of CIFAR-10's binary version and of CIFAR": {"test_batch", "test_batch.bin"},
		"it holds several data sets: give one of":   {"a/raw/train-images-idx3-ubyte", "b/test_batch"},
	} {
		dir := t.TempDir()
		for _, f := range files {
			write(t, filepath.Join(dir, filepath.FromSlash(f)), im)
		}
		_, err := Open(dir, Options{})
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, dir)
	}
}

func TestPartsAndClassesAreFound(t *testing.T) {
	im := png2(t)
	for name, c := range map[string]struct {
		files, classes []string
		split          Split
	}{
		"a class called train":     {[]string{"bus/1.png", "train/1.png"}, []string{"bus", "train"}, Train},
		"two wrappers":             {[]string{"a/b/train/cat/1.png", "a/b/test/cat/1.png", "a/__MACOSX/b/x.png"}, []string{"cat"}, Test},
		"wrapped classes":          {[]string{"photos/cat/1.png", "photos/dog/1.png"}, []string{"cat", "dog"}, Train},
		"one class":                {[]string{"all/1.png"}, []string{"all"}, Train},
		"one class, nested":        {[]string{"all/more/1.png"}, []string{"all"}, Train},
		"a class empty in train":   {[]string{"train/a/x.txt", "train/b/1.png", "test/a/x.txt", "test/b/2.png"}, []string{"b"}, Test},
		"only the tests":           {[]string{"test/a/1.png", "test/b/.hidden.png"}, []string{"a"}, Test},
		"images in a split folder": {[]string{"train/a/x/1.png", "train/a/2.png", "val/a/images/1.png"}, []string{"a"}, Test},
	} {
		dir := t.TempDir()
		for _, f := range c.files {
			write(t, filepath.Join(dir, filepath.FromSlash(f)), im)
		}
		ds, err := Open(dir, Options{Split: c.split})
		require.NoError(t, err, name)
		require.Equal(t, c.classes, ds.Classes(), name)
	}
	dir := t.TempDir()
	for _, f := range []string{"train/a/x.txt", "train/b/1.png", "test/a/1.png"} {
		write(t, filepath.Join(dir, filepath.FromSlash(f)), im)
	}
	_, err := Open(dir, Options{Split: Test})
	require.ErrorContains(t, err, `the class "a" of the folder "test" is not among the 1 class with images of "train": "b"`)
}

// A folder can be reached on 2^40 paths.
func TestTooManyWaysAreAnError(t *testing.T) {
	if testing.Short() {
		t.Skip("follows 65,536 links, which takes seconds")
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "c", "1.png"), png2(t))
	for i := range 40 {
		level := filepath.Join(dir, "c", strings.Repeat("n", i+1))
		require.NoError(t, os.Mkdir(level, 0o777))
		for _, name := range []string{"a", "b"} {
			require.NoError(t, os.Symlink(filepath.Join("..", strings.Repeat("n", i+2)), filepath.Join(level, name)))
		}
	}
	_, err := Open(dir, Options{})
	require.ErrorContains(t, err, "more than 65536 links to folders")
}
