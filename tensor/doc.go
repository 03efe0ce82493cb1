// Package tensor says what a tensor is: an element type, a shape, and the
// memory it lives in. It does no arithmetic and knows no device.
//
// Start at [Tensor]. A tensor is made by a backend (package ops), which owns
// its [Buffer]; host code gets at the numbers by downloading them, or with
// [Data] where the backend keeps its tensors in host memory.
package tensor
