package train

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// A step that was not taken ends the run with its own error, also when the run is
// interrupted while the next one is being computed: nothing is saved behind it.
func TestAnInterruptionDoesNotHideAStepThatIsNotFinite(t *testing.T) {
	o := tinyOptions(StagePretrain, t.TempDir())
	o.MicroBatch = 0
	o.Recipe.Epochs = 2
	const bad = 3 // step, counted from 0
	step := 0
	runOn(t, o, 1, func(ctx context.Context, o Options) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		o.Corruption = &dmae.Corruption{Name: "one NaN", Apply: func(t *autograd.Tape, images *tensor.Tensor, rows *dmae.Rows) *tensor.Tensor {
			b := t.Backend()
			factors := make([]float32, len(rows.Index))
			for i := range factors {
				factors[i] = 1
			}
			switch step {
			case bad:
				factors[0] = float32(math.NaN())
			case bad + 1:
				cancel()
			}
			step++
			scale := b.New(b.Float(), tensor.Of(len(factors)))
			b.Upload(scale, factors)
			return t.Apply(ops.RowScale, ops.Attr{}, t.Const(images), t.Const(scale)).Value
		}}
		_, err := Pretrain(ctx, o)
		require.ErrorContains(t, err, "is not finite in step 4")
		require.NotErrorIs(t, err, ErrInterrupted)
	})
	require.NoFileExists(t, filepath.Join(o.Out, CheckpointName))
}
