package simd

// machineKernels lists what this processor supports; every arm64 processor has
// Advanced SIMD.
func machineKernels() []*kernels { return []*kernels{&kernelsNEON} }

var gemmKernelNEON = gemmKernel{
	lanes:    4,
	tiles:    gemmTilesNEON,
	packA:    true,
	packer:   &gemmPackerVector,
	fmaLoop:  fmaLoopNEON,
	fmaFlops: 2 * 24 * 4,
}

// gemmPackerVector is the packer of every vector ISA.
var gemmPackerVector = gemmPacker{copies: gemmCopies[:], four: gemmTranspose4, two: gemmTranspose2}
