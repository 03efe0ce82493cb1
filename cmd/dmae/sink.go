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

// errUnwritten is the failure of standard output or standard error.
var errUnwritten = errors.New("cannot write")

// lines are the characters that make lines and columns of a text.
const lines = "\n\t"

// sink is standard output or standard error. It remembers the first error, so that
// no command has to look at each line it prints, and what could not be written is
// never a success.
type sink struct {
	name string
	to   io.Writer

	// text says that nothing but text, in lines, is written, so that other
	// characters are somebody else's and shown in escapes. Standard error
	// has a progress bar, which moves the cursor.
	text bool

	mu   sync.Mutex
	tail []byte // of text, the beginning of a character
	err  error
}

// Write fails for good after its first error.
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

// took is what Write returns: nothing counts as written after an error.
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

// settle returns the exit code of a command that ended with code, once its output
// is written. Whoever reads a pipe and has enough is not told so.
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
