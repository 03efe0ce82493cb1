package simd

var gemmKernelNEON = gemmKernel{
	lanes:    4,
	tiles:    gemmTilesNEON,
	packA:    true,
	fmaLoop:  fmaLoopNEON,
	fmaFlops: 2 * 24 * 4,
}

// gemmKernels lists the kernels that this machine can run, best last.
func gemmKernels() []*gemmKernel { return []*gemmKernel{&gemmKernelGo, &gemmKernelNEON} }
