package simd

import "github.com/klauspost/cpuid/v2"

// Caches of a small core, for machines that do not report theirs.
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

// gemmSizes holds the block sizes, which depend on the caches of the machine.
// They cannot change a bit of the result.
type gemmSizes struct {
	k int // steps of a block
	m int // rows of a block of A
	n int // columns of a block of B

	// shared is the number of floating point operations in one k block from
	// which on the threads of a pool share the packed B. This needs one
	// synchronisation of all threads per block.
	shared int
}

// sharedFlops is gemmSizes.shared for every machine: a k block with fewer
// operations takes two threads less than half a millisecond.
const sharedFlops = 40e6

// sizes returns the block sizes for products of a given number of k steps: half
// of the L2 cache for a block of A, half of L3 or 8 MiB for a block of B. A panel
// of B may exceed L1 by a third, because loading and storing C less often saves
// more. For tiles of 512-bit vectors, which compute twice as fast, it may be
// larger.
func (k *gemmKernel) sizes(steps int) gemmSizes {
	if k.fixed.k != 0 {
		return k.fixed
	}
	s := gemmSizes{k: min(max(cacheL1*4/3/(4*k.cols()), 256), 512), shared: sharedFlops}
	if k.lanes == 16 && cacheL2 >= 1<<20 {
		s.k = 1024
	}
	s.m = multiple(min(max(cacheL2/2/(4*max(s.kBlock(steps), 512)), 4*k.rows()), 512), k.rows())
	s.n = multiple(min(max(cacheL3/2/(4*s.k), 16*k.cols()), 8<<20/(4*s.k)), k.cols())
	return s
}

// kBlock returns the length of the k blocks. They have about equal lengths, in
// multiples of the packers' groups of steps.
func (s gemmSizes) kBlock(k int) int {
	if k <= s.k {
		return max(k, 1)
	}
	return roundUp(ceilDiv(k, ceilDiv(k, s.k)), 8)
}

// roundUp returns the smallest multiple of unit that is at least n.
func roundUp(n, unit int) int { return ceilDiv(n, unit) * unit }

// ceilDiv returns n/d, rounded up.
func ceilDiv(n, d int) int { return (n + d - 1) / d }

// multiple returns the largest multiple of unit that is at most n.
func multiple(n, unit int) int { return n / unit * unit }
