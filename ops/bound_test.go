package ops_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/ops"
)

func TestNMSE(t *testing.T) {
	for _, c := range []struct {
		got, want []float64
		nmse      float64
	}{
		{nil, nil, 0},
		{[]float64{0, 0}, []float64{0, 0}, 0},
		{[]float64{1, 2}, []float64{1, 2}, 0},
		{[]float64{1.5, 2}, []float64{1, 2}, 0.05},
		{[]float64{1e-30}, []float64{0}, math.Inf(1)},
		{[]float64{math.NaN()}, []float64{1}, math.Inf(1)},
	} {
		require.Equal(t, c.nmse, ops.NMSE(c.got, c.want))
	}
}

func TestBound(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	b := ops.Bound{NMSE: 1e-6, Element: 0.01}
	for _, c := range []struct {
		got, want []float64
		message   string // "" for none
	}{
		{nil, nil, ""},
		{[]float64{1, 2}, []float64{1}, "2 numbers, not 1"},
		{[]float64{100.0001, 1}, []float64{100, 1}, ""},
		{[]float64{100, 1.5}, []float64{100, 1}, "normalised mean squared error"},
		{[]float64{100, 3}, []float64{100, 1}, "element 1 is 3, not 1"},
		{[]float64{nan, 1}, []float64{nan, 1}, ""},
		{[]float64{1, 1}, []float64{nan, 1}, "element 0"},
		{[]float64{nan, 1}, []float64{1, 1}, "element 0"},
		{[]float64{inf, 1}, []float64{inf, 1}, ""},
		{[]float64{-inf, 1}, []float64{inf, 1}, "element 0"},
		{[]float64{0, 0}, []float64{0, 0}, ""},
		{[]float64{0, 1e-30}, []float64{0, 0}, "element 1"},
	} {
		err := b.Compare(c.got, c.want)
		if c.message == "" {
			require.NoError(t, err, "%v against %v", c.got, c.want)
		} else {
			require.ErrorContains(t, err, c.message, "%v against %v", c.got, c.want)
		}
	}
	require.NoError(t, ops.Bound{}.Compare([]float64{1, 0}, []float64{1, 0}))
	require.Error(t, ops.Bound{}.Compare([]float64{1, 1e-300}, []float64{1, 0}))
}
