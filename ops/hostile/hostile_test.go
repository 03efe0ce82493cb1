package hostile_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/autograd/gradcheck"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/ops/conformance"
	"github.com/godmae/godmae/ops/cpu"
	"github.com/godmae/godmae/ops/hostile"
	"github.com/godmae/godmae/ops/ref"
	"github.com/godmae/godmae/tensor"
)

func wrapped(o hostile.Options) *hostile.Backend {
	return hostile.New(cpu.New(cpu.Options{Threads: 2}), o)
}

func TestConformance(t *testing.T) {
	for name, inner := range map[string]func() ops.Backend{
		"cpu": func() ops.Backend { return cpu.New(cpu.Options{Threads: 2}) },
		"ref": func() ops.Backend { return ref.New() },
	} {
		t.Run(name, func(t *testing.T) {
			conformance.Run(t, func() ops.Backend { return hostile.New(inner(), hostile.Options{}) })
		})
	}
}

func TestGradients(t *testing.T) {
	b := wrapped(hostile.Options{})
	defer b.Close()
	results, err := gradcheck.AllOn(b)
	require.NoError(t, err)
	require.NotEmpty(t, results)
	for _, r := range results {
		require.True(t, r.Pass, "%+v", r)
	}
}

// The first error is permanent, and nothing is computed after it.
func TestALostDeviceStaysLost(t *testing.T) {
	for n := 1; n <= 6; n++ {
		b := wrapped(hostile.Options{LoseAt: n})
		x := b.Persist(b.Float(), tensor.Of(3))
		b.Upload(x, []float32{1, 2, 3})
		s := b.Mark()
		b.Run(ops.Copy, []*tensor.Tensor{b.New(b.Float(), tensor.Of(3))}, []*tensor.Tensor{x}, &ops.Attr{})
		b.Release(s)
		for range 2 {
			require.ErrorIs(t, b.Sync(), hostile.ErrLost)
			require.ErrorIs(t, b.Download(make([]float32, 3), x), hostile.ErrLost)
		}
		require.NoError(t, b.Close())
	}
}

func TestMemoryIsLimitedAndCounted(t *testing.T) {
	b := wrapped(hostile.Options{Memory: 1000})
	defer b.Close()
	b.Persist(b.Float(), tensor.Of(100))
	s := b.Mark()
	b.New(tensor.I32, tensor.Of(150))
	require.NoError(t, b.Sync(), "1000 bytes fit")
	b.Release(s)
	now, peak := b.Live()
	require.Equal(t, [2]int64{400, 1000}, [2]int64{now, peak})
	freed := b.Persist(b.Float(), tensor.Of(150))
	b.Free(freed)
	require.NoError(t, b.Sync(), "600 bytes were freed")
	b.New(b.Float(), tensor.Of(151))
	require.EqualError(t, b.Sync(), "out of device memory: a tensor of 604 bytes does not fit, with 400 bytes in use and a limit of 1000")
}

// An arena frees only its own tensors.
func TestArena(t *testing.T) {
	b := wrapped(hostile.Options{})
	defer b.Close()
	live := func() int64 {
		now, _ := b.Live()
		return now
	}
	b.Persist(b.Float(), tensor.Of(3))
	a := ops.NewArena(b)
	first := a.Persist(a.Float(), tensor.Of(5))
	a.Persist(tensor.U8, tensor.Of(7))
	require.EqualValues(t, 12+20+7, live())
	a.Free(first)
	require.EqualValues(t, 12+7, live())
	a.FreeAll()
	require.EqualValues(t, 12, live())
	a.FreeAll()
	require.NoError(t, b.Sync())
}

// Calls that break the rules of ops.Backend panic at once.
func TestMistakesPanic(t *testing.T) {
	b, other := wrapped(hostile.Options{}), wrapped(hostile.Options{})
	defer b.Close()
	defer other.Close()
	x, foreign := b.Persist(b.Float(), tensor.Of(2)), other.Persist(other.Float(), tensor.Of(2))
	s := b.Mark()
	gone := b.New(b.Float(), tensor.Of(2))
	b.Release(s)
	freed := b.Persist(b.Float(), tensor.Of(2))
	b.Free(freed)
	for what, f := range map[string]func(){
		"memory of a device":       func() { tensor.Data[float32](x) },
		"another backend":          func() { b.Upload(foreign, []float32{1, 2}) },
		"a released scope":         func() { b.Upload(gone, []float32{1, 2}) },
		"a released output":        func() { b.Run(ops.Fill, []*tensor.Tensor{gone}, nil, &ops.Attr{}) },
		"integers for floats":      func() { b.Upload(x, []int32{1, 2}) },
		"floats from integers":     func() { _ = b.Download(make([]int32, 2), x) },
		"too few":                  func() { b.Upload(x, []float32{1}) },
		"an unknown type":          func() { b.New(tensor.BF16, tensor.Of(1)) },
		"no open scope":            func() { b.Release(0) },
		"freed twice":              func() { b.Free(freed) },
		"used after Free":          func() { b.Upload(freed, []float32{1, 2}) },
		"Free of a view":           func() { b.Free(x.View(1, tensor.Of(1))) },
		"Free of a scope's tensor": func() { b.Free(b.New(b.Float(), tensor.Of(2))) },
		"a wrong type":             func() { b.Run(ops.Fill, []*tensor.Tensor{b.New(tensor.I32, tensor.Of(2))}, nil, &ops.Attr{}) },
	} {
		require.Panics(t, f, what)
	}
}
