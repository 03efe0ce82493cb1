package vulkan

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
	"github.com/godmae/godmae/vulkan/internal/vk"
)

// script uses most of a backend: it fills, uploads, computes, frees, and fetches
// twice. It returns what it fetched.
func script(b *Backend) ([]float32, error) {
	keep := b.Persist(tensor.F32, tensor.Of(3, 5))
	b.Upload(keep, make([]float32, 15))
	s := b.Mark()
	x := b.New(tensor.F32, tensor.Of(3, 5))
	b.Run(ops.Fill, []*tensor.Tensor{x}, nil, &ops.Attr{Value: 2})
	b.Run(ops.AddInPlace, []*tensor.Tensor{keep}, []*tensor.Tensor{x}, &ops.Attr{})
	first, got := make([]float32, 15), make([]float32, 15)
	ticket := b.Fetch(first, keep)
	b.Run(ops.Softmax, []*tensor.Tensor{x}, []*tensor.Tensor{keep}, &ops.Attr{})
	b.Release(s)
	if err := b.Await(ticket); err != nil {
		return nil, err
	}
	if err := b.Download(got, keep); err != nil {
		return nil, err
	}
	b.Free(keep)
	return got, b.Sync()
}

// The device is lost at each of the calls that may fail, in turn: the error is one
// sentence that stays, and everything is given back.
func TestALostDeviceIsASentence(t *testing.T) {
	open(t, Options{}) // skips
	for n := 1; ; n++ {
		calls, failed := 0, ""
		b, err := Open(Options{Device: testDevice(), fault: func(call string) vk.Result {
			if calls++; calls >= n {
				failed = call
				return vk.ErrorDeviceLost
			}
			return vk.Success
		}})
		if err == nil {
			_, err = script(b)
			if failed != "" {
				require.Equal(t, err, b.Sync(), "the error stays")
				require.Equal(t, err, b.Download(make([]float32, 2), b.New(tensor.F32, tensor.Of(2))))
			}
			closed(t, b)
		}
		if failed == "" {
			require.NoError(t, err)
			require.Greater(t, n, 15, "the calls that can fail")
			return
		}
		require.ErrorIs(t, err, vk.ErrorDeviceLost, "call %d, %s", n, failed)
		require.Contains(t, err.Error(), "the device was lost: its driver was reset or removed, or ended work that took too long")
		require.NotContains(t, err.Error(), "\n")
	}
}

// A pipeline that fails to build names its kernel.
func TestAKernelThatFailsIsNamed(t *testing.T) {
	b := open(t, Options{fault: func(call string) vk.Result {
		if call == "vkCreateComputePipelines" {
			return vk.ErrorInvalidShader
		}
		return vk.Success
	}})
	_, err := script(b)
	require.EqualError(t, err, "the kernel fill: the Vulkan device "+b.Info().Name+" failed in vkCreateComputePipelines: the driver refused a shader")
}

func TestMemoryIsLimited(t *testing.T) {
	b := open(t, Options{Memory: 1 << 20})
	x := b.Persist(tensor.F32, tensor.Of(1<<17))
	require.NoError(t, b.Sync(), "half of the limit fits, and no block larger than needed is taken")
	b.Free(x)
	b.New(tensor.F32, tensor.Of(1<<17))
	require.NoError(t, b.Sync(), "memory that was freed is used again")
	b.New(tensor.F32, tensor.Of(1<<18))
	require.EqualError(t, b.Sync(), "the memory of the Vulkan device "+b.Info().Name+
		" is full: a tensor of 1.0 MiB does not fit beside 524288 bytes (the limit is 1.0 MiB); use a smaller batch")
	require.Error(t, b.Download(make([]float32, 1<<18), b.New(tensor.F32, tensor.Of(1<<18))), "and nothing is computed behind it")
}

// What the device really does not have is an error, too.
func TestMemoryOfTheDeviceIsFull(t *testing.T) {
	b := open(t, Options{})
	b.New(tensor.U8, tensor.Of(1<<31-1, 1))
	for range 3 {
		b.New(tensor.F32, tensor.Of(1<<30, 1))
	}
	if err := b.Sync(); b.Info().MaxAllocation < 1<<32 {
		require.ErrorContains(t, err, "does not fit beside")
	}
}

func TestMistakesPanic(t *testing.T) {
	b, other := open(t, Options{}), open(t, Options{})
	x, foreign := b.Persist(tensor.F32, tensor.Of(2)), other.Persist(tensor.F32, tensor.Of(2))
	scoped := b.New(tensor.F32, tensor.Of(2))
	s := b.Mark()
	gone := b.New(tensor.F32, tensor.Of(2))
	b.Release(s)
	freed := b.Persist(tensor.F32, tensor.Of(2))
	b.Free(freed)
	for what, f := range map[string]func(){
		"memory of a device":  func() { tensor.Data[float32](x) },
		"another backend":     func() { b.Upload(foreign, []float32{1, 2}) },
		"a released scope":    func() { b.Upload(gone, []float32{1, 2}) },
		"an output that went": func() { b.Run(ops.Fill, []*tensor.Tensor{gone}, nil, &ops.Attr{}) },
		"an unknown type":     func() { b.New(tensor.BF16, tensor.Of(1)) },
		"no open scope":       func() { b.Release(0) },
		"freed twice":         func() { b.Free(freed) },
		"freed and used":      func() { b.Upload(freed, []float32{1, 2}) },
		"freed in part":       func() { b.Free(x.View(1, tensor.Of(1))) },
		"freed from a scope":  func() { b.Free(scoped) },
	} {
		require.Panics(t, f, what)
	}
	require.NoError(t, b.Sync())
}
