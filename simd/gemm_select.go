package simd

// gemmInUse is the kernel of the selected ISA.
var gemmInUse = gemmKernels()[len(gemmKernels())-1]

func activeGemm() *gemmKernel { return gemmInUse }
