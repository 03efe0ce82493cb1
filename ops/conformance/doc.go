// Package conformance tests backends. It imports none of them: the tests of a
// backend call [Run], which runs all cases of every operation of [ops.All].
//
// A backend that passes Run differs from the reference implementations by no more
// than the bounds of the operations' rows. It gives the same bits when run again in
// other memory, and for a batch divided into samples. It writes only its outputs and
// follows the rules of [ops.Backend] for memory and transfers. A backend with the
// contract [ops.Contract] must also give the bits whose hashes are in testdata. Those
// belong to the contract and not to a backend. Operations that a backend lacks are
// listed ([ops.Lacking]) and not run.
//
// [Mutants] measures which errors in a result Run detects.
package conformance
