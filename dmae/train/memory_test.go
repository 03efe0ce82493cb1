package train

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/ops/cpu"
)

// The memory that a later step allocates does not grow with the model.
func TestSteadyStepAllocatesNothingThatGrowsWithTheModel(t *testing.T) {
	both(t, func(t *testing.T, stage string) {
		perStep := func(width, depth int) float64 {
			o := tinyOptions(stage, t.TempDir())
			o.Model.Width, o.Model.Depth = width, depth
			o.Recipe.Epochs, o.EvalEvery, o.SaveEpochs = 10, 0, 100
			o.CheckpointEvery, o.PictureEvery = 0, -1
			var before, after runtime.MemStats
			o.Progress = func(p Progress) {
				switch p.Step {
				case 10:
					runtime.ReadMemStats(&before)
				case 40:
					runtime.ReadMemStats(&after)
				}
			}
			b := cpu.New(cpu.Options{Threads: 2}) // which allocates nothing itself
			defer b.Close()
			o.Backend = b
			_, err := train(t.Context(), o)
			require.NoError(t, err)
			return float64(after.TotalAlloc-before.TotalAlloc) / 30
		}
		small, large := perStep(16, 2), perStep(64, 6)
		t.Logf("%.0f and %.0f bytes a step", small, large)
		require.Less(t, small, 48e3)
		require.Less(t, large, small+8e3) // a tensor of the large model has more
	})
}
