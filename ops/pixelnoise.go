package ops

import (
	"sync"

	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/pixelnoise"
	"github.com/godmae/godmae/tensor"
)

// AddPixelNoise adds integer Gaussian noise to 8-bit pixels and turns the sums
// into network inputs: with z[b] = x[b] + n[b], where n[b] is the noise that the
// address {Seed, Stream, Copy, A: a[b], B: b[b]} names (package pixelnoise),
//
//	y[b] = float32(clip(z[b], -255k, 255(k+1)) / 255),
//
// in integer arithmetic up to the one rounding of the quotient, which a table
// holds. The noise of a sample does not depend on the batch it is in. Inputs:
// x I32 [B, ...] of 0 to 255, a I32 [B], b I32 [B] (their bits, as unsigned
// numbers), and optionally seed I32 [B, 2], the lower and the upper 32 bits of a
// seed of its own for every sample in the place of Seed. Output: y, floats
// shaped like x. Attributes: Pixels (the distribution and k), Seed, Stream, Copy.
var AddPixelNoise = &Op{
	Name:    "add_pixel_noise",
	Outputs: 1,
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		x := in[0].Shape()
		if x.Rank() < 1 || in[1].Shape() != tensor.Of(x.Dim(0)) || in[2].Shape() != tensor.Of(x.Dim(0)) ||
			in[0].DType() != tensor.I32 || in[1].DType() != tensor.I32 || in[2].DType() != tensor.I32 || at.Pixels == nil || !seedsFit(in, 3) {
			mismatch("add_pixel_noise", "x i32 [B ...], a i32 [B], b i32 [B], seed i32 [B 2] or none, and a distribution", in)
		}
		return [MaxOut]Spec{F(x)}
	},
	Ref: func(out, in []*Array, at *Attr) {
		n := len(in[0].I) / max(1, len(in[1].I))
		for i, x := range in[0].I {
			addr := philox.Addr{Seed: at.Seed, Stream: philox.Stream(at.Stream), Copy: at.Copy, A: uint32(in[1].I[i/n]), B: uint32(in[2].I[i/n])}
			if len(in) > 3 && in[3] != nil {
				addr.Seed = RowSeed(in[3].I, i/n)
			}
			out[0].F[i] = float64(at.Pixels.Input(int(x) + at.Pixels.At(addr, i%n)))
		}
	},
	Cases: func() []Case {
		at := Attr{Seed: 1<<40 + 7, Stream: uint8(philox.EstimationNoise), Copy: 1}
		quarter, one := at, at
		quarter.Pixels, one.Pixels = casePixels()[0], casePixels()[1]
		return []Case{
			{Name: "images", At: quarter, In: []Arg{grey(3, 3, 5, 7), ints([]int32{0, 7, -1}, 3), ints([]int32{5, 0, 1 << 20}, 3)}},
			{Name: "seeds", Apart: true, At: quarter, In: []Arg{grey(3, 3, 5, 7), ints([]int32{0, 0, 0}, 3), ints([]int32{5, 5, 5}, 3), ints([]int32{7, 1 << 8, 7, 0, -1, -2}, 3, 2)}},
			{Name: "long", At: one, In: []Arg{grey(2, 1000), ints([]int32{3, 3}, 2), ints([]int32{0, 1}, 2)}},
		}
	},
}

// casePixels are the distributions of the tests: a usual one, and one that is
// wider than the pixels' range.
var casePixels = sync.OnceValue(func() (d [2]*pixelnoise.Gaussian) {
	for i, sigma := range []string{"0.25", "1"} {
		var err error
		if d[i], err = pixelnoise.New(exact.MustDecimal(sigma)); err != nil {
			panic(err) // both levels are in range
		}
	}
	return d
})

// grey returns a test input of 8-bit pixels.
func grey(dims ...int) Arg {
	a := Arg{Shape: tensor.Of(dims...), Present: true}
	a.Ints = make([]int32, a.Shape.Elems())
	for i := range a.Ints {
		a.Ints[i] = int32(i * 37 % 256)
	}
	return a
}
