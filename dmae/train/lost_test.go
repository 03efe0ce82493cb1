package train

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/ops/hostile"
)

// lostOptions is a run of few calls that saves after every step.
func lostOptions(stage, out string) Options {
	o := tinyOptions(stage, out)
	o.Train, o.Recipe.Epochs, o.Recipe.WarmupEpochs, o.SaveEvery, o.LogDir = stripes(17, 1), 1, 0, 1, ""
	return o
}

// trainOn trains on a hostile backend over the CPU's.
func trainOn(t *testing.T, o Options, h hostile.Options) (*hostile.Backend, error) {
	b := testbackend.Hostile(t, h)
	defer func() { require.NoError(t, b.Close()) }()
	o.Backend = b
	_, err := train(t.Context(), o)
	left, _ := b.Live()
	require.Zero(t, left, "bytes of the device that the run did not free")
	return b, err
}

// contents returns the digest of every file in a folder.
func contents(t *testing.T, dir string) map[string][32]byte {
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	all := map[string][32]byte{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		require.NoError(t, err)
		all[e.Name()] = sha256.Sum256(b)
	}
	return all
}

// A backend that works late and guarantees nothing beyond its contract gives
// the same bytes as a synchronous one.
func TestTrainingOnALateBackend(t *testing.T) {
	for _, stage := range []string{StagePretrain, StageFinetune, consistent, elementwise, StageLinprobe} {
		t.Run(stage, func(t *testing.T) {
			want, got := t.TempDir(), t.TempDir()
			o := tinyOptions(stage, want)
			o.LogDir = ""
			finish(t, o)
			o.Out = got
			_, err := trainOn(t, o, hostile.Options{})
			require.NoError(t, err)
			require.Equal(t, contents(t, want), contents(t, got))
		})
	}
}

// lostRuns are the runs that lose their device: one of every stage, one with gradients
// in groups of several micro-batches, two from the checkpoint of another run, and one
// that is resumed.
func lostRuns(t *testing.T) map[string]func(out string) Options {
	saved := t.TempDir()
	finish(t, lostOptions(StagePretrain, saved))
	path := filepath.Join(saved, CheckpointName)
	runs := map[string]func(out string) Options{
		"grouped": func(out string) Options {
			o := lostOptions(elementwise, out)
			o.Recipe.GradShards, o.MicroBatch = 4, 2
			return o
		},
		"continued": func(out string) Options {
			o := lostOptions(StagePretrain, out)
			o.Init = path
			return o
		},
		"from an encoder": func(out string) Options {
			o := lostOptions(StageFinetune, out)
			o.Encoder = path
			return o
		},
	}
	for _, stage := range []string{StagePretrain, StageFinetune, consistent, StageLinprobe} {
		runs[stage] = func(out string) Options { return lostOptions(stage, out) }
	}
	begun := t.TempDir()
	o := lostOptions(consistent, begun)
	ctx, cancel := context.WithCancel(t.Context())
	o.Progress = func(Progress) { cancel() }
	runOn(t, o, 1, func(_ context.Context, o Options) {
		_, err := train(ctx, o)
		require.ErrorIs(t, err, ErrInterrupted)
	})
	runs["resumed"] = func(out string) Options {
		require.NoError(t, os.CopyFS(out, os.DirFS(begun)))
		o := lostOptions(consistent, out)
		o.Resume = "auto"
		return o
	}
	return runs
}

// If the device is lost at any call, training ends with an error, and every
// file in the folder is one that an uninterrupted run also had there.
func TestADeviceLostAtAnyCall(t *testing.T) {
	stages := []string{StagePretrain, StageFinetune, consistent, StageLinprobe}
	for name, options := range lostRuns(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of the time is waiting for the disk
			good := map[string]map[[32]byte]bool{}
			note := func(dir string) {
				for name, digest := range contents(t, dir) {
					if good[name] == nil {
						good[name] = map[[32]byte]bool{}
					}
					good[name][digest] = true
				}
			}
			dir := t.TempDir()
			o := options(dir)
			note(dir)
			o.Progress = func(Progress) { note(dir) } // after a step, before it is saved
			b, err := trainOn(t, o, hostile.Options{})
			require.NoError(t, err)
			note(dir)
			end := contents(t, dir)
			calls, stride := b.Calls(), 1
			switch {
			case testing.Short():
				stride = 211
			case !slices.Contains(stages, name):
				stride = 7 // most of its calls are those of its stage
			}
			t.Logf("%d calls", calls)
			for n := 1; n <= calls; n += stride {
				dir := t.TempDir()
				_, err := trainOn(t, options(dir), hostile.Options{LoseAt: n})
				if err == nil {
					require.GreaterOrEqual(t, n, b.Waited(), "lost at call %d of %d", n, calls)
				} else {
					require.ErrorIs(t, err, hostile.ErrLost, "lost at call %d of %d", n, calls)
				}
				left := contents(t, dir)
				// The checkpoint between training and evaluation of an epoch
				// was not noted above: it is good if the run, resumed from it,
				// has the same result.
				if digest, ok := left[CheckpointName]; ok && !good[CheckpointName][digest] {
					o := o
					o.Out, o.Resume, o.Progress = dir, "auto", nil
					finish(t, o)
					require.Equal(t, end, contents(t, dir), "lost at call %d of %d and resumed", n, calls)
					good[CheckpointName][digest] = true
				}
				for name, digest := range left {
					require.True(t, good[name][digest], "lost at call %d of %d: %s is not from an uninterrupted run", n, calls, name)
				}
			}
		})
	}
}

