package data

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// isGzip reports whether a file starts like a gzip-compressed one.
func isGzip(head []byte) bool { return len(head) >= 2 && head[0] == 0x1f && head[1] == 0x8b }

// gunzip decompresses a gzip file of one or more members. It returns io.EOF
// only when the whole file has been read and every checksum was right. Only
// zeros may follow, with which tapes and block devices are padded. More than
// limit bytes of output are an error.
type gunzip struct {
	in    *bufio.Reader
	zr    *gzip.Reader
	limit int64
	left  int64
	err   error
}

func newGunzip(in *bufio.Reader, limit int64) (*gunzip, error) {
	zr, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	zr.Multistream(false)
	return &gunzip{in: in, zr: zr, limit: limit, left: limit}, nil
}

// Read implements io.Reader.
func (g *gunzip) Read(p []byte) (int, error) {
	if g.err != nil {
		return 0, g.err
	}
	n, err := g.zr.Read(p)
	if g.left -= int64(n); g.left < 0 {
		g.err = &tooLargeError{g.limit}
		return 0, g.err
	}
	if err == io.EOF {
		err = g.next()
	}
	if err == io.ErrUnexpectedEOF {
		err = errors.New("its compressed data are cut short")
	}
	g.err = err
	return n, err
}

// next starts the next member; the error is io.EOF if there is none.
func (g *gunzip) next() error {
	head, _ := g.in.Peek(2)
	if isGzip(head) {
		if err := g.zr.Reset(g.in); err != nil {
			return err
		}
		g.zr.Multistream(false)
		return nil
	}
	for {
		b, err := g.in.ReadByte()
		if err != nil {
			return err
		}
		if b != 0 {
			return errors.New("something else follows its compressed data: it is damaged or two files in one")
		}
	}
}

// drain reads the rest, so that the last checksum is compared.
func (g *gunzip) drain() error {
	_, err := io.Copy(io.Discard, g)
	return err
}

// tooLargeError is the error of a file that expands to more than the limit.
type tooLargeError struct{ limit int64 }

func (e *tooLargeError) Error() string {
	return fmt.Sprintf("it expands to more than %s: allow more (--max-data-gib), or unpack it if it is an archive", gib(e.limit))
}

// gib writes a number of bytes in GiB.
func gib(n int64) string { return fmt.Sprintf("%.3g GiB", float64(n)/(1<<30)) }
