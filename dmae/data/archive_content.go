package data

import (
	"errors"
	"fmt"
	"io"
)

// content is the bytes of a file in an archive.
type content interface {
	open() (io.ReadSeekCloser, error)
	size() int64
}

// pieces is content in memory, in slices of pieceBytes bytes except the last,
// so that a large file is not copied while it grows.
type pieces [][]byte

const pieceBytes = 16 << 20

func (c pieces) open() (io.ReadSeekCloser, error) {
	return unclosed{io.NewSectionReader(c, 0, c.size())}, nil
}

func (c pieces) size() int64 {
	if len(c) == 0 {
		return 0
	}
	return int64(len(c)-1)*pieceBytes + int64(len(c[len(c)-1]))
}

// ReadAt implements io.ReaderAt.
func (c pieces) ReadAt(p []byte, at int64) (int, error) {
	n := 0
	for n < len(p) && at < c.size() {
		k := copy(p[n:], c[at/pieceBytes][at%pieceBytes:])
		n, at = n+k, at+int64(k)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// readPieces reads a file of the claimed length. Memory is allocated as bytes
// arrive.
func readPieces(r io.Reader, claimed int64) (pieces, error) {
	var c pieces
	for left := claimed; left > 0; left -= pieceBytes {
		b := make([]byte, min(left, pieceBytes))
		n, err := io.ReadFull(r, b)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return nil, fmt.Errorf("it ends after %d of the %d bytes it claims", c.size()+int64(n), claimed)
		}
		if err != nil {
			return nil, err
		}
		c = append(c, b)
	}
	return c, nil
}

// absent is content that is not kept because nothing reads it.
type absent int64

func (s absent) open() (io.ReadSeekCloser, error) { return nil, errors.New("it is not kept") }
func (s absent) size() int64                      { return int64(s) }

// section is content that is stored uncompressed in the archive's file.
type section struct {
	in   io.ReaderAt
	at   int64
	long int64
}

func (s section) open() (io.ReadSeekCloser, error) {
	return unclosed{io.NewSectionReader(s.in, s.at, s.long)}, nil
}
func (s section) size() int64 { return s.long }

// unclosed is a file that needs no closing.
type unclosed struct{ io.ReadSeeker }

func (unclosed) Close() error { return nil }
