package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	stdimage "image"
	"image/png"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/nn/checkpoint"
)

// broken is a data set of which some images cannot be used.
type broken struct {
	data.Dataset
	bad func(i int) bool
}

func (b broken) Image(i int) (data.Image, error) {
	if b.bad(i) {
		return data.Image{}, &data.CorruptError{Path: fmt.Sprintf("%d.png", i), Err: errors.New("boom")}
	}
	return b.Dataset.Image(i)
}

// The noise of an image depends on its index, not on images that are left out:
// images evaluated one by one give the same result as together.
func TestEvaluationLeavesOutBrokenImages(t *testing.T) {
	o := tinyOptions(StageFinetune, t.TempDir())
	b := testbackend.New(t)
	model, err := dmae.NewClassifier(b, o.Model)
	require.NoError(t, err)
	model.InitScratch(3)
	evaluate := func(ds data.Dataset, most, batch int) (Evaluation, []string, error) {
		var said []string
		left := data.NewLeftOut(ds, most, func(s string) { said = append(said, s) })
		e, err := Evaluate(t.Context(), model, ds, EvalOptions{Batch: batch, Sigma: 0.5, Seed: 2, LeftOut: left})
		return e, said, err
	}
	all := stripes(9, 5)
	var sum Evaluation
	for only := range 9 {
		if only == 2 || only == 3 || only == 8 {
			continue
		}
		e, _, err := evaluate(broken{all, func(i int) bool { return i != only }}, 8, 4)
		require.NoError(t, err)
		require.Equal(t, 1, e.Images)
		sum = sum.Plus(e)
	}
	for _, batch := range []int{1, 2, 4, 100} {
		e, said, err := evaluate(broken{all, func(i int) bool { return i == 2 || i == 3 || i == 8 }}, 3, batch)
		require.NoError(t, err)
		require.Equal(t, 6, e.Images)
		require.Equal(t, sum.Correct, e.Correct)
		require.InDelta(t, sum.Loss, e.Loss, 1e-12)
		require.Equal(t, []string{"left out: the image 2.png cannot be decoded: boom", "left out: the image 3.png cannot be decoded: boom", "left out: the image 8.png cannot be decoded: boom"}, said)
	}
	_, _, err = evaluate(broken{all, func(i int) bool { return i > 5 }}, 2, 4)
	require.ErrorContains(t, err, "more than 2 corrupt images, the last one seen: the image 8.png")
	_, _, err = evaluate(broken{all, func(int) bool { return true }}, 9, 4)
	require.EqualError(t, err, "no image of stripes can be used")
}

// If an evaluation cannot read an image, no training is lost: the resumed run
// begins with that evaluation, and writes the files of an uninterrupted run.
func TestAnEpochIsSavedBeforeItsEvaluation(t *testing.T) {
	for _, stage := range []string{StageFinetune, StageLinprobe, consistent} {
		for _, saveEpochs := range []int{0, 5} {
			t.Run(fmt.Sprintf("%s, every %d", stage, saveEpochs), func(t *testing.T) {
				options := func() Options {
					o := tinyOptions(stage, t.TempDir())
					o.EvalEvery, o.SaveEpochs = 1, saveEpochs
					return o
				}
				weights, log := finish(t, options())

				o := options()
				intact := o.Test
				// The digest reads each image once, and each evaluation twice.
				var reads atomic.Int64
				o.Test = broken{intact, func(int) bool { return reads.Add(1) > int64(3*intact.Len()+4) }}
				o.MaxCorrupt = -1
				runOn(t, o, 1, func(ctx context.Context, o Options) {
					_, err := train(ctx, o)
					require.ErrorContains(t, err, "the evaluation after epoch 1 failed: the data set stripes has more than 0 corrupt images")
					require.ErrorContains(t, err, "--resume auto continues with the evaluation")
				})
				f, err := checkpoint.Open(filepath.Join(o.Out, CheckpointName))
				require.NoError(t, err)
				state, err := ReadState(f)
				require.NoError(t, err)
				require.NoError(t, f.Close())
				require.Equal(t, []int{1, 5, 10}, []int{state.Epoch, state.Step, state.Steps})

				o.Test, o.Resume = intact, "auto"
				finish(t, o)
				requireSameFiles(t, weights, log, o.Out)
			})
		}
	}
}

