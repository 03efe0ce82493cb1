// Package autograd differentiates programs made of the operations of package
// ops, in reverse mode.
//
// Start at [Tape]. Applying an operation to [Variable]s computes it at once on
// the tape's backend and writes down what was done; [Tape.Backward] walks the
// record from its end and adds to the gradient of every parameter that took
// part. What each operation contributes is one row of the table in vjp.go, which
// can be read in one sitting; [Define] adds rows for operations defined
// elsewhere.
//
// The package promises that gradients of parameters are added to, in the order
// of the samples, never overwritten: several backward passes over parts of a
// batch give the bits of one pass over the whole. It allocates device memory
// through the backend only; the caller opens and closes the scope around a step.
// A tape that is reset and used again allocates no Go memory for a step of the
// size it has seen.
package autograd
