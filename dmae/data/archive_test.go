package data

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"image/color"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// packed is one entry of an archive.
type packed struct {
	name, link string
	kind       byte // of tar; 0: a file
	content    []byte
}

func tarOf(t testing.TB, entries ...packed) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: e.name, Typeflag: e.kind, Linkname: e.link, Size: int64(len(e.content)), Mode: 0o644}))
		_, err := w.Write(e.content)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

func zipOf(t testing.TB, entries ...packed) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		content := e.content
		switch e.kind {
		case tar.TypeSymlink:
			h.SetMode(fs.ModeSymlink | 0o777)
			content = []byte(e.link)
		case tar.TypeDir:
			h.Name += "/"
		case tar.TypeFifo:
			h.SetMode(fs.ModeNamedPipe)
		}
		f, err := w.CreateHeader(h)
		require.NoError(t, err)
		_, err = f.Write(content)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

// archives returns a path of each kind of archive with the entries. The .zip
// archive omits entries of kinds that it lacks.
func archives(t testing.TB, entries ...packed) map[string]string {
	t.Helper()
	dir := t.TempDir()
	var inZip []packed
	for _, e := range entries {
		if e.kind != tar.TypeLink {
			inZip = append(inZip, e)
		}
	}
	plain := tarOf(t, entries...)
	all := map[string]string{}
	for name, b := range map[string][]byte{"d.tar": plain, "d.tar.gz": gzipped(t, plain), "d.zip": zipOf(t, inZip...)} {
		all[name] = filepath.Join(dir, name)
		write(t, all[name], b)
	}
	return all
}

func TestArchivesAreReadAsFoldersAre(t *testing.T) {
	im := png2(t)
	for kind, file := range archives(t,
		packed{name: "./p", kind: tar.TypeDir},
		packed{name: "p/test/cat/1.png", content: im},
		packed{name: "/p/test/cat/deep/2.PNG", content: im},
		packed{name: "p/test/x/../cat/3.gif", content: im},
		packed{name: "p/test/dog", kind: tar.TypeSymlink, link: "../pool/dogs"}, // before what it leads to
		packed{name: "p/pool/dogs/1.png", content: im},
		packed{name: "p/pool/dogs/2.png", kind: tar.TypeSymlink, link: "1.png"},
		packed{name: "p/test/emu", kind: tar.TypeDir},
		packed{name: "__MACOSX/p/test/cat/._1.png", content: im},
		packed{name: "p/test/cat/loop", kind: tar.TypeSymlink, link: ".."},
		packed{name: "p/test/cat/self.png", kind: tar.TypeSymlink, link: "self.png"},
		packed{name: "p/test/cat/none.png", kind: tar.TypeSymlink, link: "nothing.png"},
		packed{name: "p/test/cat/abs.png", kind: tar.TypeSymlink, link: "/etc/passwd"},
		packed{name: "p/test/cat/out.png", kind: tar.TypeSymlink, link: "../../../../x.png"},
		packed{name: "../q/test/cat/out.png", content: im},
		packed{name: "p/test/cat/pipe.png", kind: tar.TypeFifo},
	) {
		ds, said, err := logged(t, file, Test)
		require.NoError(t, err, kind)
		require.Equal(t, []string{"cat", "dog"}, ds.Classes(), kind)
		require.Equal(t, []string{"p/test/cat/1.png", "p/test/cat/deep/2.PNG", "p/test/dog/1.png", "p/test/dog/2.png"}, paths(t, ds), kind)
		for i := range ds.Len() {
			require.Len(t, pixels(t, ds, i).Pix, 12, kind)
		}
		require.Equal(t, []string{`d/test: 4 images of 2 classes; not read: 1 .gif, ` +
			`1 folder without images, which is not a class ("p/test/emu"), ` +
			`1 folder beside train, val and test ("p/pool"), ` +
			`1 of the operating system ("__MACOSX"), ` +
			`2 links to nothing ("p/test/cat/none.png", "p/test/cat/self.png"), ` +
			`1 link to a folder that contains it ("p/test/cat/loop"), ` +
			`3 names or links that lead out of the archive ("../q/test/cat/out.png", "p/test/cat/abs.png", "p/test/cat/out.png"), ` +
			`1 not a regular file ("p/test/cat/pipe.png")`}, said, kind)
	}
}

