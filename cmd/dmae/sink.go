package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"syscall"
	"unicode/utf8"

	"github.com/godmae/godmae/internal/printable"
)

// errUnwritten is the error of writing to standard output or standard error.
var errUnwritten = errors.New("cannot write")

// lines are the control characters that are allowed in text: line end and tab.
const lines = "\n\t"

// sink is standard output or standard error. It keeps the first error, so that
// commands need not check each line they print. If output could not be written,
// the exit code is never that of success.
type sink struct {
	name string
	to   io.Writer

	// text says that only lines of text are written. Control characters
	// then come from names or values and are written as escapes. It is not
	// set for standard error, where the progress bar moves the cursor.
	text bool

	mu   sync.Mutex
	tail []byte // with text, the beginning of an incomplete character
	err  error
}

// Write writes p. After an error, every later call returns that error.
func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.text {
		return took(p, s.put(p))
	}
	all := append(s.tail, p...)
	whole := len(all)
	for back := 1; back < utf8.UTFMax && back <= len(all); back++ {
		if at := len(all) - back; utf8.RuneStart(all[at]) {
			if !utf8.FullRune(all[at:]) {
				whole = at
			}
			break
		}
	}
	s.tail = append([]byte(nil), all[whole:]...)
	return took(p, s.put([]byte(printable.Lines(string(all[:whole]), lines))))
}

// took returns the results of Write: after an error, nothing counts as written.
func took(p []byte, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	return len(p), nil
}

func (s *sink) put(p []byte) error {
	if s.err != nil || len(p) == 0 {
		return s.err
	}
	if _, err := s.to.Write(p); err != nil {
		if p := (*fs.PathError)(nil); errors.As(err, &p) {
			err = p.Err
		}
		s.err = fmt.Errorf("%w to %s: %w", errUnwritten, s.name, err)
	}
	return s.err
}

// close writes what is left and returns the first error of all.
func (s *sink) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	rest := printable.Lines(string(s.tail), lines)
	s.tail = nil
	return s.put([]byte(rest))
}

// settle returns the exit code of a command that ended with code, after its
// output is written. A pipe that its reader has closed is not reported.
func settle(code int, out, errs *sink) int {
	err := out.close()
	if err != nil && !errors.Is(err, syscall.EPIPE) {
		fmt.Fprintf(errs, "dmae: %s\n", printable.Line(err.Error()))
	}
	if err = errors.Join(err, errs.close()); err != nil && code == exitDone {
		return exitFailed
	}
	return code
}
