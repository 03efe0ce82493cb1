// Package raceflag tells tests whether the race detector is on.
//
// Under it a sync.Pool drops some of the values that it is given, so code that
// reuses buffers allocates now and then: tests that count allocations are skipped.
// Start at [Enabled].
package raceflag
