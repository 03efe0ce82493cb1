package train

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae/data"
)

// With more than five classes the log has the accuracy of the five best
// answers; with six classes, these are all but the worst.
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
