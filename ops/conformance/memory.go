package conformance

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// memory checks allocation, scopes and version counts.
func memory(t *testing.T, newBackend func() ops.Backend) {
	b := newBackend()
	require.True(t, b.Has(ops.Fill), "the suite needs the operation fill")
	id := b.Identity()
	require.NotEmpty(t, id.Name)
	require.NotEmpty(t, id.Device)
	require.NotEmpty(t, id.Driver)
	require.NotEmpty(t, id.Contract)
	require.NotEmpty(t, id.Precision)
	require.Equal(t, b.Float(), id.DType())
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
			b.Upload(b.New(tensor.U8, tensor.Of(n)), make([]uint8, n))
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
	b.Release(scope)

	// Freeing a tensor leaves other tensors unchanged.
	other := b.Persist(b.Float(), tensor.Of(1000))
	fill(other, 4)
	b.Free(other)
	again := b.Persist(b.Float(), tensor.Of(1000))
	require.Equal(t, make([]float64, 1000), download(t, b, again), "persistent tensors start at zero")
	require.Equal(t, []float64{1, 2, 3, 4, 5, 6}, download(t, b, keep))

	// Calls that break the rules panic at once.
	closed := b.Mark()
	b.Release(closed)
	for what, f := range map[string]func(){
		"freed twice":              func() { b.Free(other) },
		"used after Free":          func() { b.Upload(other, make([]float32, 1000)) },
		"a view used after Free":   func() { fill(other.View(10, tensor.Of(3)), 1) },
		"Free of a view":           func() { b.Free(keep.View(0, tensor.Of(3))) },
		"Free of a scope's tensor": func() { b.Free(b.New(b.Float(), tensor.Of(2))) },
		"a closed scope":           func() { b.Release(closed) },
		"an unknown type":          func() { b.New(tensor.BF16, tensor.Of(1)) },
		"a wrong type":             func() { fill(b.New(tensor.I32, tensor.Of(2)), 1) },
	} {
		refusal := func() (err any) {
			defer func() { err = recover() }()
			f()
			return nil
		}()
		require.IsType(t, &tensor.ShapeError{}, refusal, what)
	}
	require.Equal(t, []float64{1, 2, 3, 4, 5, 6}, download(t, b, keep), "mistakes have no effect")
	require.NoError(t, b.Sync())
	require.NoError(t, b.Close())
}

// transfers checks uploads, downloads and fetches.
func transfers(t *testing.T, newBackend func() ops.Backend) {
	b := newBackend()
	x := b.Persist(b.Float(), tensor.Of(2, 3))
	src := []float64{1, 2, 3, 4, 5, 6}
	b.Upload(x, src)
	src[0] = 17 // Upload has read it
	got := make([]float32, 6)
	require.NoError(t, b.Download(got, x))
	require.Equal(t, []float32{1, 2, 3, 4, 5, 6}, got)

	// A view may start at any element.
	view := x.View(1, tensor.Of(3))
	b.Upload(view, []float32{7, 8, 9})
	part := make([]float64, 2)
	require.NoError(t, b.Download(part, view.View(1, tensor.Of(2))))
	require.Equal(t, []float64{8, 9}, part)

	bytes, ints := b.Persist(tensor.U8, tensor.Of(5)), b.Persist(tensor.I32, tensor.Of(2))
	b.Upload(bytes, []uint8{0, 1, 127, 128, 255})
	b.Upload(ints, []int32{-1 << 31, 1<<31 - 1})
	u, n := make([]uint8, 5), make([]int32, 2)
	require.NoError(t, b.Download(u, bytes))
	require.NoError(t, b.Download(n, ints))
	require.Equal(t, []uint8{0, 1, 127, 128, 255}, u)
	require.Equal(t, []int32{-1 << 31, 1<<31 - 1}, n)

	// A fetch gives the contents at the time of Fetch, however late it is
	// awaited.
	fill := func(v float64) { b.Run(ops.Fill, []*tensor.Tensor{x}, nil, &ops.Attr{Value: v}) }
	first, second := make([]float32, 6), make([]float64, 3)
	fill(1)
	one := b.Fetch(first, x)
	fill(2)
	two := b.Fetch(second, view)
	fill(3)
	require.NoError(t, b.Await(one))
	require.NoError(t, b.Await(two))
	require.NoError(t, b.Await(one), "again")
	require.NoError(t, b.Await(0))
	require.Equal(t, []float32{1, 1, 1, 1, 1, 1}, first)
	require.Equal(t, []float64{2, 2, 2}, second)

	for what, f := range map[string]func(){
		"too few":              func() { b.Upload(x, []float32{1}) },
		"too many":             func() { _ = b.Download(make([]float32, 7), x) },
		"integers for floats":  func() { b.Upload(x, make([]int32, 6)) },
		"floats for integers":  func() { b.Upload(ints, make([]float32, 2)) },
		"floats from integers": func() { _ = b.Download(make([]float64, 2), ints) },
		"bytes for integers":   func() { b.Upload(ints, make([]uint8, 2)) },
		"integers from bytes":  func() { _ = b.Download(make([]int32, 5), bytes) },
		"numbers of no type":   func() { b.Upload(x, make([]int64, 6)) },
	} {
		require.Panics(t, f, what)
	}
	require.NoError(t, b.Sync())
	require.NoError(t, b.Close())
}
