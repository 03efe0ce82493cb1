package cpu

import (
	"sync"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/pixelnoise"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/tensor"
)

// randomWords are the buffers of the workers that draw integer noise.
var randomWords = sync.Pool{New: func() any { return new([]uint32) }}

// addPixelNoise makes network inputs of 8-bit pixels and the integer noise of
// each sample's own address: the words by a kernel, the rest by tables.
func addPixelNoise(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	count, elems := samples(in[0])
	var seeds []int32
	if len(in) > 3 && in[3] != nil {
		seeds = tensor.Data[int32](in[3])
	}
	b.each(count, max(1, rowGrain(elems)/4), job{
		dst: floats(out[0]), pixels: tensor.Data[int32](in[0]), at: at, size: [6]int{elems},
		ids: tensor.Data[int32](in[1]), ids2: tensor.Data[int32](in[2]), seeds: seeds,
		fn: func(j *job, lo, hi int) {
			n := j.size[0]
			buffer := randomWords.Get().(*[]uint32)
			if need := pixelnoise.Words(n); cap(*buffer) < need {
				*buffer = make([]uint32, need)
			}
			words := (*buffer)[:pixelnoise.Words(n)]
			for s := lo; s < hi; s++ {
				addr := philox.Addr{
					Seed: j.at.Seed, Stream: philox.Stream(j.at.Stream), Copy: j.at.Copy,
					A: uint32(j.ids[s]), B: uint32(j.ids2[s]),
				}
				if j.seeds != nil {
					addr.Seed = ops.RowSeed(j.seeds, s)
				}
				simd.Words(words, addr)
				pixelnoise.FillFrom(j.at.Pixels, j.dst[s*n:(s+1)*n], j.pixels[s*n:(s+1)*n], words, addr)
			}
			randomWords.Put(buffer)
		}})
}
