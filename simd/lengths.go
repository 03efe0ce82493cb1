package simd

import (
	"fmt"
	"sync"
)

// LengthError is the panic value of a kernel if a slice has the wrong length.
type LengthError struct {
	Func string // the called function
	Arg  string // the wrong argument
	Got  int    // its length
	Want int    // the correct length
}

// Error names the function and the argument with the wrong length.
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
// sixteen, for a kernel. The padding does not affect results, because
// elementwise kernels do not mix lanes.
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

// finish copies the result to dst and releases the buffer.
func (t *tail) finish(dst []float32) {
	copy(dst, t.d[:])
	tails.Put(t)
}
