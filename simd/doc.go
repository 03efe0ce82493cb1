// Package simd has the arithmetic kernels of the CPU for slices of float32:
// matrix products, elementwise functions, reductions, softmax, LayerNorm,
// AdamW and random numbers.
//
// Every kernel exists in plain Go, which is its definition (files *_go.go), and
// in assembly for AVX2, AVX-512 and NEON. All return the same bits: sums have
// sixteen lanes and one tree, functions are the sequences of package exact, and
// only the multiply-adds of the definition are fused. The module in asmgen
// generates the assembly, from one description per kernel; its package gemm
// generates that of matrix products.
//
// The instruction set is chosen once at start: the widest one of the processor,
// or that of the environment variable DMAE_SIMD (go, avx2, avx512, neon). [Err]
// reports if the latter is not possible. Start reading at [ISA], [Available]
// and [Select] in isa.go. elementwise.go shows the pattern of the other files:
// an exported function checks lengths, calls the kernel for whole groups of
// sixteen elements, and then for the remainder in a padded buffer.
//
// Slices may have any length, including zero. A destination may be the same
// slice as a source, but must not overlap it partly. Wrong lengths are bugs of
// the program and panic with a [LengthError]. Kernels start no goroutines; the
// worker pool is separate (pool.go). The loop nest of a matrix product is in
// gemm_loops.go.
package simd

//go:generate go run -C asmgen .
//go:generate go run -C asmgen ./gemm
