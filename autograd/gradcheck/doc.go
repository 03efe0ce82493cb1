// Package gradcheck compares the derivatives of package autograd with finite
// differences, in float64 on the reference backend. It also compares the
// derivatives of other backends with those of the reference.
//
// Start at [CheckOp], which checks an operation in all its cases, or
// [CheckFunction], which checks any recorded function of parameters, for
// example a model's loss. [CheckBackend] does the second comparison. All return
// [Result]s; [All] and [AllOn] collect those of every operation.
//
// The differences are central and of sixth order (gonum's diff/fd), so
// truncation and rounding errors are far below the tolerance of 1e-6.
package gradcheck
