package convert_test

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/convert"
	"github.com/godmae/godmae/dmae/train"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/nn/checkpoint/pickle"
)

// A run of two epochs is stopped after the first. Its checkpoint is converted
// to one of the official code, without godmae's values, and training continues
// from it. The weights and moments at the end are those of the uninterrupted
// run, because all random numbers are functions of the epoch. The same holds
// for the two files with more values.
func TestTrainingGoesOnFromOfficialCheckpoints(t *testing.T) {
	for _, stage := range []string{train.StagePretrain, train.StageFinetune, train.StageLinprobe} {
		t.Run(stage, func(t *testing.T) {
			dir := t.TempDir()
			in := func(name string) string { return filepath.Join(dir, name) }
			whole := func(o *train.Options) {
				o.Recipe.EMA, o.Recipe.Epochs = 0, 2
			}
			r, err := microRun(t, stage, func(o *train.Options) {
				whole(o)
				o.Out, o.CheckpointEvery = dir, 1
			})
			require.NoError(t, err)
			want := open(t, r.Checkpoint)

			_, err = convert.File(in(train.NumberedName(0)), in("own.pth"), dmae.Reader{})
			require.NoError(t, err)
			forget(t, in("own.pth"), in("foreign.pth"))
			_, err = convert.File(in("foreign.pth"), in("converted.safetensors"), dmae.Reader{})
			require.NoError(t, err)
			for _, from := range []string{"own.pth", "foreign.pth", "converted.safetensors"} {
				var notes []string
				out := t.TempDir()
				again := func(o *train.Options) {
					whole(o)
					o.Out, o.Open, o.Log = out, opener, func(m string) { notes = append(notes, m) }
				}
				r, err := microRun(t, stage, func(o *train.Options) {
					again(o)
					o.Resume = in(from)
				})
				require.NoError(t, err, from)
				require.True(t, r.Resumed)
				got := open(t, r.Checkpoint)
				requireSame(t, want, got, same)
				s, err := train.ReadState(got)
				require.NoError(t, err)
				require.Equal(t, 4, s.Steps, "counted as if it had started here")
				require.Equal(t, 0, s.InitSteps, "the official epoch had as many")
				if from == "own.pth" {
					require.Empty(t, notes)
					require.Zero(t, s.FirstEpoch)
					continue
				}
				require.Len(t, notes, 1)
				require.Contains(t, notes[0], "after its epoch 0")
				require.Equal(t, 1, s.FirstEpoch)
				require.NotContains(t, r.Log, `"epoch":0`)

				// A later run resumes from its checkpoint as from any other.
				_, err = microRun(t, stage, func(o *train.Options) {
					again(o)
					o.Resume = "auto"
				})
				require.NoError(t, err)
			}
		})
	}
}

// A file that was converted to the checkpoint of the run's folder is found by
// "auto".
func TestAConvertedCheckpointGoesOnInItsFolder(t *testing.T) {
	dir := t.TempDir()
	own := micro(t, false, func(o *train.Options) { o.Recipe.EMA = 0 })
	pth, foreign := filepath.Join(dir, "own.pth"), filepath.Join(dir, "foreign.pth")
	_, err := convert.File(own, pth, dmae.Reader{})
	require.NoError(t, err)
	forget(t, pth, foreign)
	_, err = convert.File(foreign, filepath.Join(dir, train.CheckpointName), dmae.Reader{})
	require.NoError(t, err)
	r, err := microRun(t, train.StagePretrain, func(o *train.Options) {
		o.Recipe.EMA, o.Recipe.Epochs, o.Out, o.Resume = 0, 2, dir, "auto"
	})
	require.NoError(t, err)
	require.Equal(t, 1, r.Last.Epoch)
}

// A file from which training cannot resume is refused with a remedy, and
// settings that differ from the file's are reported.
func TestOfficialCheckpointsThatCannotGoOn(t *testing.T) {
	_, in := withForeign(t)
	f := open(t, in("foreign.pth"))
	model := &pickle.Dict{Ordered: true}
	for _, info := range f.Tensors() {
		if info.Name[:6] != dmae.StatePrefix {
			x, err := f.Tensor(info.Name, info.Name)
			require.NoError(t, err)
			model.MustSet(info.Name, x)
		}
	}
	args, _ := f.Extra().Get("args")
	for name, root := range map[string]*pickle.Dict{
		"model.pth": (&pickle.Dict{}).MustSet("model", model).MustSet("args", args),
		"epoch.pth": (&pickle.Dict{}).MustSet("model", model).MustSet("args", args).MustSet("epoch", 0),
	} {
		require.NoError(t, checkpoint.WriteTorch(in(name), root))
	}
	for _, c := range []struct {
		from, stage string
		change      func(*train.Options)
		want        string
	}{
		{"foreign.pth", train.StagePretrain, nil, "has finished 1 epochs and this run is to have 1"},
		{"model.pth", train.StagePretrain, nil, "does not say after which epoch it was saved"},
		{"epoch.pth", train.StagePretrain, func(o *train.Options) { o.Recipe.Epochs = 3 }, "has no optimiser, so training cannot continue from it; start from its weights with --init"},
		{"foreign.pth", train.StageFinetune, func(o *train.Options) { o.Recipe.Epochs = 3 }, "head.weight [2 16] is missing"},
		{"foreign.pth", train.StagePretrain, func(o *train.Options) { o.Recipe.Epochs, o.Model.Heads = 3, 4 }, "attention heads"},
	} {
		_, err := microRun(t, c.stage, func(o *train.Options) {
			o.Resume, o.Open = in(c.from), opener
			if c.change != nil {
				c.change(o)
			}
		})
		require.ErrorContains(t, err, c.want)
		require.NotContains(t, err.Error(), "\n")
	}

	var notes []string
	_, err := microRun(t, train.StagePretrain, func(o *train.Options) {
		o.Recipe.Epochs, o.Recipe.WeightDecay, o.Model.Sigma = 3, 0.1, 0.5
		o.Resume, o.Open, o.Log = in("foreign.pth"), opener, func(m string) { notes = append(notes, m) }
	})
	require.NoError(t, err)
	require.Len(t, notes, 2)
	require.Contains(t, notes[1], "epochs 1, not 3; weight_decay 0.05, not 0.1; sigma 0.25, not 0.5")
}

// Training continues from a file of the official code, with its Namespace.
func TestAFileOfTheOfficialTrainerGoesOn(t *testing.T) {
	f, err := convert.Open(fixture(t, "dmae_tiny_full.pth"), dmae.Reader{Heads: 3, DecoderHeads: 4})
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	require.Nil(t, f.Extra())
	var extra struct{ Epoch *int }
	require.NoError(t, json.Unmarshal([]byte(f.Metadata()[train.TorchExtraKey]), &extra))
	require.NotNil(t, extra.Epoch)
	kind, cfg, err := dmae.Describe(f)
	require.NoError(t, err)
	require.Equal(t, dmae.KindAutoencoder, kind)
	for _, s := range dmae.Specs(kind, &cfg) {
		_, ok := f.Info("train.adamw.m." + s.Name)
		require.Equal(t, !s.Fixed, ok, s.Name)
	}
}
