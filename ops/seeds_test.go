package ops_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/ops/cpu"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/pixelnoise"
	"github.com/godmae/godmae/tensor"
)

// With a seed per sample, each sample gets the noise that it has when the whole
// batch uses its seed, bit for bit, also on the fast path.
func TestSeedsOfTheirOwn(t *testing.T) {
	const n, elems = 5, 301
	b := cpu.New(cpu.Options{Threads: 2})
	defer b.Close()
	ints := func(v []int32, dims ...int) *tensor.Tensor {
		x := b.New(tensor.I32, tensor.Of(dims...))
		b.Upload(x, v)
		return x
	}
	result := func(x *tensor.Tensor) []float32 {
		out := make([]float32, x.Shape().Elems())
		b.Download(out, x)
		return out
	}
	seeds := []uint64{0, 1, 1 << 32, 1<<64 - 1, 0x123456789abcdef0}
	as, bs := []int32{0, 0, 7, 0, -1}, []int32{4, 4, 4, 1 << 20, -2}
	var words []int32
	for _, s := range seeds {
		words = append(words, int32(uint32(s)), int32(uint32(s>>32)))
	}
	grey, clean := make([]uint8, n*elems), make([]float32, n*elems)
	for i := range grey {
		grey[i], clean[i] = uint8(i*37%256), float32(i%11)/16
	}
	x := b.New(tensor.F32, tensor.Of(n, elems))
	b.Upload(x, clean)
	stored := b.New(tensor.U8, tensor.Of(n, elems))
	b.Upload(stored, grey)
	pixels, err := pixelnoise.New(decimal.Must("0.25"))
	require.NoError(t, err)
	at := ops.Attr{Scale: 0.25, Seed: 99, Stream: philox.EstimationNoise}
	atPixels := ops.Attr{Pixels: pixels, Seed: 99, Stream: philox.EstimationNoise}
	float := result(ops.Apply(b, ops.AddNoise, &at, x, ints(as, n), ints(bs, n), nil, ints(words, n, 2))[0])
	integer := result(ops.Apply(b, ops.AddPixelNoise, &atPixels, stored, ints(as, n), ints(bs, n), ints(words, n, 2))[0])
	for i, seed := range seeds {
		at.Seed, atPixels.Seed = seed, seed
		alone := result(ops.Apply(b, ops.AddNoise, &at, x, ints(as, n), ints(bs, n))[0])
		require.Equal(t, alone[i*elems:(i+1)*elems], float[i*elems:(i+1)*elems])
		alone = result(ops.Apply(b, ops.AddPixelNoise, &atPixels, stored, ints(as, n), ints(bs, n))[0])
		require.Equal(t, alone[i*elems:(i+1)*elems], integer[i*elems:(i+1)*elems])
	}
	require.PanicsWithError(t, "add_noise: want x [B ...], a i32 [B], b i32 [B], copy i32 [B] or none, seed i32 [B 2] or none, got [5 301] [5] [5] - [10]", func() {
		ops.Apply(b, ops.AddNoise, &at, x, ints(as, n), ints(bs, n), nil, ints(words, 2*n))
	})
}
