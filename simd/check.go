package simd

import "fmt"

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
