package conformance

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// MaxNMSE bounds the normalised mean squared error of an operation's outputs,
// sum (y-ref)^2 / sum ref^2: a relative error of 3e-6 in the root mean square.
const MaxNMSE = 1e-11

// exact are the operations that move numbers without rounding: any error at all
// is one too much.
var exact = map[*ops.Op]bool{
	ops.Copy: true, ops.Fill: true, ops.Slice: true, ops.SliceGrad: true, ops.Gather: true, ops.GatherGrad: true,
	ops.Prepend: true, ops.Restore: true, ops.RestoreGradX: true, ops.Patchify: true, ops.Unpatchify: true,
	ops.AddPixelNoise: true,
}

// Run tests a backend. newBackend returns a fresh one; Run closes it.
func Run(t *testing.T, newBackend func() ops.Backend) {
	t.Run("memory", func(t *testing.T) { memory(t, newBackend) })
	b := newBackend()
	defer func() { require.NoError(t, b.Close()) }()
	for _, op := range ops.All {
		for _, c := range op.Cases() {
			t.Run(op.Name+"/"+c.Name, func(t *testing.T) { check(t, b, op, &c) })
		}
	}
	if b.Float() == tensor.F32 {
		t.Run("batches", func(t *testing.T) { batches(t, b) })
	}
}

func check(t *testing.T, b ops.Backend, op *ops.Op, c *ops.Case) {
	want := reference(op, c)
	scope := b.Mark()
	defer b.Release(scope)
	in, out := c.Draw(op)
	first := run(t, b, op, &c.At, in, out)
	b.New(b.Float(), tensor.Of(17)) // so that the second run is elsewhere in memory
	second := run(t, b, op, &c.At, in, out)
	for i := range want {
		require.Equal(t, bits(first[i]), bits(second[i]), "output %d differs between two runs", i)
		bound := MaxNMSE
		if exact[op] {
			bound = 0
		}
		require.LessOrEqual(t, NMSE(first[i], want[i]), bound, "output %d", i)
	}
}

// reference runs the reference implementation on a case.
func reference(op *ops.Op, c *ops.Case) [][]float64 {
	in, out := c.Draw(op)
	op.Ref(out, in, &c.At)
	r := make([][]float64, len(out))
	for i, a := range out {
		r[i] = values(a)
	}
	return r
}

func values(a *ops.Array) []float64 {
	if a.I == nil {
		return a.F
	}
	r := make([]float64, len(a.I))
	for i, v := range a.I {
		r[i] = float64(v)
	}
	return r
}

// guard surrounds each output.
const guard = -12345

// run runs an operation on a backend, with outputs that start as out, checks
// that it wrote its outputs only, and returns them.
func run(t testing.TB, b ops.Backend, op *ops.Op, at *ops.Attr, in, out []*ops.Array) [][]float64 {
	t.Helper()
	ins, outs, whole := make([]*tensor.Tensor, len(in)), make([]*tensor.Tensor, len(out)), make([]*tensor.Tensor, len(out))
	for i, a := range in {
		if a != nil {
			ins[i] = Upload(b, a)
		}
	}
	const margin = 16
	for i, a := range out {
		n := a.Shape.Elems()
		padded := make([]float64, n+2*margin)
		for j := range padded {
			padded[j] = guard
		}
		copy(padded[margin:], a.F)
		whole[i] = b.New(b.Float(), tensor.Of(len(padded)))
		b.Upload(whole[i], padded)
		outs[i] = whole[i].View(margin, a.Shape)
	}
	b.Run(op, outs, ins, at)
	require.NoError(t, b.Sync())
	for i, a := range in {
		if a != nil {
			require.Equal(t, values(a), download(t, b, ins[i]), "input %d was written to", i)
		}
	}
	r := make([][]float64, len(out))
	for i := range out {
		all := download(t, b, whole[i])
		for j := range margin {
			require.Equal(t, float64(guard), all[j], "written %d before output %d", margin-j, i)
			require.Equal(t, float64(guard), all[len(all)-1-j], "written behind output %d", i)
		}
		r[i] = all[margin : len(all)-margin]
	}
	return r
}

