package train

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/nn/checkpoint"
)

// Gradients that are summed in groups are the same bits for any micro-batch, be it a
// part of a group or several of them, and for any number of threads. Another number
// of groups gives other bits.
func TestShardsAreTheSameForAnyMicroBatch(t *testing.T) {
	for _, stage := range []string{StagePretrain, consistent} {
		t.Run(stage, func(t *testing.T) {
			run := func(shards, micro, threads int) (weights, log []byte) {
				o := tinyOptions(stage, t.TempDir())
				o.Recipe.GradShards, o.MicroBatch = shards, micro
				runOn(t, o, threads, func(ctx context.Context, o Options) {
					_, err := train(ctx, o)
					require.NoError(t, err)
				})
				return files(t, o.Out)
			}
			one, _ := run(0, 8, 1)
			for _, shards := range []int{2, 4, 8} {
				weights, log := run(shards, 8, 1)
				require.NotEqual(t, one, weights, "%d groups", shards)
				for _, c := range []struct{ micro, threads int }{{4, 2}, {2, 7}, {1, 1}} {
					if c.micro == 1 && stage == consistent {
						continue // mixup blends pairs
					}
					got, gotLog := run(shards, c.micro, c.threads)
					require.Equal(t, string(log), string(gotLog), "%d groups, micro-batches of %d", shards, c.micro)
					require.Equal(t, weights, got, "%d groups, micro-batches of %d", shards, c.micro)
				}
			}
		})
	}
}

// The number of groups is part of the recipe: it is in the checkpoint, and a
// run can only be resumed with the same one.
func TestShardsArePartOfTheRecipe(t *testing.T) {
	o := tinyOptions(StagePretrain, t.TempDir())
	o.Recipe.GradShards = 4
	finish(t, o)
	f, err := checkpoint.Open(filepath.Join(o.Out, CheckpointName))
	require.NoError(t, err)
	defer f.Close()
	saved, err := ReadState(f)
	require.NoError(t, err)
	require.Equal(t, 4, saved.Recipe.GradShards)

	o.Resume, o.Recipe.GradShards = "auto", 2
	runOn(t, o, 1, func(ctx context.Context, o Options) {
		_, err := Pretrain(ctx, o)
		require.ErrorContains(t, err, "grad_shards 4, not 2")
	})
}

func TestShardsThatCannotBe(t *testing.T) {
	for _, c := range []struct {
		stage        string
		shards, part int
		want         string
	}{
		{StagePretrain, 3, 8, "the number of gradient shards 3 cannot be used: use a power of two"},
		{StagePretrain, -1, 8, "the number of gradient shards -1 cannot be used"},
		{StagePretrain, 16, 8, "the number of gradient shards 16 cannot be used: use a divisor of the batch size 8"},
		{StageLinprobe, 2, 4, "use 1"},
	} {
		o := tinyOptions(c.stage, t.TempDir())
		o.Recipe.GradShards, o.MicroBatch = c.shards, c.part
		runOn(t, o, 1, func(ctx context.Context, o Options) {
			_, err := train(ctx, o)
			require.ErrorContains(t, err, c.want)
		})
	}
	// Groups of 6 images and micro-batches of 4: neither divides the other.
	o := tinyOptions(StagePretrain, t.TempDir())
	o.Recipe.Batch, o.Recipe.GradShards, o.MicroBatch = 12, 2, 4
	runOn(t, o, 1, func(ctx context.Context, o Options) {
		_, err := Pretrain(ctx, o)
		require.EqualError(t, err, "train: micro-batches of 4 images do not fit groups of 6 images (12 images in 2 groups); use a divisor or a multiple of 6")
	})
}
