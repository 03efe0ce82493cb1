// Package conformance tests backends. It imports none of them: the tests of a
// backend call [Run], which puts every operation of [ops.All] through all its
// cases.
//
// Run promises that a backend which passes computes what the operations'
// reference implementations say within the bounds of their rows, gives the same bits
// when run again elsewhere in memory and for a batch cut into samples, writes nothing
// but its outputs, and keeps the rules of [ops.Backend] on memory and transfers. A
// backend that names the contract [ops.Contract] must also give the bits that are
// committed in testdata: they belong to the contract, not to a backend. Operations
// that a backend lacks are listed ([ops.Lacking]) and not run.
//
// [Mutants] measures how much of a wrong result Run would notice.
package conformance