// After the loss of a device the run is resumed from its checkpoint.
func TestGoingOnAfterALostDevice(t *testing.T) {
	want, got := t.TempDir(), t.TempDir()
	o := lostOptions(StagePretrain, want)
	o.Recipe.Epochs = 3
	finish(t, o)
	o.Out, o.Resume = got, "auto"
	lost := 0
	for n := 800; ; n += 300 {
		_, err := trainOn(t, o, hostile.Options{LoseAt: n})
		if err == nil {
			break
		}
		require.ErrorIs(t, err, hostile.ErrLost)
		require.FileExists(t, filepath.Join(got, CheckpointName))
		lost++
	}
	require.Greater(t, lost, 1)
	require.Equal(t, contents(t, want), contents(t, got))
}

// Too little memory is an error that names the missing memory, the remedy and
// the last checkpoint, and the remedy works.
func TestADeviceThatIsFull(t *testing.T) {
	for _, stage := range []string{StagePretrain, StageFinetune, consistent, StageLinprobe} {
		t.Run(stage, func(t *testing.T) {
			o := lostOptions(stage, t.TempDir())
			whole, err := trainOn(t, o, hostile.Options{})
			require.NoError(t, err)
			testbackend.NeedsFloat32(t, whole)
			_, peak := whole.Live()
			before := contents(t, o.Out)
			small := o
			small.MicroBatch, small.Out = o.Recipe.Batch/4, t.TempDir()
			parts, err := trainOn(t, small, hostile.Options{})
			require.NoError(t, err)
			_, enough := parts.Live()
			require.Less(t, enough, peak)

			for _, memory := range []int64{1, peak / 4, enough, peak - 1} {
				o.Out = t.TempDir()
				_, err := trainOn(t, o, hostile.Options{Memory: memory})
				var full *ops.MemoryError
				require.ErrorAs(t, err, &full)
				require.Equal(t, memory, full.Limit)
				require.Greater(t, full.Need+full.Used, memory)
				require.ErrorContains(t, err, "out of device memory: a tensor of ")
				images := o.Recipe.Batch
				if stage == StageLinprobe {
					images = o.Recipe.BatchNorm
				}
				saved := "no checkpoint has been written yet"
				left := contents(t, o.Out)
				if len(left) > 0 {
					saved = "the last good checkpoint is " + filepath.Join(o.Out, CheckpointName)
				}
				require.ErrorContains(t, err, fmt.Sprintf("a --batch-size below %d needs less and gives the same result with --effective-batch 8; %s", images, saved))
				if len(left) > 0 { // an evaluation can need more than a step
					o.Resume = "auto"
					finish(t, o)
					require.Equal(t, before, contents(t, o.Out))
					o.Resume = ""
				}
			}
			small.MicroBatch, small.Out = 1, t.TempDir()
			if stage == consistent { // whose images are blended in pairs
				small.MicroBatch = 2
			}
			_, err = trainOn(t, small, hostile.Options{Memory: 1})
			require.ErrorContains(t, err, "no smaller --batch-size is possible; use a smaller model or another device")

			small.MicroBatch, small.Out = o.Recipe.Batch/4, t.TempDir()
			_, err = trainOn(t, small, hostile.Options{Memory: enough})
			require.NoError(t, err)
			require.Equal(t, before, contents(t, small.Out))
		})
	}
}

// A run that is resumed on a device with too little memory keeps its
// checkpoint.
func TestResumingOnADeviceThatIsFull(t *testing.T) {
	o := lostRuns(t)["resumed"](t.TempDir())
	before := contents(t, o.Out)
	b, err := trainOn(t, o, hostile.Options{})
	require.NoError(t, err)
	_, peak := b.Live()
	for _, memory := range []int64{1, peak / 2, peak - 1} {
		o := lostRuns(t)["resumed"](t.TempDir())
		_, err := trainOn(t, o, hostile.Options{Memory: memory})
		require.ErrorAs(t, err, new(*ops.MemoryError))
		require.Equal(t, before, contents(t, o.Out))
		if memory > peak/4 {
			require.ErrorContains(t, err, "the last good checkpoint is "+filepath.Join(o.Out, CheckpointName)+" of step 1")
		}
	}
}