// An epoch's checkpoint is there while its evaluation runs.
func TestTheCheckpointIsThereDuringTheEvaluation(t *testing.T) {
	o := tinyOptions(StageFinetune, t.TempDir())
	o.EvalEvery = 1
	var reads, found atomic.Int64
	o.Test = broken{o.Test, func(int) bool {
		if reads.Add(1) > 10 { // those of the digest
			if _, err := os.Stat(filepath.Join(o.Out, CheckpointName)); err == nil {
				found.Add(1)
			}
		}
		return false
	}}
	finish(t, o)
	require.EqualValues(t, 3*2*10, found.Load())
}

// pngFolder writes n pictures of stripes as PNG files, half of each class.
func pngFolder(t *testing.T, n, side int) string {
	t.Helper()
	dir := t.TempDir()
	for i := range n {
		m := stdimage.NewGray(stdimage.Rect(0, 0, side, side))
		for j := range m.Pix {
			m.Pix[j] = byte((j%side*(1-i%2) + j/side*(i%2) + i) / 2 % 2 * 200)
		}
		var b bytes.Buffer
		require.NoError(t, png.Encode(&b, m))
		path := filepath.Join(dir, "train", []string{"upright", "level"}[i%2], fmt.Sprintf("%03d.png", i))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
		require.NoError(t, os.WriteFile(path, b.Bytes(), 0o666))
	}
	return dir
}

func openFolder(t *testing.T, dir string, cache int64) data.Dataset {
	t.Helper()
	ds, err := data.Open(dir, data.Options{Channels: 1, CacheBytes: cache})
	require.NoError(t, err)
	return ds
}

// A run with broken images is resumed bit for bit, also from another path, and
// does not depend on what fits into memory.
func TestRunsWithBrokenImagesAreResumed(t *testing.T) {
	dir := pngFolder(t, 45, 8)
	for i, name := range []string{"train/level/003.png", "train/level/005.png", "train/upright/044.png"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("text")[:2*i], 0o666))
	}
	options := func(dir string, cache int64) Options {
		o := tinyOptions(StageFinetune, t.TempDir())
		o.Train = openFolder(t, dir, cache)
		o.Model.ClassNames = o.Train.Classes()
		o.Test = data.First(openFolder(t, dir, cache), 10)
		return o
	}
	weights, log := finish(t, options(dir, 0))
	other := options(dir, -1)
	finish(t, other)
	requireSameFiles(t, weights, log, other.Out)

	o := options(dir, 0)
	ctx, cancel := context.WithCancel(t.Context())
	o.Progress = func(p Progress) {
		if p.Step == 7 {
			cancel()
		}
	}
	b := testbackend.New(t)
	o.Backend = b
	_, err := train(ctx, o)
	require.ErrorIs(t, err, ErrInterrupted)
	moved := filepath.Join(t.TempDir(), "elsewhere")
	require.NoError(t, os.Rename(dir, moved))
	again := options(moved, -1)
	again.Out, again.LogDir, again.Resume = o.Out, o.Out, "auto"
	finish(t, again)
	requireSameFiles(t, weights, log, o.Out)
}

