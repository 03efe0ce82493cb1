package train

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
)

// renamed is a data set whose classes have other names.
type renamed struct {
	data.Dataset
	names []string
}

func (r renamed) Classes() []string { return r.names }

// swapped is a data set whose two classes are in the other order.
type swapped struct{ data.Dataset }

func (s swapped) Classes() []string { c := s.Dataset.Classes(); return []string{c[1], c[0]} }
func (s swapped) Label(i int) int   { return 1 - s.Dataset.Label(i) }

// Images to evaluate on whose classes are in another order get the labels of
// the training images.
func TestEvaluationClassesAreMatchedByName(t *testing.T) {
	for _, stage := range []string{StageFinetune, StageLinprobe} {
		o := tinyOptions(stage, t.TempDir())
		want, wantLog := finish(t, o)
		o = tinyOptions(stage, t.TempDir())
		o.Test = swapped{o.Test}
		var notes []string
		o.Log = func(s string) { notes = append(notes, s) }
		_, log := finish(t, o)
		require.Equal(t, string(wantLog), string(log))
		require.NotEmpty(t, want)
		require.Contains(t, notes[0], "in another order")
	}
}

// Classes that do not match are an error before anything is trained or written.
func TestClassesAreComparedBeforeTraining(t *testing.T) {
	for name, c := range map[string]struct {
		change func(o *Options)
		want   string
	}{
		"other names":   {func(o *Options) { o.Test = renamed{o.Test, []string{"left", "right"}} }, `does not know "left", "right"`},
		"a class more":  {func(o *Options) { o.Test = renamed{o.Test, []string{"level", "slanted", "upright"}} }, `does not know "slanted"`},
		"another model": {func(o *Options) { o.Model.ClassNames = []string{"left", "right"} }, `the model is to have "left", "right"`},
	} {
		t.Run(name, func(t *testing.T) {
			o := tinyOptions(StageFinetune, filepath.Join(t.TempDir(), "out"))
			c.change(&o)
			o.Progress = func(Progress) { t.Error("a step was taken") }
			runOn(t, o, 1, func(ctx context.Context, o Options) {
				_, err := Finetune(ctx, o)
				require.ErrorContains(t, err, c.want)
			})
			_, err := os.Stat(o.Out)
			require.ErrorIs(t, err, os.ErrNotExist)
		})
	}
	o := tinyOptions(StageFinetune, t.TempDir())
	o.Test, o.ClassesByPosition = renamed{o.Test, []string{"left", "right"}}, true
	finish(t, o)
}

// A run is resumed only with the classes that it began with.
func TestResumedClassesAreTheCheckpoints(t *testing.T) {
	o := tinyOptions(StageFinetune, t.TempDir())
	finish(t, o)
	o.Resume = "auto"
	o.Train, o.Test = renamed{o.Train, []string{"left", "right"}}, nil
	o.Model.ClassNames = o.Train.Classes()
	runOn(t, o, 1, func(ctx context.Context, o Options) {
		_, err := Finetune(ctx, o)
		require.ErrorContains(t, err, `was trained on the classes "upright", "level", and the images of this run have "left", "right"`)
	})

	// The model of pre-training has no classes; the state of the run has them.
	o = tinyOptions(StagePretrain, t.TempDir())
	finish(t, o)
	o.Resume = "auto"
	finish(t, o)
	o.Train = renamed{o.Train, []string{"left", "right"}}
	runOn(t, o, 1, func(ctx context.Context, o Options) {
		_, err := Pretrain(ctx, o)
		require.ErrorContains(t, err, `was trained on the classes "upright", "level", and the images of this run have "left", "right"; continue with the same images, or start from its weights with --init`)
	})
}

// silent returns a classifier of the tiny options, with NaN as the scores of
// the given classes.
func silent(t *testing.T, o Options, from, to int) *dmae.Classifier {
	t.Helper()
	m, err := dmae.NewClassifier(o.Backend, o.Model)
	require.NoError(t, err)
	m.InitScratch(1)
	bias := m.Params.Get("head.bias")
	v := must(m.Params.Download(bias))
	for i := from; i < to; i++ {
		v[i] = float32(math.NaN())
	}
	m.Params.Upload(bias, v)
	return m
}

// As in the certifier, a class whose score is NaN is never the answer, and an
// image without an answer counts as wrong.
func TestEvaluationOfWhatIsNotFinite(t *testing.T) {
	o := tinyOptions(StageFinetune, t.TempDir())
	runOn(t, o, 1, func(ctx context.Context, o Options) {
		e, err := Evaluate(ctx, silent(t, o, 0, 2), o.Test, EvalOptions{})
		require.NoError(t, err)
		require.Equal(t, 0, e.Correct)
		require.Equal(t, o.Test.Len(), e.NoAnswer)
		require.Nil(t, e.FiniteLoss())
		require.Equal(t, 2*o.Test.Len(), e.Plus(e).NoAnswer)

		// The other class is the answer for all images: half of them are
		// correct.
		e, err = Evaluate(ctx, silent(t, o, 0, 1), o.Test, EvalOptions{})
		require.NoError(t, err)
		require.Equal(t, o.Test.Len()/2, e.Correct)
		require.Zero(t, e.NoAnswer)
		require.Nil(t, e.FiniteLoss())

		e, err = Evaluate(ctx, silent(t, o, 0, 0), o.Test, EvalOptions{})
		require.NoError(t, err)
		require.NotNil(t, e.FiniteLoss())
	})
}

// Training with weights that are not finite does not start, and such weights
// are not saved.
func TestTrainingFromWhatIsNotFinite(t *testing.T) {
	dir := t.TempDir()
	o := tinyOptions(StagePretrain, dir)
	start := filepath.Join(dir, "nan.safetensors")
	runOn(t, o, 1, func(ctx context.Context, o Options) {
		m, err := dmae.NewAutoencoder(o.Backend, o.Model)
		require.NoError(t, err)
		m.Init(1)
		p := m.Params.Get("cls_token")
		v := must(m.Params.Download(p))
		v[3] = float32(math.Inf(1))
		m.Params.Upload(p, v)
		require.NoError(t, m.Save(start))
	})
	for stage, set := range map[string]func(*Options){
		StagePretrain: func(o *Options) { o.Init = start },
		StageFinetune: func(o *Options) { o.Encoder = start },
		StageLinprobe: func(o *Options) { o.Encoder = start },
	} {
		o := tinyOptions(stage, t.TempDir())
		set(&o)
		runOn(t, o, 1, func(ctx context.Context, o Options) {
			_, err := train(ctx, o)
			require.ErrorContains(t, err, "nan.safetensors cannot be used for training: its cls_token holds values that are not finite numbers", stage)
		})
	}
}

// A loss that is not finite is left out of the log, whose lines are JSON. The
// best model is one whose accuracy was measured.
func TestLogOfWhatIsNotFinite(t *testing.T) {
	nan := math.NaN()
	e := Entry{TestLoss: Evaluation{Images: 1, Loss: nan}.FiniteLoss(), NoAnswer: 3}
	line, err := e.line()
	require.NoError(t, err)
	require.NotContains(t, line, "test_loss")
	require.Contains(t, line, `"test_no_answer":3`)
	again, err := lastEntry(line)
	require.NoError(t, err)
	require.Equal(t, e, again)
	m := measuring{}
	require.NoError(t, m.evaluate(t.Context(), &e), "nothing to evaluate on")
}
