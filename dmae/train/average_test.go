package train

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/tensor"
)

func TestAverageDecayWarmsUp(t *testing.T) {
	require.Equal(t, 2.0/11, averageDecay(0.9999, 1))
	require.Equal(t, 101.0/110, averageDecay(0.9999, 100))
	require.Equal(t, 0.9999, averageDecay(0.9999, 1e6))
	require.Equal(t, 0.1, averageDecay(0.1, 1))
}

// The average follows its formula in each step, the optimiser's weights are
// those of a run without an average, and the checkpoint's model is the average.
func TestTheModelOfAnAveragedRunIsTheAverage(t *testing.T) {
	const decay = 0.7
	b := testbackend.New(t)
	testbackend.NeedsContract(t, b)

	plain := tinyOptions(StagePretrain, t.TempDir())
	plain.Keep, plain.SaveEvery = 0, 1
	plain.Backend = b
	read := func(o Options, prefix string) map[string][]float32 {
		f, err := checkpoint.Open(filepath.Join(o.Out, CheckpointName))
		require.NoError(t, err)
		defer f.Close()
		values := map[string][]float32{}
		for _, info := range f.Tensors() {
			name := prefix + info.Name
			if _, ok := f.Info(name); ok && len(info.Name) > 6 && info.Name[:6] != "train." {
				v := make([]float32, info.Elements())
				require.NoError(t, f.ReadFloat32(name, v))
				values[info.Name] = v
			}
		}
		return values
	}

	// The weights after each step, from a run that is stopped after each.
	var mean map[string][]float64
	follow := func(v map[string][]float32, d float64) {
		if mean == nil {
			mean = map[string][]float64{}
			for name, x := range v {
				mean[name] = make([]float64, len(x))
			}
		}
		for name, x := range v {
			for i := range x {
				mean[name][i] = d*mean[name][i] + (1-d)*float64(x[i])
			}
		}
	}
	model, err := dmae.NewAutoencoder(b, plain.Model)
	require.NoError(t, err)
	model.Init(plain.Recipe.Seed)
	start := map[string][]float32{}
	for _, p := range model.Params.All() {
		start[p.Name] = must(model.Params.Download(p))
	}
	follow(start, 0)
	for step := 1; step <= 15; step++ {
		ctx, cancel := context.WithCancel(t.Context())
		plain.Resume = "auto"
		plain.Progress = func(p Progress) {
			if p.Step == step {
				cancel()
			}
		}
		_, err := Pretrain(ctx, plain)
		if step < 15 {
			require.ErrorIs(t, err, ErrInterrupted)
		}
		cancel()
		follow(read(plain, ""), averageDecay(decay, step))
	}

	averaged := tinyOptions(StagePretrain, t.TempDir())
	averaged.Recipe.EMA = decay
	weights, log := finish(t, averaged)
	require.Equal(t, read(plain, "")["decoder_pred.weight"], read(averaged, RawPrefix)["decoder_pred.weight"])
	raw := read(averaged, RawPrefix)
	require.Greater(t, len(raw), 10)
	for name, v := range raw {
		require.Equal(t, read(plain, "")[name], v, name)
	}
	got := read(averaged, "")
	require.Equal(t, len(mean), len(got))
	for name, v := range got {
		for i := range v {
			require.InDelta(t, mean[name][i], float64(v[i]), 1e-6, "%s[%d]", name, i)
		}
	}
	loaded, err := dmae.LoadAutoencoder(b, filepath.Join(averaged.Out, CheckpointName))
	require.NoError(t, err)
	require.Equal(t, got["norm.weight"], must(loaded.Params.Download(loaded.Params.Get("norm.weight"))))

	// Interrupted and resumed, it writes the same bytes.
	o := tinyOptions(StagePretrain, t.TempDir())
	o.Recipe.EMA, o.Resume = decay, "auto"
	for _, stop := range []int{3, 5, 11} {
		runOn(t, o, 2, func(ctx context.Context, o Options) {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			o.Progress = func(p Progress) {
				if p.Step == stop {
					cancel()
				}
			}
			_, err := Pretrain(ctx, o)
			require.ErrorIs(t, err, ErrInterrupted)
		})
	}
	finish(t, o)
	requireSameFiles(t, weights, log, o.Out)
	requireSameOutputs(t, averaged.Out, o.Out)
}

