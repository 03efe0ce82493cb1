// Package tensor defines the tensor: an element type, a shape and a buffer. It
// has no arithmetic and no code for any device.
//
// Start at [Tensor]. A backend (package ops) makes tensors and owns their
// [Buffer]. Host code reads the elements by downloading them. A backend
// whose buffers are host memory reads them with [Data].
package tensor
