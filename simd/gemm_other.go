//go:build !amd64 && !arm64

package simd

// gemmKernels lists the kernels that this machine can run, best last.
func gemmKernels() []*gemmKernel { return []*gemmKernel{&gemmKernelGo} }