// A linear probe averages its linear layer. The encoder and the statistics of
// batch normalisation are those of the run without an average.
func TestAProbeIsAveraged(t *testing.T) {
	read := func(decay float64) *checkpoint.File {
		o := tinyOptions(StageLinprobe, t.TempDir())
		o.Recipe.EMA = decay
		finish(t, o)
		f, err := checkpoint.Open(filepath.Join(o.Out, CheckpointName))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, f.Close()) })
		return f
	}
	plain, averaged := read(0), read(0.8)
	raw := func(f *checkpoint.File, name string) []byte {
		b, err := f.Raw(name)
		require.NoError(t, err)
		return b
	}
	for _, info := range plain.Tensors() {
		if strings.HasPrefix(info.Name, "head.1.") {
			require.Equal(t, raw(plain, info.Name), raw(averaged, RawPrefix+info.Name), info.Name)
			require.NotEqual(t, raw(plain, info.Name), raw(averaged, info.Name), info.Name)
		} else {
			require.Equal(t, raw(plain, info.Name), raw(averaged, info.Name), info.Name)
		}
	}
	require.Len(t, averaged.Tensors(), len(plain.Tensors())+2)
}

func TestAnAveragedRunIsAnotherRun(t *testing.T) {
	o := tinyOptions(StagePretrain, t.TempDir())
	finish(t, o)
	o.Resume, o.Recipe.EMA = "auto", 0.9
	runOn(t, o, 1, func(ctx context.Context, o Options) {
		_, err := Pretrain(ctx, o)
		require.ErrorContains(t, err, "ema none, not 0.9")
	})
	o.Recipe.EMA = 1
	require.ErrorContains(t, o.Recipe.Validate(), "moving average 1")
}

// Parameters that are not trained are not averaged: a changed running statistic
// is copied to the model immediately.
func TestFixedValuesAreNotAveraged(t *testing.T) {
	b := testbackend.New(t)
	p := nn.NewParams(b, []nn.Spec{
		{Name: "statistic", Shape: tensor.Of(3), Fixed: true},
		{Name: "weight", Shape: tensor.Of(5)},
	})
	set := func(name string, v ...float32) { p.Upload(p.Get(name), v) }
	set("weight", 8, 8, 8, 8, 8)
	a := newAverage(p, 0.5)
	set("weight", 0, 0, 0, 0, 0)
	set("statistic", 1, 2, 3)
	a.step(100, nil)
	require.NoError(t, a.with(func() error {
		require.Equal(t, []float32{4, 4, 4, 4, 4}, must(p.Download(p.Get("weight"))))
		require.Equal(t, []float32{1, 2, 3}, must(p.Download(p.Get("statistic"))))
		return nil
	}))
	require.Equal(t, []float32{0, 0, 0, 0, 0}, must(p.Download(p.Get("weight"))))

	path := filepath.Join(t.TempDir(), "c.safetensors")
	set("statistic", 7, 8, 9)
	require.NoError(t, checkpoint.Write(path, must(a.export()), nil))
	f, err := checkpoint.Open(path)
	require.NoError(t, err)
	defer f.Close()
	set("weight", 1, 1, 1, 1, 1)
	set("statistic", 0, 0, 0)
	other := newAverage(p, 0.5)
	require.NoError(t, other.load(f))
	require.Equal(t, []float32{0, 0, 0, 0, 0}, must(p.Download(p.Get("weight"))))
	require.Equal(t, []float32{7, 8, 9}, must(p.Download(p.Get("statistic"))))
	require.Equal(t, []float32{4, 4, 4, 4, 4}, must(other.shadow.Download(other.shadow.Get("weight"))))
}
