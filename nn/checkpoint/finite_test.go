package checkpoint

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// Infinities and NaNs are found at every position and in every floating point
// type. The largest number of each type is finite.
func TestFinite(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(-1)
	long := make([]float32, 3*chunk/4+5)
	long[len(long)-1] = float32(inf)
	f, err := read(encode(t, []Tensor{
		Float32s("largest", []int{2}, []float32{math.MaxFloat32, -math.MaxFloat32}),
		Float64s("largest double", []int{1}, []float64{math.MaxFloat64}),
		Bytes("largest half", F16, []int{1}, []byte{0xff, 0x7b}),
		Bytes("largest brain", BF16, []int{1}, []byte{0x7f, 0x7f}),
		Int32s("whole", []int{1}, []int32{-1}),
		Bytes("copied", F8E5M2, []int{1}, []byte{0xff}),
		Float32s("none", []int{0}, []float32{}),
		Float32s("nan", []int{2}, []float32{1, float32(nan)}),
		Float64s("double", []int{1}, []float64{inf}),
		Bytes("half", F16, []int{2}, []byte{0, 0, 0x00, 0xfc}),
		Bytes("brain", BF16, []int{1}, []byte{0xc0, 0x7f}),
		Float32s("last of many", []int{len(long)}, long),
	}, nil))
	require.NoError(t, err)
	for name, want := range map[string]bool{
		"largest": true, "largest double": true, "largest half": true, "largest brain": true, "whole": true, "copied": true, "none": true,
		"nan": false, "double": false, "half": false, "brain": false, "last of many": false,
	} {
		finite, err := f.Finite(name)
		require.NoError(t, err, name)
		require.Equal(t, want, finite, name)
		tensor, err := f.Tensor(name, "another name")
		require.NoError(t, err)
		finite, err = tensor.Finite()
		require.NoError(t, err, name)
		require.Equal(t, want, finite, name)
	}
	_, err = f.Finite("nothing")
	require.ErrorContains(t, err, "nothing")
}
