package simd

// machineKernels lists what this processor supports; every arm64 processor has
// Advanced SIMD.
func machineKernels() []*kernels { return []*kernels{&kernelsNEON} }
