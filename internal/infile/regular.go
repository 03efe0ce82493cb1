// Package infile opens files for reading without waiting forever for a pipe
// that nobody writes to or a device that never ends.
package infile

import (
	"fmt"
	"os"
)

// Open opens a regular file and returns its size in bytes. It never waits for
// the writer of a pipe and never reads a device. It checks the opened file
// rather than the name, which may be given to another file in between.
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

// modeName names the kind of a file that is not regular.
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
