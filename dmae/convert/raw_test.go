package convert_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/convert"
	"github.com/godmae/godmae/dmae/train"
	"github.com/godmae/godmae/nn/checkpoint"
)

// Converted with --raw, the weights and the optimiser's state are the
// checkpoint of the run without an average. The PyTorch file then has an
// optimiser, and training continues without --ema.
func TestTheWeightsBehindAnAverageAreConverted(t *testing.T) {
	for _, stage := range []string{train.StagePretrain, train.StageLinprobe} {
		dir := t.TempDir()
		in := func(name string) string { return filepath.Join(dir, name) }
		run := func(folder string, ema float64, resume string) *checkpoint.File {
			r, err := microRun(t, stage, func(o *train.Options) {
				o.Recipe.EMA, o.Recipe.Epochs, o.CheckpointEvery = ema, 2, 1
				o.Out, o.Resume, o.Open = in(folder), resume, opener
			})
			require.NoError(t, err)
			return open(t, r.Checkpoint)
		}
		want := run("plain", 0, "")
		run("averaged", 0.9, "")
		first := in("averaged/" + train.NumberedName(0))
		raw := convert.Options{Raw: true}
		_, err := raw.Convert(first, in("raw.safetensors"))
		require.NoError(t, err)
		requireSame(t, open(t, in("plain/"+train.NumberedName(0))), open(t, in("raw.safetensors")), same)
		requireSame(t, want, run("again", 0, in("raw.safetensors")), same)

		_, err = convert.File(first, in("averaged.pth"), dmae.Reader{})
		require.NoError(t, err)
		for _, from := range []string{first, in("averaged.pth")} {
			_, err = raw.Convert(from, in("raw.pth"))
			require.NoError(t, err)
			_, ok := open(t, in("raw.pth")).Extra().Get("optimizer")
			require.True(t, ok, from)
			requireSame(t, want, run("from "+filepath.Base(from), 0, in("raw.pth")), same)
		}
		_, err = raw.Convert(in("plain/"+train.CheckpointName), in("x.pth"))
		require.ErrorContains(t, err, "has no moving average of its weights; leave out --raw")
	}
}
