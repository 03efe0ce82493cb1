package train

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/train/tfevents"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/nn/checkpoint"
)

// readEvents returns the events of a run without their wall times.
func readEvents(t *testing.T, dir string) []tfevents.Event {
	t.Helper()
	file, err := os.ReadFile(filepath.Join(dir, EventsName))
	require.NoError(t, err)
	r := tfevents.NewReader(bytes.NewReader(file))
	var list []tfevents.Event
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return list
		}
		require.NoError(t, err)
		require.Greater(t, e.WallTime, 1.7e9)
		e.WallTime = 0
		list = append(list, e)
	}
}

// requireSameOutputs compares the folders of two runs: the same files, byte for
// byte, except for the times of their events.
func requireSameOutputs(t *testing.T, want, got string) {
	t.Helper()
	names := func(dir string) (list []string) {
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		for _, e := range entries {
			list = append(list, e.Name())
		}
		return list
	}
	require.Equal(t, names(want), names(got))
	for _, name := range names(want) {
		if name == EventsName {
			require.Equal(t, readEvents(t, want), readEvents(t, got))
			continue
		}
		a, err := os.ReadFile(filepath.Join(want, name))
		require.NoError(t, err)
		b, err := os.ReadFile(filepath.Join(got, name))
		require.NoError(t, err)
		require.True(t, bytes.Equal(a, b), name)
	}
}

func TestEventsHaveTheOfficialTagsAndAxes(t *testing.T) {
	type at struct {
		tag  string
		step int64
	}
	for stage, want := range map[string]struct{ step, epoch []string }{
		StagePretrain: {[]string{"train_loss", "lr", "grad_norm"}, nil},
		StageFinetune: {[]string{"loss", "lr", "grad_norm"}, []string{"perf/test_acc1", "perf/test_loss", "perf/acc1_r0"}},
		consistent:    {[]string{"loss", "lr", "grad_norm", "loss_nat", "loss_reg"}, []string{"perf/test_acc1", "perf/test_loss", "perf/acc1_r0"}},
	} {
		t.Run(stage, func(t *testing.T) {
			o := tinyOptions(stage, t.TempDir())
			var progress []Progress
			o.Progress = func(p Progress) { progress = append(progress, p) }
			_, log := finish(t, o)
			events := readEvents(t, o.Out)
			require.Equal(t, "brain.Event:2", events[0].FileVersion)
			seen := map[at]float32{}
			for _, e := range events {
				for _, v := range e.Values {
					require.NotContains(t, seen, at{v.Tag, e.Step})
					seen[at{v.Tag, e.Step}] = v.Scalar
					if v.Image != nil {
						im, err := png.Decode(bytes.NewReader(v.Image.PNG))
						require.NoError(t, err)
						require.Equal(t, [2]int{v.Image.Width, v.Image.Height}, [2]int{im.Bounds().Dx(), im.Bounds().Dy()})
					}
				}
			}
			count := 0
			for i, p := range progress {
				for _, tag := range want.step {
					value, ok := seen[at{tag, int64(i * 200)}] // 5 steps an epoch
					require.True(t, ok, "%s in step %d", tag, i)
					count++
					switch tag {
					case "lr":
						require.Equal(t, float32(p.LR), value)
					case "loss", "train_loss":
						require.Equal(t, float32(p.Loss), value)
					case "loss_reg":
						require.Equal(t, float32(p.LossReg), value)
					}
				}
			}
			last, err := lastEntry(string(log))
			require.NoError(t, err)
			for _, epoch := range []int64{1, 2} { // evaluated after these
				for _, tag := range want.epoch {
					require.Contains(t, seen, at{tag, epoch})
					count++
				}
			}
			if want.epoch != nil {
				require.Equal(t, float32(*last.NoisyAcc1), seen[at{"perf/acc1_r0", 2}])
			} else {
				for _, step := range []int64{1000, 2000, 3000} {
					require.Contains(t, seen, at{"reconstruction", step})
					count++
				}
			}
			require.Len(t, seen, count, "nothing else")
		})
	}
}

func TestPicturesAreSpreadOverARun(t *testing.T) {
	count := func(every, all int) (n int) {
		for e := 1; e <= all; e++ {
			if wantsPicture(every, e, all) {
				n++
			}
		}
		return n
	}
	require.Equal(t, 3, count(0, 3))
	require.Equal(t, 10, count(0, 1600))
	require.Equal(t, 9, count(0, 17))
	require.Equal(t, 34, count(50, 1700))
	require.Zero(t, count(-1, 1700))
}

