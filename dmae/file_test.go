package dmae_test

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/godmae/godmae/ops"
	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/nn/checkpoint"
)

func micro(t *testing.T) dmae.Config {
	c, err := dmae.Preset("dmae_vit_micro_patch4_8")
	require.NoError(t, err)
	c.Classes, c.ClassNames = 3, []string{"cat", "dog", "ähre"}
	return c
}

func TestSaveAndLoad(t *testing.T) {
	b := testbackend.New(t)
	dir := t.TempDir()
	ae, err := dmae.NewAutoencoder(b, micro(t))
	require.NoError(t, err)
	ae.Init(1)
	path := filepath.Join(dir, "ae.safetensors")
	require.NoError(t, ae.Save(path))
	back, err := dmae.LoadAutoencoder(b, path)
	require.NoError(t, err)
	require.Equal(t, ae.Config, back.Config)
	for i, p := range ae.Params.All() {
		require.Equal(t, must(ae.Params.Download(p)), must(back.Params.Download(back.Params.All()[i])), p.Name)
	}

	for _, pool := range []bool{true, false} {
		cfg := micro(t)
		cfg.GlobalPool = pool
		c, err := dmae.NewClassifier(b, cfg)
		require.NoError(t, err)
		require.NoError(t, c.LoadEncoder(back, 2))
		require.Equal(t, must(ae.Params.Download(ae.Params.Get("blocks.1.mlp.fc2.weight"))), must(c.Params.Download(c.Params.Get("blocks.1.mlp.fc2.weight"))))
		path := filepath.Join(dir, "classifier.safetensors")
		require.NoError(t, c.Save(path))
		again, err := dmae.LoadClassifier(b, path)
		require.NoError(t, err)
		require.Equal(t, cfg, again.Config)
		require.Equal(t, must(c.Digest()), must(again.Digest()))

		p := again.Params.Get("head.bias")
		v := must(again.Params.Download(p))
		v[0] += 1e-6
		again.Params.Upload(p, v)
		require.NotEqual(t, must(c.Digest()), must(again.Digest()))
	}
}

func TestDigestIsOfTheFunction(t *testing.T) {
	b := testbackend.New(t)
	digest := func(change func(*dmae.Config)) [32]byte {
		cfg := micro(t)
		change(&cfg)
		c, err := dmae.NewClassifier(b, cfg)
		require.NoError(t, err)
		c.InitScratch(3)
		return must(c.Digest())
	}
	plain := digest(func(*dmae.Config) {})
	require.Equal(t, plain, digest(func(c *dmae.Config) { c.Name, c.Sigma, c.DropPath, c.ClassNames = "x", 1, 0.5, nil }))
	require.NotEqual(t, plain, digest(func(c *dmae.Config) { c.Mean = []float64{0} }))
	require.NotEqual(t, plain, digest(func(c *dmae.Config) { c.Heads = 4 }))
}

func TestLoadEncoderOfAnotherSize(t *testing.T) {
	b := testbackend.New(t)
	ae, err := dmae.NewAutoencoder(b, micro(t))
	require.NoError(t, err)
	cfg := micro(t)
	cfg.Width = 32
	c, err := dmae.NewClassifier(b, cfg)
	require.NoError(t, err)
	err = c.LoadEncoder(ae, 1)
	require.ErrorContains(t, err, "cls_token")
	require.ErrorContains(t, err, "blocks.1.mlp.fc2.bias")
}

func TestLoadingSaysWhatIsWrong(t *testing.T) {
	b := testbackend.New(t)
	ae, err := dmae.NewAutoencoder(b, micro(t))
	require.NoError(t, err)
	ae.Init(1)
	path := filepath.Join(t.TempDir(), "x.safetensors")
	write := func(t *testing.T, tensors []checkpoint.Tensor, meta map[string]string) {
		require.NoError(t, checkpoint.Write(path, tensors, meta))
	}
	with := func(key, value string) map[string]string {
		m := maps.Clone(ae.Metadata())
		m[key] = value
		return m
	}
	good := must(ae.Params.Export())
	for _, c := range []struct {
		name    string
		tensors []checkpoint.Tensor
		meta    map[string]string
		want    []string
	}{
		{"unknown kind", good, with(dmae.KeyKind, "diffusion"), []string{"not a model of godmae", "diffusion"}},
		{"config", good, with(dmae.KeyConfig, "{"), []string{"not a model configuration"}},
		{"unknown field", good, with(dmae.KeyConfig, `{"widht":3}`), []string{"widht"}},
		{"bad value", good, with(dmae.KeyConfig, `{"image_size":-4}`), []string{"image_size is -4"}},
		{"kind", good, with(dmae.KeyKind, dmae.KindClassifier), []string{"classifier", "autoencoder"}},
		{"tensors",
			append([]checkpoint.Tensor{
				checkpoint.Float32s("stray", []int{2}, make([]float32, 2)),
				checkpoint.Float32s("norm.weight", []int{5}, make([]float32, 5)),
				checkpoint.Int32s("norm.bias", []int{16}, make([]int32, 16)),
				checkpoint.Float32s("train.loss", []int{1}, make([]float32, 1)),
			}, without(good, "norm.weight", "norm.bias", "cls_token")...), ae.Metadata(),
			[]string{"stray [2] is unexpected", "norm.weight is [5] but should be [16]", "norm.bias holds I32", "cls_token [1 1 16] is missing"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			write(t, c.tensors, c.meta)
			_, err := dmae.LoadAutoencoder(b, path)
			require.ErrorContains(t, err, path)
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
			require.NotContains(t, err.Error(), "train.loss")
		})
	}
	_, err = dmae.LoadClassifier(b, filepath.Join(t.TempDir(), "absent"))
	require.ErrorIs(t, err, os.ErrNotExist)

	// Weights can be loaded under any contract, whichever computed them.
	write(t, good, with(dmae.KeyContract, "f32/9"))
	loaded, err := dmae.LoadAutoencoder(b, path)
	require.NoError(t, err)
	require.Equal(t, must(ae.Params.Download(ae.Params.Get("norm.weight"))), must(loaded.Params.Download(loaded.Params.Get("norm.weight"))))
	require.Equal(t, b.Identity().Contract, loaded.Metadata()[dmae.KeyContract], "what is saved here was computed here")
}

// A file may have any configuration: memory is only allocated if its tensors
// match.
func TestHugeClaimTakesNoMemory(t *testing.T) {
	b := testbackend.New(t)
	cfg := micro(t)
	cfg.Width, cfg.Heads, cfg.Depth, cfg.MLPRatio = 16384, 1, 1000, 4
	meta := map[string]string{
		dmae.KeyKind: dmae.KindClassifier, dmae.KeyContract: ops.Contract,
		dmae.KeyConfig: configJSON(t, cfg),
	}
	path := filepath.Join(t.TempDir(), "x.safetensors")
	require.NoError(t, checkpoint.Write(path, nil, meta))
	_, err := dmae.LoadClassifier(b, path)
	require.ErrorContains(t, err, "is missing")
	require.ErrorContains(t, err, "more")
}

// must returns a value of a backend that has no errors.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
