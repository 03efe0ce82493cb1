package simd

import (
	"sync"

	"github.com/godmae/godmae/philox"
)

// fillGroup is the number of elements from sixteen Philox blocks.
const fillGroup = 4 * lanes

// counter is the start of a fill: key and counter words of a Philox block. The
// assembly kernels read it in this order.
type counter struct {
	key [2]uint32
	ctr [4]uint32 // ctr[0] is the position of the block in lane 0
}

// fill is the argument and the remainder buffer of a random fill.
type fill struct {
	counter
	in, out [fillGroup]float32
}

var fills = sync.Pool{New: func() any { return new(fill) }}

// Words fills dst with the random words at the address: word 64*q + 16*w + l is
// word w of the block at position 16*q + l. It panics unless the length is a
// multiple of 64, the words of sixteen blocks.
func Words(dst []uint32, addr philox.Addr) {
	need("Words", "dst", len(dst), len(dst)/fillGroup*fillGroup)
	f := fills.Get().(*fill)
	f.key, f.ctr = addr.Key(), addr.Counter(0)
	use().words(dst, &f.counter)
	fills.Put(f)
}

// Uniform fills dst with the uniform numbers of the open interval (0,1) at the
// address. Output e = 64*q + 16*w + l is philox.Uniform of word w of the block
// at position 16*q + l. A shorter fill of the same address is a prefix of a
// longer one.
func Uniform(dst []float32, addr philox.Addr) {
	randomFill(dst, nil, addr, func(dst, _ []float32, c *counter) { use().uniform(dst, c) })
}

// Gaussian fills dst with the independent standard normal numbers at the
// address, by the transform of Box and Muller (1958) of the words of each
// Philox block. With u and v the uniforms of words 0 and 1 and r =
// sqrt(-2*log(u)), word 0 gives r*cos(2 pi v) and word 1 r*sin(2 pi v); words
// 2 and 3 likewise. Logarithm, sine and cosine are those of package exact. The
// layout is that of [Uniform]. No number exceeds 5.77 in magnitude.
func Gaussian(dst []float32, addr philox.Addr) {
	randomFill(dst, nil, addr, func(dst, _ []float32, c *counter) { use().gaussian(dst, c) })
}

// AddGaussian sets dst[i] = fma(sigma, g[i], x[i]) with g from [Gaussian] at
// the address.
func AddGaussian(dst, x []float32, sigma float32, addr philox.Addr) {
	need("AddGaussian", "x", len(x), len(dst))
	randomFill(dst, x, addr, func(dst, x []float32, c *counter) { use().addGaussian(dst, x, sigma, c) })
}

// randomFill calls k on the whole groups of dst and, through a buffer, on the
// remainder; x may be nil.
func randomFill(dst, x []float32, addr philox.Addr, k func(dst, x []float32, c *counter)) {
	f := fills.Get().(*fill)
	f.key, f.ctr = addr.Key(), addr.Counter(0)
	n := len(dst) / fillGroup * fillGroup
	if n > 0 {
		k(dst[:n], x[:min(n, len(x))], &f.counter)
	}
	if n < len(dst) {
		if x != nil {
			copy(f.in[:], x[n:])
		}
		f.ctr[0] = uint32(n / 4)
		k(f.out[:], f.in[:], &f.counter)
		copy(dst[n:], f.out[:])
	}
	fills.Put(f)
}