// A checkpoint with a digest of its images from an earlier version can be
// resumed.
func TestOlderDigestsOfFilesAreResumed(t *testing.T) {
	ds := openFolder(t, pngFolder(t, 8, 8), 0)
	images, labels := make([]data.Image, ds.Len()), make([]int32, ds.Len())
	for i := range images {
		var err error
		images[i], err = ds.Image(i)
		require.NoError(t, err)
		labels[i] = int32(ds.Label(i))
	}
	// Images in memory had a digest of their pixels, whatever they were read
	// from.
	memory, err := data.NewMemory("x", ds.Classes(), images, labels)
	require.NoError(t, err)
	old, err := data.Digest(memory)
	require.NoError(t, err)
	r := &run{opt: Options{Train: ds, Test: ds}, state: &State{Data: "now", Eval: "now"}}
	require.NoError(t, r.recogniseImages(&State{Data: old, Eval: old}))
	require.Equal(t, []string{old, old}, []string{r.state.Data, r.state.Eval})
	r.state = &State{Data: "now"}
	require.NoError(t, r.recogniseImages(&State{Data: "of other images"}))
	require.Equal(t, "now", r.state.Data)
}

// The preprocessing is part of a run: it is recorded, and the run cannot be
// resumed with another.
func TestPreprocessingIsRecorded(t *testing.T) {
	dir := pngFolder(t, 45, 8)
	options := func(how data.Preprocess, resume string, out string) Options {
		o := tinyOptions(StageFinetune, out)
		o.Recipe.CropMin = 0
		o.Train = openFolder(t, dir, 0)
		o.Model.ClassNames = o.Train.Classes()
		o.Test = data.First(o.Train, 10)
		o.Preprocess, o.Resume = how, resume
		return o
	}
	metadata := map[data.Preprocess]map[string]string{}
	var all [][]byte
	for _, how := range []data.Preprocess{"", data.PreprocessResize, data.PreprocessStored} {
		o := options(how, "", t.TempDir())
		weights, _ := finish(t, o)
		all = append(all, weights)
		f, err := checkpoint.Open(filepath.Join(o.Out, CheckpointName))
		require.NoError(t, err)
		metadata[how] = f.Metadata()
		require.NoError(t, f.Close())
		for _, now := range []data.Preprocess{"", data.PreprocessResize, data.PreprocessStored} {
			runOn(t, options(now, "auto", o.Out), 1, func(ctx context.Context, o Options) {
				_, err := train(ctx, o)
				if now == how {
					require.NoError(t, err)
					return
				}
				require.ErrorContains(t, err, "its images were preprocessed with --preprocess")
			})
		}
	}
	require.NotEqual(t, all[0], all[1])
	ds, c := openFolder(t, dir, 0), &dmae.Config{DataSize: 8}
	require.Equal(t, data.Decoding+", x/255", metadata[""][preprocessingKey])
	require.Equal(t, data.Decoding+", short side resized for 8 pixels, middle 8x8, x/255", metadata[data.PreprocessResize][preprocessingKey])
	require.NotContains(t, metadata[""], data.PreprocessKey)
	require.Equal(t, data.PreprocessAuto, RecordedPreprocess(metadata[""], ds, c))
	require.Equal(t, data.PreprocessResize, RecordedPreprocess(metadata[data.PreprocessResize], ds, c))
	require.Equal(t, data.PreprocessStored, RecordedPreprocess(metadata[data.PreprocessStored], ds, c))
	// Earlier versions resized the images of folders that did not fit into memory,
	// and recorded no choice.
	require.Equal(t, data.PreprocessResize, RecordedPreprocess(map[string]string{preprocessingKey: metadata[data.PreprocessResize][preprocessingKey]}, ds, c))
	require.Equal(t, data.PreprocessAuto, RecordedPreprocess(map[string]string{}, ds, c))
}

// A model trained on stored images of its own size cannot be used on images of
// another size.
func TestStoredRefusesOtherSizes(t *testing.T) {
	o := tinyOptions(StagePretrain, t.TempDir())
	o.Train, o.Preprocess = openFolder(t, pngFolder(t, 10, 9), 0), data.PreprocessStored
	runOn(t, o, 1, func(ctx context.Context, o Options) {
		_, err := train(ctx, o)
		require.ErrorContains(t, err, "have 9x9 pixels and the model takes 8x8, so they cannot be used as they are stored")
	})
}