func TestHardLinksAndLaterCopiesInArchives(t *testing.T) {
	white, other := png2(t), encodePNG(t, uniform(5, 5, color.Black))
	file := archives(t,
		packed{name: "a/1.png", content: other},
		packed{name: "b/1.png", kind: tar.TypeLink, link: "a/1.png"},
		packed{name: "b/2.png", kind: tar.TypeLink, link: "./nothing.png"},
		packed{name: "b/3.png", kind: tar.TypeLink, link: "../a/1.png"},
		packed{name: "./a/1.png", content: white},
	)
	for _, kind := range []string{"d.tar", "d.tar.gz"} {
		ds, said, err := logged(t, file[kind], Train)
		require.NoError(t, err)
		require.Equal(t, []string{"a/1.png", "b/1.png"}, paths(t, ds))
		require.Len(t, pixels(t, ds, 0).Pix, 3*2*2, "the later copy counts")
		require.Len(t, pixels(t, ds, 1).Pix, 3*5*5, "a hard link stays with the file it was made of")
		require.Equal(t, []string{`d/train: 2 images of 2 classes; not read: 1 link to nothing ("b/2.png"), 1 name or link that leads out of the archive ("b/3.png"), 1 earlier file of the same name ("a/1.png")`}, said)
	}
	for kind, want := range map[string][]packed{
		"has both a folder and a file":         {{name: "a/x.png/y.png"}, {name: "a/x.png"}},
		"below something that is not a folder": {{name: "a/x.png"}, {name: "a/x.png/y.png"}},
		"a name of 5004 bytes":                 {{name: strings.Repeat("long/", 1000) + ".png"}},
	} {
		for _, file := range archives(t, want...) {
			_, err := Open(file, Options{})
			require.ErrorContains(t, err, kind)
		}
	}
}

func TestZipFilesOfOtherPrograms(t *testing.T) {
	im := png2(t)
	file := filepath.Join(t.TempDir(), "d.zip")
	write(t, file, zipOf(t, packed{name: `cat\1.png`, content: im}, packed{name: `dog\1.png`, content: im}))
	ds, err := Open(file, Options{})
	require.NoError(t, err)
	require.Equal(t, []string{"cat/1.png", "dog/1.png"}, paths(t, ds))

	// A changed byte of what is stored, and a changed length.
	b := zipOf(t, packed{name: "cat/1.png", content: im})
	whole := bytes.Clone(b)
	b[len("cat/1.png")+30+10] ^= 4
	write(t, file, b)
	ds, err = Open(file, Options{})
	require.NoError(t, err)
	_, err = ds.Image(0)
	var corrupt *CorruptError
	require.ErrorAs(t, err, &corrupt)
	directory := bytes.Index(whole, []byte("PK\x01\x02"))
	whole[directory+24]++ // the length
	write(t, file, whole)
	ds, err = Open(file, Options{})
	require.NoError(t, err)
	_, err = ds.Image(0)
	require.ErrorAs(t, err, &corrupt)
	whole[directory+8] |= 1
	write(t, file, whole)
	_, err = Open(file, Options{})
	require.ErrorContains(t, err, `"cat/1.png" is encrypted`)
}

func TestZipFilesAreSought(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789"), 1000)
	b := zipOf(t, packed{name: "a/x.png", content: content})
	a, err := readZip(bytes.NewReader(b), int64(len(b)), 1<<20)
	require.NoError(t, err)
	r, err := a.open("a/x.png")
	require.NoError(t, err)
	for _, at := range []int64{5003, 0, 9999, 42, 10000} {
		_, err := r.Seek(at, io.SeekStart)
		require.NoError(t, err)
		got, err := io.ReadAll(r)
		require.NoError(t, err)
		require.Equal(t, string(content[at:]), string(got))
	}
	n, err := r.Seek(-3, io.SeekEnd)
	require.NoError(t, err)
	require.Equal(t, int64(9997), n)
	_, err = r.Seek(-1, io.SeekStart)
	require.Error(t, err)
	require.NoError(t, r.Close())
}

