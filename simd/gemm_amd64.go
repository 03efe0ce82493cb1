package simd

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
	packer:   &gemmPackerVector,
	fmaLoop:  fmaLoopAVX512,
	fmaFlops: 2 * 12 * 16,
}

// gemmPackerVector is the packer of every vector ISA.
var gemmPackerVector = gemmPacker{copies: gemmCopies[:], four: gemmTranspose4, two: gemmTranspose2}
