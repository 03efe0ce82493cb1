package tensor

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestShape(t *testing.T) {
	s := Of(2, 3, 4)
	require.Equal(t, 24, s.Elems())
	require.Equal(t, 6, s.Rows())
	require.Equal(t, 4, s.Last())
	require.Equal(t, 4, s.Dim(-1))
	require.Equal(t, 2, s.Dim(0))
	require.Equal(t, "[2 3 4]", s.String())
	require.Equal(t, Of(2, 3, 7), s.WithLast(7))
	require.Equal(t, 1, Shape{}.Elems())
	require.Equal(t, 1, Shape{}.Rows())
	require.NotEqual(t, Of(2, 3), Of(2, 3, 1))
	require.Panics(t, func() { Of(1, 2, 3, 4, 5) })
	require.Panics(t, func() { Of(-1) })
	require.Panics(t, func() { s.Dim(3) })
}

func TestViewsShareMemory(t *testing.T) {
	var a Tensor
	a.Init(F32, Of(2, 3), &Host[float32]{Name: "test", Elem: make([]float32, 10)}, 4)
	v := a.View(3, Of(3))
	Data[float32](v)[0] = 7
	require.Equal(t, float32(7), Data[float32](&a)[3])
	require.Equal(t, 3, cap(Data[float32](v)))
	require.NotEqual(t, a.ID(), v.ID())
	require.Panics(t, func() { a.View(4, Of(3)) })
	require.Panics(t, func() { a.Reshape(Of(5)) })
	require.Panics(t, func() { Data[float64](&a) })
	require.Equal(t, Of(3, 2), a.Reshape(Of(3, 2)).Shape())
}
