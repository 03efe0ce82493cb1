package checkpoint

import (
	"fmt"
	"io"
	"runtime/debug"
)

// source is random access to the bytes of a file.
type source interface {
	// view returns n bytes from the given position, in buf if they have to be
	// copied; buf has length n or is nil. They are valid until buf changes or
	// the source is closed.
	view(from int64, n int, buf []byte) ([]byte, error)

	// done reports that the bytes [from, to) are not needed again soon.
	done(from, to int64)

	close() error
}

// reader is a source that copies.
type reader struct{ io.ReaderAt }

func (r reader) view(from int64, n int, buf []byte) ([]byte, error) {
	if buf == nil {
		buf = make([]byte, n)
	}
	_, err := io.ReadFull(io.NewSectionReader(r, from, int64(n)), buf[:n])
	return buf[:n], err
}

func (reader) done(int64, int64) {}

func (r reader) close() error {
	if c, ok := r.ReaderAt.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// guard converts the fault of a mapped page into an error. It occurs if another
// program truncates the file or the disk fails. It is called as
//
//	defer guard(&err)()
func guard(err *error) func() {
	before := debug.SetPanicOnFault(true)
	return func() {
		debug.SetPanicOnFault(before)
		if r := recover(); r != nil {
			fault, ok := r.(interface{ Addr() uintptr })
			if !ok {
				panic(r)
			}
			*err = fmt.Errorf("it changed while it was read, or its disk fails (no page at %#x)", fault.Addr())
		}
	}
}
