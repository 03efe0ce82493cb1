package cpu

import (
	"sync"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/pixelnoise"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/tensor"
)

// addresses are the addresses of the random numbers of a batch, from the inputs
// of the operations that add noise.
type addresses struct {
	common philox.Addr // common to all samples
	a, b   []int32     // of each sample, the bits of an unsigned number
	copies []int32     // of each sample instead of common.Copy, or nil
	seeds  []int32     // of each sample instead of common.Seed, the lower and the upper half, or empty
}

func newAddresses(a, b, copies, seeds *tensor.Tensor, at *ops.Attr) addresses {
	return addresses{
		common: philox.Addr{Seed: at.Seed, Stream: at.Stream, Copy: at.Copy},
		a:      ints(a), b: ints(b), copies: ints(copies), seeds: ints(seeds),
	}
}

// sample returns the address of sample s.
func (r *addresses) sample(s int) philox.Addr {
	addr := r.common
	addr.A, addr.B = uint32(r.a[s]), uint32(r.b[s])
	if r.copies != nil {
		addr.Copy = uint16(r.copies[s])
	}
	if r.seeds != nil {
		addr.Seed = ops.RowSeed(r.seeds, s)
	}
	return addr
}

// noiseGrain is the number of samples a worker takes at a time: an element of
// noise takes about four times as long as an element of a sum.
func noiseGrain(x rows[float32]) int { return max(1, x.grain()/4) }

// addNoise adds sigma times the Gaussian sequence of each sample's own address.
func addNoise(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	type args struct {
		y, x  rows[float32]
		sigma float32
		addr  addresses
	}
	x := samplesOf(in[0])
	addr := newAddresses(in[1], in[2], in[3], in[4], at)
	each(b, x.count, noiseGrain(x), args{samplesOf(out[0]), x, float32(at.Scale), addr}, func(k *args, lo, hi int) {
		for s := lo; s < hi; s++ {
			simd.AddGaussian(k.y.row(s), k.x.row(s), k.sigma, k.addr.sample(s))
		}
	})
}

// randomWords are the buffers of the workers that draw integer noise.
var randomWords = sync.Pool{New: func() any { return new([]uint32) }}

// addPixelNoise makes network inputs from 8-bit pixels and the integer noise at
// each sample's address. A kernel computes the random words, and tables do the
// rest.
func addPixelNoise(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	type args struct {
		y      rows[float32]
		pixels rows[uint8]
		image  []int32 // the row of pixels of each sample; nil if sample s uses row s
		noise  *pixelnoise.Gaussian
		addr   addresses
	}
	y := samplesOf(out[0])
	addr := newAddresses(in[1], in[2], nil, in[3], at)
	each(b, y.count, noiseGrain(y), args{y, bytesOf(in[0]), ints(in[4]), at.Pixels, addr}, func(k *args, lo, hi int) {
		need := pixelnoise.Words(k.y.width)
		buffer := randomWords.Get().(*[]uint32)
		defer randomWords.Put(buffer)
		if cap(*buffer) < need {
			*buffer = make([]uint32, need)
		}
		words := (*buffer)[:need]
		for s := lo; s < hi; s++ {
			addr := k.addr.sample(s)
			simd.Words(words, addr)
			pixelnoise.FillFrom(k.noise, k.y.row(s), k.pixels.row(picked(k.image, s)), words, addr)
		}
	})
}

// picked returns the row of sample s among the images.
func picked(image []int32, s int) int {
	if image == nil {
		return s
	}
	return int(image[s])
}