// A folder of events belongs to one run.
func TestEventsOfAnotherRunAreNotTouched(t *testing.T) {
	first := tinyOptions(StagePretrain, t.TempDir())
	finish(t, first)
	events := readEvents(t, first.Out)
	second := tinyOptions(StagePretrain, t.TempDir())
	second.LogDir, second.Recipe.Seed = first.Out, 99
	runOn(t, second, 1, func(ctx context.Context, o Options) {
		_, err := Pretrain(ctx, o)
		require.ErrorContains(t, err, "another run")
		require.ErrorContains(t, err, first.Out)
	})
	require.Equal(t, events, readEvents(t, first.Out))
}

// The best model is the one with the highest accuracy under noise in the log,
// the first of equal ones, and its file holds that epoch's model.
func TestTheBestModelIsChosenAndKept(t *testing.T) {
	for _, stage := range []string{StageFinetune, consistent} {
		t.Run(stage, func(t *testing.T) {
			o := tinyOptions(stage, t.TempDir())
			o.EvalEvery, o.Recipe.Epochs, o.Keep = 1, 6, 0
			var result *Result
			runOn(t, o, 2, func(ctx context.Context, o Options) {
				var err error
				result, err = Finetune(ctx, o)
				require.NoError(t, err)
			})
			var want *Best
			for line := range bytes.Lines([]byte(result.Log)) {
				var e Entry
				require.NoError(t, json.Unmarshal(line, &e))
				require.Equal(t, "val", e.EvalSplit)
				require.Nil(t, e.TestAcc5, "there are two classes")
				if want == nil || *e.NoisyAcc1 > want.Acc1 {
					want = &Best{Epoch: e.Epoch, Acc1: *e.NoisyAcc1}
				}
				require.Equal(t, want.Epoch, *e.BestEpoch)
			}
			require.Equal(t, want, result.Best)

			// The numbered checkpoint of that epoch is the same model.
			b := testbackend.New(t)
			best, err := dmae.LoadClassifier(b, filepath.Join(o.Out, BestName))
			require.NoError(t, err)
			same, err := dmae.LoadClassifier(b, filepath.Join(o.Out, NumberedName(want.Epoch)))
			require.NoError(t, err)
			require.Equal(t, must(same.Digest()), must(best.Digest()))
			noisy, err := Evaluate(t.Context(), best, o.Test, EvalOptions{Batch: 3, Seed: 7, Sigma: 0.25})
			require.NoError(t, err)
			require.Equal(t, want.Acc1, 100*noisy.Accuracy(), "the saved model is the measured one")

			f, err := checkpoint.Open(filepath.Join(o.Out, BestName))
			require.NoError(t, err)
			defer f.Close()
			require.JSONEq(t, fmt.Sprintf(`{"epoch":%d,"test_noisy_acc1":%v,"split":"val"}`, want.Epoch, want.Acc1), f.Metadata()[bestKey])
			_, err = ReadState(f)
			require.ErrorContains(t, err, "no state of training")
		})
	}
}

func TestChoiceOfEqualModels(t *testing.T) {
	s := new(State)
	acc := func(x float64) *float64 { return &x }
	require.False(t, s.choose(&Entry{Epoch: 0}), "not evaluated")
	require.True(t, s.choose(&Entry{Epoch: 1, NoisyAcc1: acc(0)}))
	require.True(t, s.choose(&Entry{Epoch: 2, NoisyAcc1: acc(50)}))
	require.False(t, s.choose(&Entry{Epoch: 3, NoisyAcc1: acc(50)}))
	require.True(t, s.choose(&Entry{Epoch: 4, NoisyAcc1: acc(51)}))
	require.Equal(t, &Best{Epoch: 4, Acc1: 51}, s.Best)
}

func TestNothingIsChosenUnlessAsked(t *testing.T) {
	o := tinyOptions(StageFinetune, t.TempDir())
	o.Select, o.EvalSplit = false, "test"
	_, log := finish(t, o)
	require.NotContains(t, string(log), "best")
	require.Contains(t, string(log), `"eval_split":"test"`)
	require.NoFileExists(t, filepath.Join(o.Out, BestName))
}

func TestNumberedCheckpoints(t *testing.T) {
	for _, c := range []struct {
		every, keep int
		want        []int
	}{{0, 0, nil}, {1, 0, []int{0, 1, 2, 3, 4}}, {1, 2, []int{3, 4}}, {2, 0, []int{1, 3, 4}}, {3, 1, []int{4}}, {2, 9, []int{1, 3, 4}}} {
		o := tinyOptions(StagePretrain, t.TempDir())
		o.Recipe.Epochs, o.CheckpointEvery, o.Keep, o.LogDir = 5, c.every, c.keep, ""
		weights, _ := finish(t, o)
		got, err := numbered(o.Out)
		require.NoError(t, err)
		require.Equal(t, c.want, got, "every %d, keep %d", c.every, c.keep)
		if c.want != nil {
			last, err := os.ReadFile(filepath.Join(o.Out, NumberedName(4)))
			require.NoError(t, err)
			require.True(t, bytes.Equal(weights, last))
		}
	}
}

