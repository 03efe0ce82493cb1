package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/ops/cpu"
	"github.com/godmae/godmae/philox"
)

// killEnv makes the test binary train in the folder that it names, until its
// parent kills it; see TestKilledAndResumed.
const killEnv = "DMAE_TRAIN_KILL_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(killEnv); dir != "" {
		o := tinyOptions(os.Getenv("DMAE_TRAIN_KILL_STAGE"), dir)
		o.Backend = cpu.New(cpu.Options{Threads: 1})
		o.SaveEvery = 1
		o.Progress = func(Progress) { time.Sleep(20 * time.Millisecond) }
		if _, err := train(context.Background(), o); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// stripes returns n images of 8x8 pixels whose class is the direction of their
// stripes, with a random phase and some noise.
func stripes(n int, seed uint64) data.Dataset {
	g := philox.NewGen(philox.Addr{Seed: seed, Stream: philox.FirstUserStream})
	images, labels := make([]data.Image, n), make([]int32, n)
	for i := range images {
		pix := make([]byte, 64)
		phase := g.Intn(4)
		for j := range pix {
			x := j % 8
			if i%2 == 1 {
				x = j / 8
			}
			pix[j] = byte((x+phase)/2%2*150 + g.Intn(80))
		}
		images[i], labels[i] = data.Image{C: 1, H: 8, W: 8, Pix: pix}, int32(i%2)
	}
	ds, err := data.NewMemory("stripes", []string{"upright", "level"}, images, labels)
	if err != nil {
		panic(err)
	}
	return ds
}

// consistent is fine-tuning with many options: a consistency regulariser,
// mixup, cutmix, RandAugment and random erasing.
const consistent = "consistency"

// elementwise is consistent with other options: a blend for each image, and
// colour jitter instead of RandAugment.
const elementwise = "elementwise"

// tinyOptions describes a run of 3 epochs of 5 steps, with all options of its
// stage.
func tinyOptions(stage, out string) Options {
	model, err := dmae.Preset("dmae_vit_micro_patch4_8")
	if err != nil {
		panic(err)
	}
	o := Options{Model: model, Train: stripes(45, 1), Out: out}
	switch stage {
	case StagePretrain:
		o.Recipe = PretrainRecipe(8)
	case StageLinprobe:
		o.Recipe = LinprobeRecipe(8)
		o.Recipe.BatchNorm, o.Recipe.EMA = 4, 0.8
		o.Model.Classes, o.Model.ClassNames, o.Model.GlobalPool = 2, o.Train.Classes(), false
		o.Test, o.EvalEvery, o.EvalSplit, o.Select = stripes(10, 2), 2, "val", true
	default:
		o.Recipe = FinetuneRecipe(8)
		o.Model.Classes, o.Model.ClassNames, o.Model.DropPath = 2, o.Train.Classes(), 0.3
		o.Test, o.EvalEvery, o.EvalSplit, o.Select = stripes(10, 2), 2, "val", true
		if stage == consistent || stage == elementwise {
			o.Recipe.Copies, o.Recipe.Consistency, o.Recipe.Lambda, o.Recipe.Eta = 2, "default", 2, 0.5
			o.Recipe.AutoAugment, o.Recipe.EraseProb, o.Recipe.EraseMode, o.Recipe.EraseCount = "rand-m9-mstd0.5-inc1", 0.25, data.ErasePixel, 1
			o.Recipe.Mix = &data.Mix{Mixup: 0.8, Cutmix: 1, Prob: 0.9, Switch: 0.5}
			o.Recipe.EMA = 0.8
		}
		if stage == elementwise {
			o.Recipe.AutoAugment, o.Recipe.ColorJitter, o.Recipe.Mix.Mode, o.Recipe.MixClean = "", 0.4, data.MixElem, true
		}
	}
	o.Recipe.Seed, o.Recipe.Epochs, o.Recipe.WarmupEpochs, o.Recipe.LR = 7, 3, 1, 1e-3
	o.Recipe.CropMin, o.Recipe.ClipGrad = 0.5, 1
	o.LogDir, o.CheckpointEvery, o.Keep = out, 1, 2
	return o
}

func train(ctx context.Context, o Options) (*Result, error) {
	switch o.Recipe.Stage {
	case StagePretrain:
		return Pretrain(ctx, o)
	case StageLinprobe:
		return Linprobe(ctx, o)
	}
	return Finetune(ctx, o)
}

// finish runs o on its own backend and returns the bytes of its two files.
func finish(t *testing.T, o Options) (weights, log []byte) {
	t.Helper()
	runOn(t, o, 1, func(ctx context.Context, o Options) {
		_, err := train(ctx, o)
		require.NoError(t, err)
	})
	return files(t, o.Out)
}

func runOn(t *testing.T, o Options, threads int, f func(context.Context, Options)) {
	t.Helper()
	b := testbackend.Threads(t, threads)
	testbackend.NeedsFloat32(t, b)
	o.Backend = b
	f(t.Context(), o)
}

