package smooth

import (
	"io"
	"iter"
)

// Timings yields the image lines of a timing file in the order of the file. A
// timing file proves nothing, so damage ends it without an error.
func Timings(r io.Reader) iter.Seq[Timing] {
	return func(yield func(Timing) bool) {
		t := newTimingReader(r)
		for v, ok := t.next(); ok && yield(v); v, ok = t.next() {
		}
	}
}
