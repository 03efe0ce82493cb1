package simd

import (
	"fmt"
	"sync"
)

// LengthError is what a kernel panics with when a slice is too short or two
// slices do not fit together.
type LengthError struct {
	Func string // the function that was called
	Arg  string // the argument at fault
	Got  int    // its length
	Want int    // the length that would have been right
}

// Error says which argument of which function has the wrong length.
func (e LengthError) Error() string {
	return fmt.Sprintf("simd.%s: %s has %d elements where %d are needed", e.Func, e.Arg, e.Got, e.Want)
}

// need panics unless got == want.
func need(fn, arg string, got, want int) {
	if got != want {
		panic(LengthError{fn, arg, got, want})
	}
}

// needAtLeast panics unless got >= want.
func needAtLeast(fn, arg string, got, want int) {
	if got < want {
		panic(LengthError{fn, arg, got, want})
	}
}

// tail holds the last elements of up to four slices, padded to one group of
// sixteen, while a kernel works on them. What stands in the padding does not
// matter: elementwise kernels never mix lanes.
type tail struct{ a, b, c, d [lanes]float32 }

var tails = sync.Pool{New: func() any { return new(tail) }}

// whole returns the number of elements of n that form whole groups.
func whole(n int) int { return n &^ (lanes - 1) }

// newTail returns a buffer with copies of the given tails.
func newTail(a, b, c []float32) *tail {
	t := tails.Get().(*tail)
	copy(t.a[:], a)
	copy(t.b[:], b)
	copy(t.c[:], c)
	return t
}

// finish copies the result out and gives the buffer back.
func (t *tail) finish(dst []float32) {
	copy(dst, t.d[:])
	tails.Put(t)
}
