// Package ops defines each operation: its formula, its shape rule, its
// reference implementation in float64 and its test cases. A [Backend] runs
// operations: package ops/ref runs the reference implementations, package
// ops/cpu the fast kernels of package simd.
//
// Start at [Op] and [Backend], then read one operation, for example [Linear] in
// linear.go. To add an operation, add a file here, a row in the table of
// vector-Jacobian products in package autograd, and a kernel in each backend.
// The conformance suite (ops/conformance) and gradcheck find it through [All].
//
// Derivatives are operations too. Their names contain the operation and the
// input ("linear.grad_x"). With the attribute Accumulate a derivative adds to
// its output instead of overwriting it. For matrix products the chain of
// fused multiply-adds then continues from the output.
package ops
