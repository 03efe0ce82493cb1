package dmae_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/attack"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/ops/hostile"
)

// A model with initial weights from a checkpoint takes the memory of that model
// only. The autoencoder in the file takes none, not even while it is read.
func TestAStartTakesTheMemoryOfTheModelAlone(t *testing.T) {
	cfg := micro(t)
	dir := t.TempDir()
	files := map[string]string{dmae.KindAutoencoder: filepath.Join(dir, "autoencoder"), dmae.KindClassifier: filepath.Join(dir, "classifier")}
	b := testbackend.New(t)
	from, err := dmae.NewAutoencoder(b, cfg)
	require.NoError(t, err)
	from.Init(1)
	require.NoError(t, from.Save(files[dmae.KindAutoencoder]))
	other := cfg
	other.Classes, other.ClassNames = 5, nil
	classifier, err := dmae.NewClassifier(b, other)
	require.NoError(t, err)
	classifier.InitScratch(2)
	require.NoError(t, classifier.Save(files[dmae.KindClassifier]))
	for kind, path := range files {
		h := testbackend.Hostile(t, hostile.Options{})
		size := func() int64 {
			now, peak := h.Live()
			require.Equal(t, peak, now, "%s: memory was needed in passing", kind)
			return now
		}
		m, err := dmae.NewClassifier(h, cfg)
		require.NoError(t, err)
		before := size()
		require.EqualValues(t, h.Float().Size()*m.Params.Values().Shape().Elems(), before)
		_, err = dmae.Reader{}.StartClassifier(m, path, 3)
		require.NoError(t, err)
		require.Equal(t, before, size())
		if kind == dmae.KindAutoencoder { // the same as from an autoencoder in memory
			want, err := dmae.NewClassifier(b, cfg)
			require.NoError(t, err)
			require.NoError(t, want.LoadEncoder(from, 3))
			require.Equal(t, must(want.Digest()), must(m.Digest()))
		}
		m.Params.EnableGrad()
		m.Params.Free()
		now, _ := h.Live()
		require.Zero(t, now)

		a, err := dmae.NewAutoencoder(h, cfg)
		require.NoError(t, err)
		a.Init(9)
		before, _ = h.Live()
		_, err = dmae.Reader{}.StartAutoencoder(a, path)
		require.NoError(t, err)
		now, _ = h.Live()
		require.Equal(t, before, now)
		require.NoError(t, h.Close())
	}
}

// Computations with a model free all their memory.
func TestUsingAModelLeavesNoMemoryBehind(t *testing.T) {
	cfg := micro(t)
	h := testbackend.Hostile(t, hostile.Options{})
	defer h.Close()
	ae, err := dmae.NewAutoencoder(h, cfg)
	require.NoError(t, err)
	ae.Init(1)
	model := lively(t, h, cfg)
	before, _ := h.Live()
	for what, f := range map[string]func() error{
		"picture": func() error {
			_, err := ae.Picture(make([]float32, 2*cfg.Pixels()), 0.25, 1)
			return err
		},
		"attack": func() error {
			search := attack.Search{Model: model, Sigma: 0.25, Samples: 2, Steps: 2, Seed: 1}
			_, err := search.Run(t.Context(), pixelsOf(&cfg, 0), 1, 0.5)
			return err
		},
		"gradient checks": func() error {
			_, err := dmae.CheckGradientsOn(h)
			return err
		},
		"export": func() error { return model.Save(filepath.Join(t.TempDir(), "m.safetensors")) },
	} {
		require.NoError(t, f(), what)
		now, _ := h.Live()
		require.Equal(t, before, now, what)
	}
}
