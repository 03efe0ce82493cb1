//go:build !amd64 && !arm64

package simd

// machineKernels is empty where there is no assembly.
func machineKernels() []*kernels { return nil }
