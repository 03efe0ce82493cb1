package infile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// writerWait is how long a named pipe may be without a writer. It is enough for
// a command that was started together with this one.
const writerWait = 3 * time.Second

// Stream is a file that is read once, from its beginning to its end.
type Stream struct {
	*bufio.Reader
	file *os.File
}

// Close closes the file.
func (s *Stream) Close() error { return s.file.Close() }

// OpenStream opens a file that may also be a pipe. A named pipe that nobody writes
// to for 3 seconds is an error, and so is a folder.
func OpenStream(path string) (*Stream, error) {
	for start := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		f, err := os.OpenFile(path, os.O_RDONLY|NoWait, 0)
		if err != nil {
			return nil, err
		}
		st, err := f.Stat()
		if err == nil && st.IsDir() {
			err = &os.PathError{Op: "read", Path: path, Err: errors.New("it is a folder")}
		}
		if err != nil {
			f.Close()
			return nil, err
		}
		s := &Stream{bufio.NewReader(f), f}
		if st.Mode()&os.ModeNamedPipe == 0 {
			return s, nil
		}
		if _, err = s.Peek(1); err != io.EOF {
			return s, nil
		}
		f.Close()
		if time.Since(start) > writerWait {
			return nil, &os.PathError{Op: "read", Path: path, Err: fmt.Errorf("it is a named pipe that nobody writes to")}
		}
	}
}
