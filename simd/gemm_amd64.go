package simd

import "github.com/klauspost/cpuid/v2"

var gemmKernelAVX2 = gemmKernel{
	lanes:    8,
	tiles:    gemmTilesAVX2,
	fmaLoop:  fmaLoopAVX2,
	fmaFlops: 2 * 12 * 8,
}

var gemmKernelAVX512 = gemmKernel{
	lanes:    16,
	tiles:    gemmTilesAVX512,
	fmaLoop:  fmaLoopAVX512,
	fmaFlops: 2 * 12 * 16,
}

// gemmKernels lists the kernels that this machine can run, best last.
func gemmKernels() []*gemmKernel {
	list := []*gemmKernel{&gemmKernelGo}
	if cpuid.CPU.Supports(cpuid.AVX2, cpuid.FMA3) {
		list = append(list, &gemmKernelAVX2)
	}
	if cpuid.CPU.Supports(cpuid.AVX512F) {
		list = append(list, &gemmKernelAVX512)
	}
	return list
}
