package train

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/nn/checkpoint"
)

// Pre-training that is continued on other images uses the moments and the step
// count of its optimiser; without them the result differs. Interrupted and
// resumed, it writes the same bytes.
func TestPretrainingIsContinued(t *testing.T) {
	first := tinyOptions(StagePretrain, t.TempDir())
	first.Recipe.EMA = 0
	finish(t, first)

	b := testbackend.New(t)
	model, err := dmae.LoadAutoencoder(b, filepath.Join(first.Out, CheckpointName))
	require.NoError(t, err)
	bare := filepath.Join(t.TempDir(), "model.safetensors")
	require.NoError(t, model.Save(bare))

	options := func(init string) Options {
		o := tinyOptions(StagePretrain, t.TempDir())
		o.Init, o.Train = init, stripes(45, 9)
		return o
	}
	o := options(filepath.Join(first.Out, CheckpointName))
	weights, log := finish(t, o)
	f, err := checkpoint.Open(filepath.Join(o.Out, CheckpointName))
	require.NoError(t, err)
	defer f.Close()
	s, err := ReadState(f)
	require.NoError(t, err)
	require.Equal(t, 15, s.InitSteps)
	require.Equal(t, 15, s.Steps)

	again := options(o.Init)
	again.Resume = "auto"
	runOn(t, again, 1, func(ctx context.Context, o Options) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		o.Progress = func(p Progress) {
			if p.Step == 8 {
				cancel()
			}
		}
		_, err := Pretrain(ctx, o)
		require.ErrorIs(t, err, ErrInterrupted)
	})
	finish(t, again)
	requireSameFiles(t, weights, log, again.Out)

	var notes []string
	plain := options(bare)
	plain.Log = func(m string) { notes = append(notes, m) }
	other, _ := finish(t, plain)
	require.NotEqual(t, string(weights), string(other))
	require.Len(t, notes, 1)
	require.Contains(t, notes[0], "no optimiser")

	again.Init = ""
	runOn(t, again, 1, func(ctx context.Context, o Options) {
		_, err := Pretrain(ctx, o)
		require.ErrorContains(t, err, "initial weights")
	})
	wrong := options(bare)
	wrong.Model.Width = 32
	runOn(t, wrong, 1, func(ctx context.Context, o Options) {
		_, err := Pretrain(ctx, o)
		require.ErrorContains(t, err, "cls_token")
	})
}

// The moments of a run with a moving average belong to the optimiser's
// weights. Continuing it writes the same bytes as continuing the run without
// an average, which had the same steps.
func TestAnAveragedRunIsContinuedFromItsRawWeights(t *testing.T) {
	var want []byte
	for _, decay := range []float64{0, 0.9} {
		first := tinyOptions(StagePretrain, t.TempDir())
		first.Recipe.EMA = decay
		finish(t, first)

		o := tinyOptions(StagePretrain, t.TempDir())
		o.Recipe.EMA = 0.8 // of the continued run, independent of that of the first
		o.Init, o.Train = filepath.Join(first.Out, CheckpointName), stripes(45, 9)
		weights, _ := finish(t, o)
		if want == nil {
			want = weights
		}
		require.True(t, bytes.Equal(want, weights), "a run with a moving average of decay %v was continued differently from one without", decay)
	}
}
