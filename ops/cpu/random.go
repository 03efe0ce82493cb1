package cpu

import (
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/tensor"
)

// addNoise adds sigma times the Gaussian sequence of each sample's own address.
func addNoise(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	count, elems := samples(in[0])
	var copies []int32
	if len(in) > 3 && in[3] != nil {
		copies = tensor.Data[int32](in[3])
	}
	var seeds []int32
	if len(in) > 4 && in[4] != nil {
		seeds = tensor.Data[int32](in[4])
	}
	b.each(count, max(1, rowGrain(elems)/4), job{
		dst: floats(out[0]), a: floats(in[0]), s: float32(at.Scale), at: at, size: [6]int{elems},
		ids: tensor.Data[int32](in[1]), ids2: tensor.Data[int32](in[2]), ids3: copies, seeds: seeds,
		fn: func(j *job, lo, hi int) {
			n := j.size[0]
			for s := lo; s < hi; s++ {
				addr := philox.Addr{
					Seed: j.at.Seed, Stream: philox.Stream(j.at.Stream), Copy: j.at.Copy,
					A: uint32(j.ids[s]), B: uint32(j.ids2[s]),
				}
				if j.ids3 != nil {
					addr.Copy = uint16(j.ids3[s])
				}
				if j.seeds != nil {
					addr.Seed = ops.RowSeed(j.seeds, s)
				}
				simd.AddGaussian(j.dst[s*n:(s+1)*n], j.a[s*n:(s+1)*n], j.s, addr)
			}
		}})
}
