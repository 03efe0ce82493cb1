package ops_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/ops"
)

// The best answers are the largest numbers, equal ones in order of position.
// NaN and -Inf are never answers.
func TestTopOf(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		row  []float64
		want []int32
	}{
		{[]float64{3, 1, 3, -2, 0, 1}, []int32{0, 2, 1, 5, 4, 3}},
		{[]float64{nan, 1, nan, -inf}, []int32{1, -1, -1, -1}},
		{[]float64{nan, -inf}, []int32{-1, -1}},
		{[]float64{-inf, inf, nan, inf}, []int32{1, 3, -1, -1}},
		{[]float64{0, math.Copysign(0, -1)}, []int32{0, 1}},
	} {
		for n := 1; n <= len(c.row); n++ {
			top := make([]int32, n)
			ops.TopOf(top, c.row)
			require.Equal(t, c.want[:n], top, "%v", c.row)
		}
	}
}