// Upload makes a tensor of a backend out of an array.
func Upload(b ops.Backend, a *ops.Array) *tensor.Tensor {
	if a.I != nil {
		x := b.New(tensor.I32, a.Shape)
		b.Upload(x, a.I)
		return x
	}
	x := b.New(b.Float(), a.Shape)
	b.Upload(x, a.F)
	return x
}

func download(t testing.TB, b ops.Backend, x *tensor.Tensor) []float64 {
	n := x.Shape().Elems()
	r := make([]float64, n)
	if x.DType() == tensor.I32 {
		v := make([]int32, n)
		require.NoError(t, b.Download(v, x))
		for i := range v {
			r[i] = float64(v[i])
		}
		return r
	}
	require.NoError(t, b.Download(r, x))
	return r
}

// bits makes NaNs comparable and tells -0 from +0.
func bits(x []float64) []uint64 {
	r := make([]uint64, len(x))
	for i, v := range x {
		if r[i] = math.Float64bits(v); v != v {
			r[i] = math.Float64bits(math.NaN())
		}
	}
	return r
}

// NMSE returns the normalised mean squared error of got, sum (got-want)^2 /
// sum want^2. It is 0 for 0 against 0 and infinite where only want is 0, and
// where a number is NaN.
func NMSE(got, want []float64) float64 {
	if len(got) != len(want) {
		panic(fmt.Sprintf("conformance.NMSE: %d and %d numbers", len(got), len(want)))
	}
	num, den := 0.0, 0.0
	for i, w := range want {
		num += (got[i] - w) * (got[i] - w)
		den += w * w
	}
	switch {
	case num == 0:
		return 0
	case den == 0 || math.IsNaN(num) || math.IsNaN(den):
		return math.Inf(1)
	}
	return num / den
}

// memory checks allocation, scopes and transfers.
func memory(t *testing.T, newBackend func() ops.Backend) {
	b := newBackend()
	require.NotEmpty(t, b.Name())
	keep := b.Persist(b.Float(), tensor.Of(2, 3))
	require.Equal(t, make([]float64, 6), download(t, b, keep), "persistent tensors start at zero")
	b.Upload(keep, []float32{1, 2, 3, 4, 5, 6})

	outer := b.Mark()
	x := b.New(b.Float(), tensor.Of(3, 1000))
	fill := func(y *tensor.Tensor, v float64) {
		b.Run(ops.Fill, []*tensor.Tensor{y}, nil, &ops.Attr{Value: v})
	}
	fill(x, 1)
	for range 3 {
		inner := b.Mark()
		for n := range 20 {
			fill(b.New(b.Float(), tensor.Of(n*n*n)), 2)
			b.Upload(b.New(tensor.I32, tensor.Of(n)), make([]int32, n))
		}
		b.Release(inner)
	}
	y := b.New(b.Float(), tensor.Of(500))
	fill(y, 3)
	for _, v := range download(t, b, x) {
		require.Equal(t, 1.0, v, "an inner scope wrote to an outer tensor")
	}
	b.Release(outer)
	require.Equal(t, []float64{1, 2, 3, 4, 5, 6}, download(t, b, keep), "persistent tensors outlive scopes")

	scope := b.Mark()
	v := b.New(b.Float(), tensor.Of(2))
	version := v.Version()
	b.Upload(v, []float64{0.5, -2})
	require.Greater(t, v.Version(), version, "an upload is a write")
	version = v.Version()
	fill(v, 0.5)
	require.Greater(t, v.Version(), version, "an output is written to")
	half := make([]float32, 2)
	require.NoError(t, b.Download(half, v))
	require.Equal(t, []float32{0.5, 0.5}, half)
	require.Panics(t, func() { b.Upload(v, []float32{1}) })
	require.Panics(t, func() { require.NoError(t, b.Download(make([]float32, 3), v)) })
	b.Release(scope)
	require.NoError(t, b.Sync())
	require.NoError(t, b.Close())
}
