// Package simd holds the arithmetic kernels of the CPU, over plain slices of
// float32: matrix products, elementwise functions, reductions, softmax,
// LayerNorm, AdamW and random numbers.
//
// Every kernel exists as plain Go, which is its definition (files *_go.go), and
// as assembly for AVX2, AVX-512 and NEON. All of them return the same bits:
// sums run in sixteen lanes with one tree, functions are the sequences of
// package exact, and nothing is fused that the definition does not fuse. The
// assembly of all kernels but the matrix products is generated from one
// description of each kernel by the module in asmgen.
//
// The instruction set is chosen once at start, the widest that the processor
// has; the environment variable DMAE_SIMD (go, avx2, avx512, neon) forces one,
// and [Err] says when it cannot. See [ISA], [Available] and [Select] in isa.go,
// and start reading there. Then
// elementwise.go shows the pattern that the other files follow: an exported
// function checks lengths, calls the kernel on whole groups of sixteen elements
// and hands the remainder over in a padded buffer.
//
// Slices may have any length, zero included. A destination may be the same
// slice as a source, but must not overlap it in part. Lengths that do not fit
// are errors of the programmer and panic with a [LengthError]. No kernel
// starts a goroutine; the worker pool is separate (pool.go). The loop nest of a
// matrix product is in gemm_loops.go.
package simd

//go:generate go run -C asmgen .
//go:generate go run -C asmgen ./gemm
