package data

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// tree is a folder of folders of image files, on the disk or in an archive.
// Paths have forward slashes; "" is the root. Names come sorted, without those
// that start with a dot.
type tree interface {
	list(dir string) (dirs, images []string, err error)
	// open returns the bytes of a file; headers are read without the rest.
	open(file string) (io.ReadSeekCloser, error)
	size(file string) int64
}

// diskTree is a folder on the disk.
type diskTree string

func (t diskTree) path(p string) string { return filepath.Join(string(t), filepath.FromSlash(p)) }

func (t diskTree) list(dir string) (dirs, images []string, err error) {
	entries, err := os.ReadDir(t.path(dir))
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		name := e.Name()
		isDir := e.IsDir()
		if e.Type()&os.ModeSymlink != 0 {
			st, err := os.Stat(t.path(path.Join(dir, name)))
			isDir = err == nil && st.IsDir()
		}
		switch {
		case strings.HasPrefix(name, "."):
		case isDir:
			dirs = append(dirs, name)
		case isImage(name):
			images = append(images, name)
		}
	}
	return dirs, images, nil
}

func (t diskTree) open(file string) (io.ReadSeekCloser, error) { return os.Open(t.path(file)) }

func (t diskTree) size(file string) int64 {
	st, err := os.Stat(t.path(file))
	if err != nil {
		return 0 // reading it will say what is wrong
	}
	return st.Size()
}

// maxArchive bounds the bytes of the image files of an archive.
const maxArchive = 8 << 30

// tarTree is an archive, held in memory as the files it contains.
type tarTree struct {
	files map[string][]byte
	dirs  map[string][]string // names of the folders of a folder
	names map[string][]string // names of the images of a folder
}

// isArchive reports whether a file's name is that of a compressed archive.
func isArchive(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, ".tar.gz") || strings.HasSuffix(name, ".tgz")
}

// readTar reads the image files of a .tar.gz archive.
func readTar(r io.Reader) (*tarTree, error) {
	zr, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	defer zr.Close()
	t := &tarTree{files: map[string][]byte{}, dirs: map[string][]string{}, names: map[string][]string{}}
	left := int64(maxArchive)
	for tr := tar.NewReader(zr); ; {
		h, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		name := strings.TrimPrefix(path.Clean("/"+h.Name), "/")
		if h.Typeflag != tar.TypeReg || !isImage(path.Base(name)) {
			continue
		}
		b, err := io.ReadAll(io.LimitReader(tr, left+1))
		if err != nil {
			return nil, err
		}
		if left -= int64(len(b)); left < 0 {
			return nil, fmt.Errorf("its images take more than %d bytes", int64(maxArchive))
		}
		if _, twice := t.files[name]; twice {
			return nil, fmt.Errorf("it holds %s twice", name)
		}
		t.files[name] = b
	}
	if len(t.files) == 0 {
		return nil, errors.New("it holds no JPEG or PNG files")
	}
	seen := map[string]bool{".": true}
	for _, name := range slices.Sorted(maps.Keys(t.files)) {
		dir, base := path.Dir(name), path.Base(name)
		t.names[dir] = append(t.names[dir], base)
		for ; !seen[dir]; dir = path.Dir(dir) {
			seen[dir] = true
			t.dirs[path.Dir(dir)] = append(t.dirs[path.Dir(dir)], path.Base(dir))
		}
	}
	for _, d := range t.dirs {
		slices.Sort(d)
	}
	return t, nil
}

func (t *tarTree) list(dir string) (dirs, images []string, err error) {
	dir = path.Clean(dir)
	visible := func(name string) bool { return !strings.HasPrefix(name, ".") }
	for _, d := range t.dirs[dir] {
		if visible(d) {
			dirs = append(dirs, d)
		}
	}
	return dirs, t.names[dir], nil
}

func (t *tarTree) open(file string) (io.ReadSeekCloser, error) {
	return inMemory{bytes.NewReader(t.files[file])}, nil
}

// inMemory is an open file that is held in memory.
type inMemory struct{ *bytes.Reader }

func (inMemory) Close() error { return nil }

func (t *tarTree) size(file string) int64 { return int64(len(t.files[file])) }
