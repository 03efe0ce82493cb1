package data

import (
	"fmt"
	"io"
	"os"
)

// openRegular opens a file if it is a regular one. It never waits, as for the
// writer of a pipe, and reads no device: the opened file is looked at, not its
// name, which can come to mean another file in between.
func openRegular(path string) (*os.File, int64, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, 0, err
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = fmt.Errorf("%s is %s, not a regular file", quote(path), modeName(st.Mode()))
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, st.Size(), nil
}

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

// modeName says what a file is that is not regular.
func modeName(m os.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
	case m&os.ModeNamedPipe != 0:
		return "a named pipe"
	case m&os.ModeSocket != 0:
		return "a socket"
	case m&os.ModeDevice != 0:
		return "a device"
	}
	return "a special file"
}
