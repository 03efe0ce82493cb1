// Package autograd is reverse-mode differentiation of programs that use the
// operations of package ops.
//
// Start at [Tape]. Applying an operation to [Variable]s computes it at once on
// the tape's backend and records it. [Tape.Backward] processes the record in
// reverse order and adds to the gradients of the parameters. The derivative of
// each operation is one row of the table in vjp.go; [Define] adds rows for
// operations of other packages.
//
// Gradients of parameters are never overwritten but added to, in the order of
// the samples. So several backward passes over parts of a batch give the bits of
// one pass over the whole batch, for parameters that meet the samples in one
// operation (not for a parameter that is used twice, or that another operation
// changes first). Device memory is allocated only through the backend; the caller
// opens and closes the scope of a step. After Reset, a tape allocates no Go memory
// for a step of a size that it has recorded before.
package autograd
