package train

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae/data"
)

func TestPlaceOf(t *testing.T) {
	scores := []float32{3, 1, 3, -2, 0, 1}
	for label, want := range []int{0, 2, 1, 5, 4, 3} {
		require.Equal(t, want, placeOf(scores, label), label)
	}
	nan := float32(math.NaN())
	low := float32(math.Inf(-1))
	for label, want := range []int{4, 0, 4, 4} { // what is no score is no answer
		require.Equal(t, want, placeOf([]float32{nan, 1, nan, low}, label), label)
	}
}

// With more than five classes the log has the accuracy of the five best
// answers; with six, all but the worst answer.
func TestTopFiveAccuracy(t *testing.T) {
	o := tinyOptions(StageFinetune, t.TempDir())
	six := func(n int, seed uint64) data.Dataset {
		two := stripes(n, seed)
		images, labels, names := make([]data.Image, n), make([]int32, n), make([]string, 6)
		for i := range images {
			im, err := two.Image(i)
			require.NoError(t, err)
			images[i], labels[i] = im, int32(i%6)
		}
		for i := range names {
			names[i] = fmt.Sprint(i)
		}
		ds, err := data.NewMemory("six", names, images, labels)
		require.NoError(t, err)
		return ds
	}
	o.Train, o.Test = six(45, 1), six(30, 2)
	o.Model.Classes, o.Model.ClassNames = 6, o.Train.Classes()
	runOn(t, o, 1, func(ctx context.Context, o Options) {
		r, err := Finetune(ctx, o)
		require.NoError(t, err)
		require.NotNil(t, r.Last.TestAcc5)
		require.Greater(t, *r.Last.TestAcc5, *r.Last.TestAcc1)
		require.LessOrEqual(t, *r.Last.TestAcc5, 100.0)
	})
}
