package data

import (
	"fmt"
	"io"
)

// readSized reads a file that has size bytes, and not one more: some files of
// /proc never end.
func readSized(r io.Reader, size int64) ([]byte, error) {
	b := make([]byte, size)
	if n, err := io.ReadFull(r, b); err == io.EOF || err == io.ErrUnexpectedEOF {
		return nil, fmt.Errorf("it ends after %d of its %d bytes", n, size)
	} else if err != nil {
		return nil, err
	}
	return b, nil
}
