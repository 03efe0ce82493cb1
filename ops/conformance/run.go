package conformance

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// guard surrounds each output: guard for floats and int32, guardByte for bytes.
const (
	guard     = -12345
	guardByte = 0x5A
	margin    = 16
)

// run runs an operation on a backend, with out as the initial outputs. It
// checks that only the outputs were written, and returns them.
func run(t testing.TB, b ops.Backend, op *ops.Op, at *ops.Attr, in, out []*ops.Array) [][]float64 {
	t.Helper()
	ins, outs, whole := make([]*tensor.Tensor, len(in)), make([]*tensor.Tensor, len(out)), make([]*tensor.Tensor, len(out))
	for i, a := range in {
		if a != nil {
			ins[i] = Upload(b, a)
		}
	}
	for i, a := range out {
		whole[i] = Upload(b, padded(a))
		outs[i] = whole[i].View(margin, a.Shape)
	}
	b.Run(op, outs, ins, at)
	require.NoError(t, b.Sync())
	for i, a := range in {
		if a != nil {
			require.Equal(t, bits(values(a)), bits(download(t, b, ins[i])), "input %d was written to", i)
		}
	}
	r := make([][]float64, len(out))
	for i := range out {
		all, wall := download(t, b, whole[i]), values(padded(out[i]))[0]
		for j := range margin {
			require.Equal(t, wall, all[j], "written %d before output %d", margin-j, i)
			require.Equal(t, wall, all[len(all)-1-j], "written after output %d", i)
		}
		r[i] = all[margin : len(all)-margin]
	}
	return r
}

// padded returns a flat array with a margin of guards around a copy of a.
func padded(a *ops.Array) *ops.Array {
	n := a.Shape.Elems() + 2*margin
	p := &ops.Array{Shape: tensor.Of(n)}
	switch {
	case a.I != nil:
		p.I = surround(a.I, n, guard)
	case a.U != nil:
		p.U = surround(a.U, n, guardByte)
	default:
		p.F = surround(a.F, n, guard)
	}
	return p
}

func surround[T any](inner []T, n int, wall T) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = wall
	}
	copy(s[margin:], inner)
	return s
}

// values returns the elements of an array as float64.
func values(a *ops.Array) []float64 {
	switch {
	case a.I != nil:
		return floats(a.I)
	case a.U != nil:
		return floats(a.U)
	}
	return a.F
}

func floats[T int32 | uint8](v []T) []float64 {
	r := make([]float64, len(v))
	for i, x := range v {
		r[i] = float64(x)
	}
	return r
}

// Upload copies an array to a new tensor of a backend.
func Upload(b ops.Backend, a *ops.Array) *tensor.Tensor {
	put := func(dtype tensor.DType, v any) *tensor.Tensor {
		x := b.New(dtype, a.Shape)
		b.Upload(x, v)
		return x
	}
	switch {
	case a.I != nil:
		return put(tensor.I32, a.I)
	case a.U != nil:
		return put(tensor.U8, a.U)
	}
	return put(b.Float(), a.F)
}

func download(t testing.TB, b ops.Backend, x *tensor.Tensor) []float64 {
	n := x.Shape().Elems()
	switch x.DType() {
	case tensor.I32:
		v := make([]int32, n)
		require.NoError(t, b.Download(v, x))
		return floats(v)
	case tensor.U8:
		v := make([]uint8, n)
		require.NoError(t, b.Download(v, x))
		return floats(v)
	}
	r := make([]float64, n)
	require.NoError(t, b.Download(r, x))
	return r
}

// bits returns the bits of numbers, for comparisons that include NaN and the
// sign of 0.
func bits(x []float64) []uint64 {
	r := make([]uint64, len(x))
	for i, v := range x {
		if r[i] = math.Float64bits(v); v != v {
			r[i] = math.Float64bits(math.NaN())
		}
	}
	return r
}
