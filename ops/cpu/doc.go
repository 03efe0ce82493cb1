// Package cpu is the CPU backend: every operation of package ops with the
// kernels of package simd, in parallel on a fixed pool of workers.
//
// It implements the numerics contract f32/1: the same inputs give the same
// bits for any number of threads, any batch size and every instruction set.
// Work is divided between outputs, or between samples whose partial sums are
// then added in order, and never within a sum.
//
// Start at [New]. backend.go and arena.go manage memory, run.go has the table of
// kernels, parallel.go runs a kernel on the workers, and rows.go defines the
// views of tensors that kernels use. The other files hold the kernels and are
// named after the files of package ops.
package cpu
