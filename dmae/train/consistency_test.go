package train

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// The four forms train with different results, and the log has both parts of
// the loss.
func TestConsistencyForms(t *testing.T) {
	seen := map[string]string{}
	for _, form := range ConsistencyForms {
		o := tinyOptions(consistent, t.TempDir())
		o.Recipe.Consistency, o.Recipe.Epochs, o.EvalEvery, o.Test = form, 2, 0, nil
		var last Progress
		o.Progress = func(p Progress) { last = p }
		weights, log := finish(t, o)
		require.Equal(t, last.Loss, last.LossNat+last.LossReg)
		e, err := lastEntry(string(log))
		require.NoError(t, err)
		require.NotNil(t, e.LossReg, form)
		require.Positive(t, *e.LossReg, form)
		require.InDelta(t, e.TrainLoss, *e.LossNat+*e.LossReg, 1e-12)
		require.NotContains(t, seen, string(weights), form)
		seen[string(weights)] = form
	}
}

// More copies without a regulariser are a larger batch of the same images.
func TestCopiesWithoutRegulariser(t *testing.T) {
	o := tinyOptions(StageFinetune, t.TempDir())
	o.Recipe.Copies, o.Recipe.Epochs = 3, 2
	weights, log := finish(t, o)
	require.NotContains(t, string(log), "loss_reg")
	o = tinyOptions(StageFinetune, t.TempDir())
	o.Recipe.Copies, o.Recipe.Epochs, o.MicroBatch = 3, 2, 2
	finish(t, o)
	requireSameFiles(t, weights, log, o.Out)
}

func TestConsistencyNeedsCopies(t *testing.T) {
	for want, harm := range map[string]func(*Recipe){
		"noisy copies 1":                func(r *Recipe) { r.Copies = 1 },
		"consistency regulariser cubic": func(r *Recipe) { r.Consistency = "cubic" },
		"lambda":                        func(r *Recipe) { r.Lambda = -1 },
		"eta":                           func(r *Recipe) { r.Eta = -1 },
	} {
		o := tinyOptions(consistent, t.TempDir())
		harm(&o.Recipe)
		runOn(t, o, 1, func(ctx context.Context, o Options) {
			_, err := Finetune(ctx, o)
			require.ErrorContains(t, err, want)
		})
	}
}
