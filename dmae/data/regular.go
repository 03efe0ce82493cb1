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

// readRegular returns the content of a regular file of at most limit bytes. It
// reads as many bytes as the file has when it is opened and not one more: some
// files of /proc never end.
func readRegular(path string, limit int64) ([]byte, error) {
	f, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readSized(f, size, limit)
}

// readSized reads a file of a known size.
func readSized(r io.Reader, size, limit int64) ([]byte, error) {
	if size > limit {
		return nil, fmt.Errorf("its %d bytes are more than the %d that are read", size, limit)
	}
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
