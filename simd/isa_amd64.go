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
