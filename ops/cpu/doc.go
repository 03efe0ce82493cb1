// Package cpu is the CPU backend: every operation of package ops on the
// kernels of package simd, spread over a fixed pool of workers.
//
// It promises the numerics contract f32/1: the same inputs give the same bits
// for any number of threads, any batch size and every instruction set. Work is
// only ever divided between outputs (or between samples whose partial sums are
// then added in order), never inside a sum.
//
// Start at [New]. backend.go and arena.go hold the memory, run.go the table of
// kernels, parallel.go the way a kernel is spread over workers, rows.go the views
// of tensors that kernels work on; the other files hold the kernels, named after
// the files of package ops.
package cpu
