// Package ops holds each operation once: its formula, its shape rule, its
// reference implementation in float64 and the cases it is tested on. An
// operation is run by a [Backend]; package ops/ref runs the reference
// implementations, package ops/cpu the fast kernels of package simd.
//
// Start at [Op] and [Backend], then read one operation, for example [Linear] in
// linear.go. To add an operation, give it a file here, a row in the table of
// vector-Jacobian products in package autograd, and a kernel in each backend;
// the conformance suite (ops/conformance) and gradcheck find it by themselves
// through [All].
//
// Derivatives are operations too, named after what they differentiate
// ("linear.grad_x"). Where the attribute Accumulate is set, a derivative adds
// to its output instead of overwriting it; for matrix products the chain of
// fused multiply-adds then continues from the output.
package ops
