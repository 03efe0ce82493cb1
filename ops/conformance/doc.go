// Package conformance tests backends. It imports none of them: the tests of a
// backend call [Run], which puts every operation of [ops.All] through all its
// cases.
//
// Run promises that a backend which passes computes what the operations'
// reference implementations say within a stated error, gives the same bits when
// run again elsewhere in memory, writes nothing but its outputs, and keeps the
// rules of [ops.Backend] on memory. [Hashes] gives the bits themselves, for a
// test that commits them.
package conformance