func files(t *testing.T, dir string) (weights, log []byte) {
	t.Helper()
	weights, err := os.ReadFile(filepath.Join(dir, CheckpointName))
	require.NoError(t, err)
	log, err = os.ReadFile(filepath.Join(dir, LogName))
	require.NoError(t, err)
	return weights, log
}

// both runs a test for all stages, and for the two variants of fine-tuning with
// many options.
func both(t *testing.T, f func(t *testing.T, stage string)) {
	for _, stage := range []string{StagePretrain, StageFinetune, consistent, elementwise, StageLinprobe} {
		if testing.Short() && (stage == StageFinetune || stage == elementwise) {
			continue // the stage between them covers nearly the same code
		}
		t.Run(stage, func(t *testing.T) { f(t, stage) })
	}
}

func requireSameFiles(t *testing.T, weights, log []byte, dir string) {
	t.Helper()
	gotWeights, gotLog := files(t, dir)
	require.Equal(t, string(log), string(gotLog))
	require.True(t, bytes.Equal(weights, gotWeights), "the checkpoints differ")
}

func TestThreadsMicroBatchesAndWorkersChangeNoBit(t *testing.T) {
	both(t, func(t *testing.T, stage string) {
		weights, log := finish(t, tinyOptions(stage, t.TempDir()))
		for _, c := range []struct{ threads, micro, workers int }{{2, 8, 3}, {7, 2, 1}, {1, 4, 2}, {2, 1, 2}} {
			o := tinyOptions(stage, t.TempDir())
			o.MicroBatch, o.Workers = c.micro, c.workers
			if o.Recipe.Mix != nil {
				o.MicroBatch = max(o.MicroBatch, 2)
			}
			runOn(t, o, c.threads, func(ctx context.Context, o Options) {
				_, err := train(ctx, o)
				require.NoError(t, err)
			})
			requireSameFiles(t, weights, log, o.Out)
		}
	})
}

func TestInterruptedAtAnyStepAndResumed(t *testing.T) {
	both(t, func(t *testing.T, stage string) {
		undisturbed := t.TempDir()
		weights, log := finish(t, tinyOptions(stage, undisturbed))
		for _, stops := range [][]int{{1}, {3, 5}, {5}, {7, 10, 14}, {15}} {
			o := tinyOptions(stage, t.TempDir())
			o.MicroBatch, o.Resume = 4, "auto"
			for _, stop := range stops {
				runOn(t, o, 2, func(ctx context.Context, o Options) {
					ctx, cancel := context.WithCancel(ctx)
					defer cancel()
					o.Progress = func(p Progress) {
						if p.Step == stop {
							cancel()
						}
					}
					_, err := train(ctx, o)
					// The results of a step are available after the next step
					// of its epoch has been submitted, so that this one is also
					// counted.
					taken := stop
					if stop%5 != 0 {
						taken++
					}
					if taken == 15 && stage == StagePretrain {
						require.NoError(t, err, "nothing was left to do")
						return
					}
					require.ErrorIs(t, err, ErrInterrupted)
					require.ErrorContains(t, err, fmt.Sprintf("after step %d ", taken))
				})
			}
			o.MicroBatch = 0
			runOn(t, o, 1, func(ctx context.Context, o Options) {
				r, err := train(ctx, o)
				require.NoError(t, err)
				require.True(t, r.Resumed)
			})
			requireSameFiles(t, weights, log, o.Out)
			requireSameOutputs(t, undisturbed, o.Out)
		}
	})
}

// A process that is killed in the middle of an epoch and started again writes
// the same files.
func TestKilledAndResumed(t *testing.T) {
	both(t, func(t *testing.T, stage string) {
		undisturbed := t.TempDir()
		weights, log := finish(t, tinyOptions(stage, undisturbed))
		dir := t.TempDir()
		exe, err := os.Executable()
		require.NoError(t, err)
		child := exec.Command(exe)
		child.Env = append(os.Environ(), killEnv+"="+dir, "DMAE_TRAIN_KILL_STAGE="+stage)
		var stderr bytes.Buffer
		child.Stderr = &stderr
		require.NoError(t, child.Start())
		var reached int
		for deadline := time.Now().Add(2 * time.Minute); reached < 7 && time.Now().Before(deadline); {
			reached = stepOf(filepath.Join(dir, CheckpointName))
			time.Sleep(time.Millisecond)
		}
		require.NoError(t, child.Process.Kill())
		require.Error(t, child.Wait(), "it was killed")
		require.GreaterOrEqual(t, reached, 7, stderr.String())
		require.Less(t, stepOf(filepath.Join(dir, CheckpointName)), 15, "it was killed before its end")

		o := tinyOptions(stage, dir)
		o.Resume = "auto"
		finish(t, o)
		requireSameFiles(t, weights, log, dir)
		requireSameOutputs(t, undisturbed, dir)
	})
}

// stepOf returns the step of a checkpoint, 0 while there is none.
func stepOf(path string) int {
	f, err := checkpoint.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	s, err := ReadState(f)
	if err != nil {
		return 0
	}
	return s.Steps
}

