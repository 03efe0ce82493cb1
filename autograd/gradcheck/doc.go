// Package gradcheck compares the derivatives that package autograd computes with
// finite differences, in float64 on the reference backend, and the derivatives
// of other backends with those of the reference.
//
// Start at [CheckOp], which takes an operation through its cases, or
// [CheckFunction], which takes any recorded computation of some parameters, for
// example a whole model's loss. [CheckBackend] does the second comparison. All
// return [Result]s; [All] and [AllOn] collect those of every operation.
//
// The differences are central ones of sixth order (gonum's diff/fd evaluates
// them), so that truncation and rounding both stay far below the tolerance of
// 1e-6.
package gradcheck
