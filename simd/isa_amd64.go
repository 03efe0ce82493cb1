package simd

import "github.com/klauspost/cpuid/v2"

// machineKernels lists what this processor and its operating system support,
// slowest first.
func machineKernels() []*kernels {
	var all []*kernels
	if cpuid.CPU.Supports(cpuid.AVX2, cpuid.FMA3) {
		all = append(all, &kernelsAVX2)
	}
	if cpuid.CPU.Supports(cpuid.AVX2, cpuid.FMA3, cpuid.AVX512F, cpuid.AVX512DQ, cpuid.AVX512BW, cpuid.AVX512VL) {
		all = append(all, &kernelsAVX512)
	}
	return all
}

var gemmKernelAVX2 = gemmKernel{
	lanes:    8,
	tiles:    gemmTilesAVX2,
	packer:   &gemmPackerVector,
	fmaLoop:  fmaLoopAVX2,
	fmaFlops: 2 * 12 * 8,
}

var gemmKernelAVX512 = gemmKernel{
	lanes:    16,
	tiles:    gemmTilesAVX512,
	packer:   &gemmPackerAVX512,
	fmaLoop:  fmaLoopAVX512,
	fmaFlops: 2 * 12 * 16,
}

// gemmPackerAVX512 moves whole cache lines.
var gemmPackerAVX512 = gemmPacker{copies: gemmCopiesAVX512[:], sixteen: gemmTransposeAVX512}

// gemmPackerVector is the packer of AVX2.
var gemmPackerVector = gemmPacker{copies: gemmCopies[:], four: gemmTranspose4, two: gemmTranspose2}