// A kill between the two files of a save leaves an older log.
func TestResumeRepairsTheLog(t *testing.T) {
	o := tinyOptions(StagePretrain, t.TempDir())
	weights, log := finish(t, o)
	require.NoError(t, os.WriteFile(filepath.Join(o.Out, LogName), []byte("{}\n"), 0o666))
	o.Resume = "auto"
	finish(t, o)
	requireSameFiles(t, weights, log, o.Out)
}

func TestResumeRefusesAnotherRun(t *testing.T) {
	o := tinyOptions(StageFinetune, t.TempDir())
	finish(t, o)
	o.Resume = "auto"
	for name, c := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"seed":  {func(o *Options) { o.Recipe.Seed = 8 }, "seed 7, not 8"},
		"model": {func(o *Options) { o.Model.Sigma = 0.5 }, "sigma 0.25, not 0.5"},
		"data":  {func(o *Options) { o.Train = stripes(45, 3) }, "training images"},
		"stage": {func(o *Options) {
			o.Recipe = PretrainRecipe(8)
		}, `stage "finetune", not "pretrain"`},
	} {
		other := o
		c.change(&other)
		runOn(t, other, 1, func(ctx context.Context, o Options) {
			_, err := train(ctx, o)
			require.ErrorContains(t, err, c.want, name)
			require.NotContains(t, err.Error(), "\n")
		})
	}
}

// Training works: the loss decreases, and stripes are classified correctly.
func TestTrainingLearns(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for 70 epochs")
	}
	pre := tinyOptions(StagePretrain, t.TempDir())
	pre.Recipe.Epochs, pre.Recipe.LR = 40, 5e-3
	_, log := finish(t, pre)
	first, last := lossOf(t, log, 0), lossOf(t, log, 39)
	require.Less(t, last, 0.95*first)

	fine := tinyOptions(StageFinetune, t.TempDir())
	fine.Recipe.Epochs, fine.Recipe.LR = 30, 5e-3
	fine.Encoder = filepath.Join(pre.Out, CheckpointName)
	runOn(t, fine, 2, func(ctx context.Context, o Options) {
		r, err := Finetune(ctx, o)
		require.NoError(t, err)
		require.GreaterOrEqual(t, *r.Last.TestAcc1, 90.0)
		model, err := dmae.LoadClassifier(o.Backend, r.Checkpoint)
		require.NoError(t, err)
		require.Equal(t, []string{"upright", "level"}, model.Config.ClassNames)
		for _, batch := range []int{1, 3, 16} {
			e, err := Evaluate(ctx, model, o.Test, EvalOptions{Batch: batch, Seed: o.Recipe.Seed})
			require.NoError(t, err)
			require.Equal(t, *r.Last.TestAcc1, 100*e.Accuracy())
			require.Equal(t, *r.Last.TestLoss, e.Loss)
		}
	})
}

func lossOf(t *testing.T, log []byte, epoch int) float64 {
	t.Helper()
	lines := strings.SplitAfter(string(log), "\n")
	e, err := lastEntry(lines[epoch])
	require.NoError(t, err)
	require.Equal(t, epoch, e.Epoch)
	return e.TrainLoss
}

func TestNonFiniteLossStopsBeforeTheWeightsAreTouched(t *testing.T) {
	o := tinyOptions(StagePretrain, t.TempDir())
	o.SaveEvery = 1
	o.Recipe.LR = math.MaxFloat32 // the second step, the first with a positive rate, makes the weights non-finite
	runOn(t, o, 1, func(ctx context.Context, o Options) {
		_, err := Pretrain(ctx, o)
		require.ErrorContains(t, err, "not finite after step 2 and are not saved")
		require.ErrorContains(t, err, "learning rate")
		require.ErrorContains(t, err, "the last good checkpoint is "+filepath.Join(o.Out, CheckpointName)+" of step 1")
		m, err := dmae.LoadAutoencoder(o.Backend, filepath.Join(o.Out, CheckpointName))
		require.NoError(t, err)
		require.Empty(t, must(dmae.NotFinite(m.Params)))
		require.False(t, errors.Is(err, ErrInterrupted))
	})
}

func TestOptionsThatCannotWork(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"micro-batch": {func(o *Options) { o.MicroBatch = 3 }, "micro-batches of 3"},
		"too few":     {func(o *Options) { o.Train = stripes(6, 1) }, "fewer than one batch of 8"},
		"recipe":      {func(o *Options) { o.Recipe.LR = -1 }, "learning rate -1"},
		"classes":     {func(o *Options) { o.Model.Classes, o.Model.ClassNames = 3, nil }, "2 classes and the model 3"},
		"encoder":     {func(o *Options) { o.Encoder = "nowhere.safetensors" }, "nowhere.safetensors"},
	} {
		o := tinyOptions(StageFinetune, t.TempDir())
		c.change(&o)
		runOn(t, o, 1, func(ctx context.Context, o Options) {
			_, err := Finetune(ctx, o)
			require.ErrorContains(t, err, c.want, name)
		})
	}
}

// must returns a value of a backend that has no errors.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
