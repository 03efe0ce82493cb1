package ops

import (
	"math"

	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/tensor"
)

// AddNoise adds Gaussian noise to each sample: y[b] = x[b] + Scale*n[b], where
// n[b] is the start of the Gaussian sequence at the address {Seed, Stream,
// Copy, A: a[b], B: b[b]} (package philox). The noise of a sample does not
// depend on the batch it is in. Inputs: x [B, ...], a I32 [B], b I32 [B] (their
// bits, as unsigned numbers), and optionally copy I32 [B] and seed I32 [B, 2],
// one per sample, instead of Copy and Seed. A seed is its lower and its upper
// 32 bits. Output: y like x, fma(Scale, n, x). Attributes: Scale (sigma), Seed,
// Stream, Copy.
var AddNoise = &Op{
	Name:  "add_noise",
	In:    []Param{{Name: "x"}, {Name: "a", Kind: Int}, {Name: "b", Kind: Int}, {Name: "copy", Kind: Int, Optional: true}, {Name: "seed", Kind: Int, Optional: true}},
	Out:   []Param{{Name: "y"}},
	Reads: AttrScale | AttrSeed | AttrStream | AttrCopy,
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, _ *Attr) [MaxOut]Spec {
		x := in[0].Shape()
		if x.Rank() < 1 || in[1].Shape() != tensor.Of(x.Dim(0)) || in[2].Shape() != tensor.Of(x.Dim(0)) ||
			in[3] != nil && in[3].Shape() != in[1].Shape() || !seedsFit(in, 4) {
			shapeError("add_noise", "x [B ...], a i32 [B], b i32 [B], copy i32 [B] or none, seed i32 [B 2] or none", in)
		}
		return [MaxOut]Spec{F(x)}
	},
	Ref: func(out, in []*Array, at *Attr) {
		n := len(in[0].F) / max(1, len(in[1].I))
		for i, x := range in[0].F {
			addr := philox.Addr{Seed: at.Seed, Stream: at.Stream, Copy: at.Copy, A: uint32(in[1].I[i/n]), B: uint32(in[2].I[i/n])}
			if in[3] != nil {
				addr.Copy = uint16(in[3].I[i/n])
			}
			if in[4] != nil {
				addr.Seed = RowSeed(in[4].I, i/n)
			}
			out[0].F[i] = x + at.Scale*gaussian(addr, i%n)
		}
	},
	Cases: func() []Case {
		at := Attr{Scale: 0.25, Seed: 1<<40 + 7, Stream: philox.TrainNoise, Copy: 1}
		return []Case{
			{Name: "images", At: at, In: []Arg{N(3, 3, 5, 7), ints([]int32{0, 7, -1}, 3), ints([]int32{5, 0, 1 << 20}, 3)}},
			{Name: "long", At: at, In: []Arg{N(2, 300), ints([]int32{3, 3}, 2), ints([]int32{0, 1}, 2)}},
			{Name: "seeds", Apart: true, At: at, In: []Arg{N(3, 1, 5, 7), ints([]int32{0, 0, 0}, 3), ints([]int32{2, 2, 2}, 3), {}, ints([]int32{7, 1 << 8, 7, 0, -1, -2}, 3, 2)}},
			{Name: "copies", At: at, In: []Arg{N(3, 1, 5, 7), ints([]int32{4, 4, 9}, 3), ints([]int32{2, 2, 2}, 3), ints([]int32{0, 1, 65535}, 3)}},
		}
	},
}

// RowSeed returns the 64-bit seed of a sample from the values of an input seed
// I32 [B, 2].
func RowSeed(seeds []int32, row int) uint64 {
	return uint64(uint32(seeds[2*row])) | uint64(uint32(seeds[2*row+1]))<<32
}

// seedsFit reports whether input i is absent or has a seed for each row of
// input 1.
func seedsFit(in []*tensor.Tensor, i int) bool {
	return in[i] == nil || in[i].Shape() == tensor.Of(in[1].Shape().Dim(0), 2)
}

// gaussian returns element e of the Gaussian sequence at an address. It is
// computed from the block at position 16*(e/64) + e%16: it is number (e/16)%4
// of the four results of the Box-Muller transform of the block's two pairs of
// uniforms.
func gaussian(addr philox.Addr, e int) float64 {
	block := addr.Block(uint32(16*(e/64) + e%16))
	w := e / 16 % 4
	u1 := float64(philox.Uniform(block[w&^1]))
	u2 := float64(philox.Uniform(block[w|1]))
	r := math.Sqrt(-2 * math.Log(u1))
	if w&1 == 0 {
		return r * math.Cos(2*math.Pi*u2)
	}
	return r * math.Sin(2*math.Pi*u2)
}
