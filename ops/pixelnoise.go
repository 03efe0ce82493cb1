package ops

import (
	"sync"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/pixelnoise"
	"github.com/godmae/godmae/tensor"
)

// AddPixelNoise adds integer Gaussian noise to 8-bit pixels and turns the sums
// into network inputs: with z[b] = x[b] + n[b], where n[b] is the noise at the
// address {Seed, Stream, Copy, A: a[b], B: b[b]} (package pixelnoise),
//
//	y[b] = float32(clip(z[b], -255k, 255(k+1)) / 255),
//
// in integer arithmetic; only the quotient is rounded, and it comes from a table. The
// noise of a sample does not depend on its batch. Inputs: x U8 [B, ...], a I32 [B], b I32
// [B] (their bits, as unsigned numbers), and optionally seed I32 [B, 2] and image I32 [B].
// seed holds the lower and the upper 32 bits of a seed per sample, instead of Seed. image
// has values in [0, N): then x is [N, ...], and sample b starts from x[image[b]]. Output:
// y, floats [B, ...]. Attributes: Pixels (the distribution and k; its tables are
// [pixelnoise.Gaussian.Table]), Seed, Stream, Copy.
var AddPixelNoise = &Op{
	Name:  "add_pixel_noise",
	In:    []Param{{Name: "x", Kind: Byte}, {Name: "a", Kind: Int}, {Name: "b", Kind: Int}, {Name: "seed", Kind: Int, Optional: true}, {Name: "image", Kind: Int, Optional: true, Picks: true}},
	Out:   []Param{{Name: "y"}},
	Reads: AttrPixels | AttrSeed | AttrStream | AttrCopy,
	Moves: true,
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		y, ok := pick(in[0], in[4])
		if !ok || in[1].Shape() != tensor.Of(y.Dim(0)) || in[2].Shape() != in[1].Shape() || at.Pixels == nil || !seedsFit(in, 3) {
			shapeError("add_pixel_noise", "x u8 [N ...], a i32 [B], b i32 [B], seed i32 [B 2] or none, image i32 [B] or none (then N is B), and a distribution", in)
		}
		return [MaxOut]Spec{F(y)}
	},
	Ref: func(out, in []*Array, at *Attr) {
		n := out[0].Shape.Elems() / max(1, len(in[1].I))
		for i := range out[0].F {
			row := i / n
			addr := philox.Addr{Seed: at.Seed, Stream: at.Stream, Copy: at.Copy, A: uint32(in[1].I[row]), B: uint32(in[2].I[row])}
			if in[3] != nil {
				addr.Seed = RowSeed(in[3].I, row)
			}
			out[0].F[i] = float64(at.Pixels.Input(int(in[0].U[picked(in[4], row)*n+i%n]) + at.Pixels.At(addr, i%n)))
		}
	},
	Cases: func() []Case {
		at := Attr{Seed: 1<<40 + 7, Stream: philox.EstimationNoise, Copy: 1}
		quarter, one := at, at
		quarter.Pixels, one.Pixels = casePixels()[0], casePixels()[1]
		return []Case{
			{Name: "images", At: quarter, In: []Arg{grey(3, 3, 5, 7), ints([]int32{0, 7, -1}, 3), ints([]int32{5, 0, 1 << 20}, 3)}},
			{Name: "seeds", Apart: true, At: quarter, In: []Arg{grey(3, 3, 5, 7), ints([]int32{0, 0, 0}, 3), ints([]int32{5, 5, 5}, 3), ints([]int32{7, 1 << 8, 7, 0, -1, -2}, 3, 2)}},
			{Name: "shared", Apart: true, At: quarter, In: []Arg{grey(2, 3, 5, 7), ints([]int32{4, 4, 9}, 3), ints([]int32{0, 1, 2}, 3), {}, ints([]int32{1, 1, 0}, 3)}},
			{Name: "long", At: one, In: []Arg{grey(2, 1000), ints([]int32{3, 3}, 2), ints([]int32{0, 1}, 2)}},
		}
	},
}

// casePixels are the distributions of the tests: a common one, and one that is
// wider than the range of pixels.
var casePixels = sync.OnceValue(func() (d [2]*pixelnoise.Gaussian) {
	for i, sigma := range []string{"0.25", "1"} {
		var err error
		if d[i], err = pixelnoise.New(decimal.Must(sigma)); err != nil {
			panic(err) // both levels are in range
		}
	}
	return d
})

// grey returns a test input of 8-bit pixels.
func grey(dims ...int) Arg {
	a := Arg{Shape: tensor.Of(dims...), Present: true}
	a.Bytes = make([]uint8, a.Shape.Elems())
	for i := range a.Bytes {
		a.Bytes[i] = uint8(i * 37 % 256)
	}
	return a
}
