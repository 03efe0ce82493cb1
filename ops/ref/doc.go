// Package ref is the reference backend: it keeps tensors as float64 on the Go
// heap and runs the reference implementation of each operation, one element
// after the other. Gradients are checked on it, and every other backend is
// compared with it.
//
// Start at [New]. It is slow and promises to be plainly right: memory that was
// allocated but not written, or used after its scope was released, reads as NaN.
package ref
