package train

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/ops/cpu"
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
	b := hostile.New(cpu.New(cpu.Options{Threads: 1}), h)
	defer func() { require.NoError(t, b.Close()) }()
	o.Backend = b
	_, err := train(t.Context(), o)
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

// A backend that works late and grants nothing beyond its contract gives the
// bytes of one that answers at once.
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

// Wherever the device is lost, training ends with an error, and every file in the
// folder is one that an undisturbed run had there, too.
func TestADeviceLostAtAnyCall(t *testing.T) {
	for _, stage := range []string{StagePretrain, StageFinetune, consistent, StageLinprobe} {
		t.Run(stage, func(t *testing.T) {
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
			o := lostOptions(stage, dir)
			o.Progress = func(Progress) { note(dir) } // after a step, before it is saved
			b, err := trainOn(t, o, hostile.Options{})
			require.NoError(t, err)
			note(dir)
			end := contents(t, dir)
			calls, stride := b.Calls(), 1
			if testing.Short() {
				stride = 211
			}
			t.Logf("%d calls", calls)
			for n := 1; n <= calls; n += stride {
				dir := t.TempDir()
				o := lostOptions(stage, dir)
				_, err := trainOn(t, o, hostile.Options{LoseAt: n})
				require.ErrorIs(t, err, hostile.ErrLost, "lost at call %d of %d", n, calls)
				left := contents(t, dir)
				// What stands between training and evaluation of an epoch was not noted
				// above: it is good if the run goes on from it to the same end.
				if digest, ok := left[CheckpointName]; ok && !good[CheckpointName][digest] {
					o := lostOptions(stage, dir)
					o.Resume = "auto"
					finish(t, o)
					require.Equal(t, end, contents(t, dir), "lost at call %d of %d and resumed", n, calls)
					good[CheckpointName][digest] = true
				}
				for name, digest := range left {
					require.True(t, good[name][digest], "lost at call %d of %d: %s is none of an undisturbed run", n, calls, name)
				}
			}
		})
	}
}

// After the loss of a device the run goes on where the checkpoint stands.
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

// Too little memory is an error that says so, and what was saved stays.
func TestADeviceThatIsFull(t *testing.T) {
	o := lostOptions(StagePretrain, t.TempDir())
	b, err := trainOn(t, o, hostile.Options{})
	require.NoError(t, err)
	_, peak := b.Live()
	before := contents(t, o.Out)
	for _, memory := range []int64{1, peak / 2, peak - 1} {
		o.Out = t.TempDir()
		_, err := trainOn(t, o, hostile.Options{Memory: memory})
		require.ErrorContains(t, err, "out of device memory: a tensor of ")
		require.Empty(t, contents(t, o.Out))
	}
	_, err = trainOn(t, o, hostile.Options{Memory: peak})
	require.NoError(t, err)
	require.Equal(t, before, contents(t, o.Out))
}
