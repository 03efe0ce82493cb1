// Package infile opens files to read so that nothing is waited for without end: a
// pipe that nobody writes to, a device that never ends.
package infile

import (
	"fmt"
	"os"
)

// Open opens a file if it is a regular one, and returns its size in bytes. It
// never waits, as for the writer of a pipe, and reads no device: the opened file
// is looked at, not its name, which can come to mean another file in between.
func Open(path string) (*os.File, int64, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|NoWait, 0)
	if err != nil {
		return nil, 0, err
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = fmt.Errorf("%.200q is %s, not a regular file", path, modeName(st.Mode()))
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, st.Size(), nil
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