// A run resumed from a numbered checkpoint, also in another folder, gives the
// same result as the original run.
func TestGoingOnFromANumberedCheckpoint(t *testing.T) {
	both(t, func(t *testing.T, stage string) {
		o := tinyOptions(stage, t.TempDir())
		o.EvalEvery, o.Keep = 1, 0
		weights, log := finish(t, o)

		again := o
		again.Out = t.TempDir()
		again.LogDir = again.Out
		again.Resume = filepath.Join(o.Out, NumberedName(1))
		finish(t, again)
		requireSameFiles(t, weights, log, again.Out)
		if stage != StagePretrain {
			best, err := os.ReadFile(filepath.Join(o.Out, BestName))
			require.NoError(t, err)
			moved, err := os.ReadFile(filepath.Join(again.Out, BestName))
			require.NoError(t, err)
			require.True(t, bytes.Equal(best, moved))
		}
		require.Less(t, len(readEvents(t, again.Out)), len(readEvents(t, o.Out)), "the earlier events are in the old folder")

		before := readEvents(t, o.Out)
		o.Resume = again.Resume
		finish(t, o)
		requireSameFiles(t, weights, log, o.Out)
		require.Equal(t, before, readEvents(t, o.Out))
	})
}

// Resuming a run that was finished in another folder saves its result in this
// one.
func TestGoingOnFromAFinishedRun(t *testing.T) {
	o := tinyOptions(StagePretrain, t.TempDir())
	weights, log := finish(t, o)
	again := o
	again.Out, again.Resume = t.TempDir(), filepath.Join(o.Out, CheckpointName)
	finish(t, again)
	requireSameFiles(t, weights, log, again.Out)
}

// A new run in the folder of an old one removes all files of the old run.
func TestOverwriteClearsTheFolder(t *testing.T) {
	old := tinyOptions(StageFinetune, t.TempDir())
	old.EvalEvery, old.Keep, old.Recipe.Epochs = 1, 0, 5
	finish(t, old)
	o := tinyOptions(StagePretrain, old.Out)
	o.Overwrite = true
	finish(t, o)
	alone := tinyOptions(StagePretrain, t.TempDir())
	finish(t, alone)
	requireSameOutputs(t, alone.Out, o.Out)
}

func TestCheckpointsSayWhatComputedThem(t *testing.T) {
	o := tinyOptions(StagePretrain, t.TempDir())
	finish(t, o)
	f, err := checkpoint.Open(filepath.Join(o.Out, CheckpointName))
	require.NoError(t, err)
	defer f.Close()
	require.Equal(t, "cpu", f.Metadata()[backendKey])
	require.Equal(t, "f32", f.Metadata()[precisionKey])
	require.Equal(t, "f32/1", f.Metadata()[dmae.KeyContract])
}

// A checkpoint of one backend can be resumed on another, here the float64 one,
// with a note.
func TestACheckpointGoesOnWithAnotherBackend(t *testing.T) {
	both(t, func(t *testing.T, stage string) {
		o := tinyOptions(stage, t.TempDir())
		_, log := finish(t, o)
		o.Resume, o.Out = filepath.Join(o.Out, NumberedName(1)), t.TempDir()
		o.LogDir, o.Backend = "", testbackend.Float64(t)
		var notes []string
		o.Log = func(message string) { notes = append(notes, message) }
		r, err := train(t.Context(), o)
		require.NoError(t, err)
		require.Contains(t, strings.Join(notes, "\n"), "was computed under the numerics contract f32/1, and this run continues under ref/f64: its result will not have the bits of a run under a single contract")
		require.InEpsilon(t, lossOf(t, log, 2), r.Last.TrainLoss, 1e-4)
		require.NotEqual(t, lossOf(t, log, 2), r.Last.TrainLoss, "other arithmetic")
		f, err := checkpoint.Open(r.Checkpoint)
		require.NoError(t, err)
		defer f.Close()
		require.Equal(t, "ref", f.Metadata()[backendKey])
		require.Equal(t, "f64", f.Metadata()[precisionKey])
		require.Equal(t, "ref/f64", f.Metadata()[dmae.KeyContract])
	})
}

// A run that was killed before its first checkpoint does not block one with
// other settings.
func TestEventsWithoutACheckpointAreReplaced(t *testing.T) {
	o := tinyOptions(StagePretrain, t.TempDir())
	finish(t, o)
	require.NoError(t, os.Remove(filepath.Join(o.Out, CheckpointName)))
	o.Recipe.Seed = 99
	finish(t, o)
	alone := tinyOptions(StagePretrain, t.TempDir())
	alone.Recipe.Seed = 99
	finish(t, alone)
	require.Equal(t, readEvents(t, alone.Out), readEvents(t, o.Out))
}
