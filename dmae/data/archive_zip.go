package data

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// zipped is content in a .zip archive. Reading it to its end compares its
// checksum.
type zipped struct{ *zip.File }

func (z zipped) open() (io.ReadCloser, error) { return z.File.Open() }
func (z zipped) size() int64                  { return int64(min(z.UncompressedSize64, 1<<62)) }

// zipEntry is the least that an entry takes in a .zip archive's list of files,
// and zipBytes the most that it then takes in memory besides its name.
const (
	zipEntry = 46
	zipBytes = nodeBytes + 256
)

// readZip reads the list of files of a .zip archive; they stay where they are.
func readZip(r io.ReaderAt, size, limit int64) (*archive, error) {
	listed := &listReader{r: r, left: limit / zipBytes * zipEntry}
	zr, err := zip.NewReader(listed, size)
	if listed.left < 0 {
		return nil, &tooLargeError{limit}
	}
	if err != nil {
		return nil, err
	}
	listed.done = true
	a := newArchive(limit)
	for _, f := range zr.File {
		if err := a.take(zipBytes - nodeBytes); err != nil {
			return nil, err
		}
		n, err := a.zipNode(f)
		if err != nil {
			return nil, err
		}
		if err := a.add(zipName(f.Name), n); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// zipName undoes the backslashes of archives that old programs for Windows
// wrote.
func zipName(name string) string {
	if strings.Contains(name, "/") {
		return name
	}
	return strings.ReplaceAll(name, `\`, "/")
}

func (a *archive) zipNode(f *zip.File) (*node, error) {
	const encrypted = 1
	switch mode := f.Mode(); {
	case mode.IsDir() || strings.HasSuffix(zipName(f.Name), "/"):
		return newFolder(), a.take(nodeBytes)
	case f.Flags&encrypted != 0:
		return nil, fmt.Errorf("%s is encrypted: pack it without a password", quote(f.Name))
	case mode&fs.ModeSymlink != 0:
		aim, err := readZipped(f, maxName)
		if err != nil {
			return nil, fmt.Errorf("its link %s cannot be read: %w", quote(f.Name), err)
		}
		return a.link(zipName(f.Name), string(aim)), nil
	case !mode.IsRegular():
		return &node{kind: isSpecial}, nil
	case !keeps(zipName(f.Name)) || f.UncompressedSize64 > maxFile:
		return &node{kind: isFile, file: absent(zipped{f}.size())}, nil
	}
	return &node{kind: isFile, file: zipped{f}}, nil
}

func readZipped(f *zip.File, limit int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return readClaimed(r, zipped{f}.size(), limit)
}

// listReader bounds how much is read of an archive while its list of files is
// made: what that takes in memory follows from it.
type listReader struct {
	r    io.ReaderAt
	left int64
	done bool
}

var errLongList = errors.New("its list of files is too long")

func (l *listReader) ReadAt(p []byte, off int64) (int, error) {
	if !l.done {
		if l.left -= int64(len(p)); l.left < 0 {
			return 0, errLongList
		}
	}
	return l.r.ReadAt(p, off)
}
