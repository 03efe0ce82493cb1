// Package ref is the reference backend: tensors are float64 on the Go heap,
// and each operation runs its reference implementation. Gradients are checked
// on it, and every other backend is compared with it.
//
// Start at [New]. It is slow and simple. Memory that was not written, or whose
// scope was released, reads as NaN.
package ref