// The size of expanded files and the memory of the list of files are bounded.
func TestArchivesAreBounded(t *testing.T) {
	const limit = 1 << 20
	zeros := make([]byte, 2*limit)
	var many []packed
	for i := range 3000 {
		many = append(many, packed{name: fmt.Sprintf("a/%d.png", i)})
	}
	deep := []packed{{name: strings.Repeat("d/", 2000) + "x.png"}, {name: strings.Repeat("e/", 2000) + "x.png"}}
	for name, c := range map[string]struct {
		entries []packed
		sizes   []string
	}{
		"an image of zeros":     {[]packed{{name: "a/x.png", content: zeros}}, []string{"d.tar.gz"}},
		"another file of zeros": {[]packed{{name: "a/x.bin", content: zeros}}, []string{"d.tar.gz"}},
		"many files":            {many, []string{"d.tar", "d.tar.gz", "d.zip"}},
		"folders in folders":    {deep, []string{"d.tar", "d.tar.gz", "d.zip"}},
	} {
		files := archives(t, c.entries...)
		for _, kind := range c.sizes {
			_, err := Open(files[kind], Options{MaxBytes: limit})
			require.ErrorContains(t, err, "allow more (--max-data-gib)", "%s %s", name, kind)
		}
	}
	// Uncompressed files are not held in memory.
	ds, err := Open(archives(t, packed{name: "a/x.png", content: append(png2(t), zeros...)})["d.tar"], Options{MaxBytes: limit})
	require.NoError(t, err)
	require.Len(t, pixels(t, ds, 0).Pix, 12)
	// Zeros after the end of the archive count, too.
	padded := append(tarOf(t, packed{name: "a/x.png", content: png2(t)}), zeros...)
	file := filepath.Join(t.TempDir(), "x.tgz")
	write(t, file, gzipped(t, padded))
	_, err = Open(file, Options{MaxBytes: limit})
	require.ErrorContains(t, err, "allow more")
	_, err = Open(file, Options{})
	require.NoError(t, err)
}

func TestLargeFilesAreHeldInPieces(t *testing.T) {
	content := make([]byte, 2*pieceBytes+5)
	for i := range content {
		content[i] = byte(i * 7 / 3)
	}
	c, err := readPieces(bytes.NewReader(content), int64(len(content)))
	require.NoError(t, err)
	r, err := c.open()
	require.NoError(t, err)
	for _, at := range []int64{0, pieceBytes - 3, 2*pieceBytes + 4, 2*pieceBytes + 5} {
		_, err = r.Seek(at, io.SeekStart)
		require.NoError(t, err)
		got, err := io.ReadAll(r)
		require.NoError(t, err)
		require.True(t, bytes.Equal(content[at:], got), at)
	}
	_, err = readPieces(bytes.NewReader(content[1:]), int64(len(content)))
	require.ErrorContains(t, err, "ends after 33554436 of the 33554437 bytes")
	require.Zero(t, pieces(nil).size())
}

// Every checksum is compared, that of the last member too.
func TestGzipIsReadToItsEnd(t *testing.T) {
	content := tarOf(t, packed{name: "a/x.png", content: png2(t)})
	idx := idxBytes([]uint32{3}, []byte{1, 2, 3})
	members := func(parts ...[]byte) []byte {
		var all []byte
		for _, p := range parts {
			all = append(all, gzipped(t, p)...)
		}
		return all
	}
	change := func(b []byte, at int) []byte {
		b = bytes.Clone(b)
		b[at] ^= 1
		return b
	}
	check := func(name, want string, ofTar, ofIDX []byte) {
		file := filepath.Join(t.TempDir(), "x.tar.gz")
		write(t, file, ofTar)
		_, err1 := Open(file, Options{})
		_, err2 := readIDX(bytes.NewReader(ofIDX), 1000)
		for _, err := range []error{err1, err2} {
			if want == "" {
				require.NoError(t, err, name)
			} else {
				require.ErrorContains(t, err, want, name)
			}
		}
	}
	whole, short := gzipped(t, content), gzipped(t, idx)
	check("whole", "", whole, short)
	check("members", "", members(content[:700], content[700:], nil), members(nil, idx[:6], idx[6:]))
	check("padded", "", append(bytes.Clone(whole), make([]byte, 1000)...), append(bytes.Clone(short), 0))
	check("garbage", "something else follows", append(bytes.Clone(whole), "rest"...), append(bytes.Clone(short), 0, 0, 'x'))
	check("half a member", "cut short", append(bytes.Clone(whole), gzipped(t, content)[:20]...), append(bytes.Clone(short), 0x1f, 0x8b, 8))
	check("checksum", "invalid checksum", change(whole, len(whole)-8), change(short, len(short)-8))
	check("length", "invalid checksum", change(whole, len(whole)-1), change(short, len(short)-1))
	check("no trailer", "cut short", whole[:len(whole)-8], short[:len(short)-8])
	check("half a trailer", "cut short", whole[:len(whole)-1], short[:len(short)-1])
	wrong := members(content[:700], content[700:])
	check("first member", "invalid checksum", change(wrong, len(gzipped(t, content[:700]))-5), change(members(idx[:6], idx[6:]), len(gzipped(t, idx[:6]))-5))

	// A changed byte of stored content, which inflates to another image.
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.NoCompression)
	require.NoError(t, err)
	_, err = w.Write(content)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	at := bytes.Index(b.Bytes(), []byte("IDAT"))
	_, err = readTarGzip(bufio.NewReader(bytes.NewReader(change(b.Bytes(), at+8))), 1<<20)
	require.ErrorIs(t, err, gzip.ErrChecksum)
}
