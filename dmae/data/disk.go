package data

import (
	"io"
	"iter"
	"os"
	"path/filepath"

	"github.com/godmae/godmae/internal/infile"
)

// diskTree is a folder on the disk.
type diskTree string

func (t diskTree) path(p string) string { return filepath.Join(string(t), filepath.FromSlash(p)) }

// entriesAtOnce is the number of entries of a folder that are read at once.
const entriesAtOnce = 512

func (t diskTree) entries(dir string) iter.Seq2[entry, error] {
	return func(yield func(entry, error) bool) {
		f, err := os.OpenFile(t.path(dir), os.O_RDONLY|infile.NoWait, 0)
		if err != nil {
			yield(entry{}, err)
			return
		}
		defer f.Close()
		for {
			some, err := f.ReadDir(entriesAtOnce)
			for _, e := range some {
				if !yield(entry{e.Name(), t.kind(dir, e), e.Type()&os.ModeSymlink != 0}, nil) {
					return
				}
			}
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(entry{}, err)
				return
			}
		}
	}
}

// kind follows links. For everything else it uses the type in the folder's
// entry, so that listing a million images needs no stat of each.
func (t diskTree) kind(dir string, e os.DirEntry) kind {
	if k, ok := named(e.Name()); ok {
		return k
	}
	mode := e.Type()
	if mode&os.ModeSymlink != 0 {
		st, err := os.Stat(filepath.Join(t.path(dir), e.Name()))
		if err != nil {
			return isNowhere
		}
		if mode = st.Mode().Type(); mode.IsDir() && t.above(dir, st) {
			return isLoop
		}
	}
	switch {
	case mode.IsDir():
		return isFolder
	case mode.IsRegular():
		return isFile
	}
	return isSpecial
}

// above reports whether a folder is dir or contains it, by the path that led
// there or by the position of the tree on the disk.
func (t diskTree) above(dir string, st os.FileInfo) bool {
	same := func(p string) bool {
		other, err := os.Stat(p)
		return err == nil && os.SameFile(st, other)
	}
	for d := t.path(dir); ; d = filepath.Dir(d) {
		if same(d) {
			return true
		}
		if len(d) <= len(t.path("")) {
			break
		}
	}
	real, err := filepath.EvalSymlinks(t.path(""))
	if err != nil {
		return false
	}
	if real, err = filepath.Abs(real); err != nil {
		return false
	}
	for ; ; real = filepath.Dir(real) {
		if same(real) {
			return true
		}
		if real == filepath.Dir(real) {
			return false
		}
	}
}

func (t diskTree) open(file string) (io.ReadSeekCloser, error) {
	f, size, err := infile.Open(t.path(file))
	if err != nil {
		return nil, err
	}
	return sized{io.NewSectionReader(f, 0, size), f}, nil
}

// sized is an open file cut off at the length it had when it was opened. Some
// regular files of /proc have length 0 and no end.
type sized struct {
	io.ReadSeeker
	io.Closer
}

func (t diskTree) size(file string) int64 {
	st, err := os.Stat(t.path(file))
	if err != nil {
		return 0 // reading it returns the error
	}
	return st.Size()
}
