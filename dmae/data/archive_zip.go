package data

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// zipped is content in a .zip archive.
type zipped struct{ *zip.File }

func (z zipped) size() int64 { return int64(min(z.UncompressedSize64, 1<<62)) }

func (z zipped) open() (io.ReadSeekCloser, error) { return &unzipping{file: z}, nil }

// unzipping decompresses a file as far as it is read. Its checksum is compared
// before the last bytes are returned. Seeking back decompresses from the start.
type unzipping struct {
	file zipped
	r    io.ReadCloser // nil before the first byte
	at   int64         // position of r
	pos  int64         // position of the next read
}

func (u *unzipping) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += u.pos
	case io.SeekEnd:
		offset += u.file.size()
	}
	if offset < 0 {
		return 0, errors.New("a read before its beginning")
	}
	u.pos = offset
	return offset, nil
}

func (u *unzipping) Read(p []byte) (int, error) {
	left := u.file.size() - u.pos
	if left <= 0 {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	if u.r == nil || u.at > u.pos {
		if err := u.Close(); err != nil {
			return 0, err
		}
		r, err := u.file.Open()
		if err != nil {
			return 0, err
		}
		u.r, u.at = r, 0
	}
	if u.at < u.pos {
		n, err := io.CopyN(io.Discard, u.r, u.pos-u.at)
		if u.at += n; err != nil {
			return 0, u.short(err)
		}
	}
	n, err := io.ReadFull(u.r, p[:min(int64(len(p)), left)])
	u.at += int64(n)
	if err != nil {
		return 0, u.short(err)
	}
	if int64(n) == left {
		switch m, err := io.ReadFull(u.r, make([]byte, 1)); {
		case m > 0:
			return 0, fmt.Errorf("it goes on after the %d bytes it claims", u.file.size())
		case err != io.EOF:
			return 0, err
		}
	}
	u.pos += int64(n)
	return n, nil
}

// short is the error of a file that ends before it should.
func (u *unzipping) short(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("it ends after %d of the %d bytes it claims", u.at, u.file.size())
	}
	return err
}

func (u *unzipping) Close() error {
	if u.r == nil {
		return nil
	}
	err := u.r.Close()
	u.r = nil
	return err
}

// zipEntry is the fewest bytes of an entry in a .zip archive's list of files,
// and zipBytes the most memory for it without its name.
const (
	zipEntry = 46
	zipBytes = nodeBytes + 256
)

// readZip reads the list of files of a .zip archive. The files are read when
// they are needed.
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

// zipName replaces the backslashes of archives from old Windows programs by
// slashes.
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
		aim, err := readZipped(f)
		if err != nil {
			return nil, fmt.Errorf("its link %s cannot be read: %w", quote(f.Name), err)
		}
		return a.link(zipName(f.Name), string(aim)), nil
	case !mode.IsRegular():
		return &node{kind: isSpecial}, nil
	case !keeps(zipName(f.Name)):
		return &node{kind: isFile, file: absent(zipped{f}.size())}, nil
	}
	return &node{kind: isFile, file: zipped{f}}, nil
}

// readZipped returns the target of a link.
func readZipped(f *zip.File) ([]byte, error) {
	if f.UncompressedSize64 > maxName {
		return nil, fmt.Errorf("it has %d bytes, the longest possible has %d", f.UncompressedSize64, maxName)
	}
	r, err := zipped{f}.open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// listReader bounds how much of an archive is read for its list of files, and
// thereby the memory for the list.
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
