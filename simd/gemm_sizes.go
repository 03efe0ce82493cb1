package simd

import "github.com/klauspost/cpuid/v2"

// Caches of a small core, for machines that do not tell.
const (
	smallL1 = 32 << 10
	smallL2 = 256 << 10
	smallL3 = 2 << 20
)

var cacheL1, cacheL2, cacheL3 = cacheSizes()

// cacheSizes returns the data cache sizes of the machine in bytes.
func cacheSizes() (l1, l2, l3 int) {
	cache := cpuid.CPU.Cache
	return max(cache.L1D, smallL1), max(cache.L2, smallL2), max(cache.L3, smallL3)
}

// gemmSizesFor chooses the block sizes for a kernel: half of the first level
// cache for a panel of B, half of the second for a block of A, half of the third
// for a block of B.
func gemmSizesFor(k *gemmKernel) gemmSizes {
	steps := min(max(cacheL1/2/(4*k.cols()), 256), 512)
	return gemmSizes{
		k: steps,
		m: roundUp(min(max(cacheL2/2/(4*steps), 4*k.rows()), 512)-k.rows()+1, k.rows()),
		n: roundUp(min(max(cacheL3/2/(4*steps), 16*k.cols()), 4096)-k.cols()+1, k.cols()),
	}
}
