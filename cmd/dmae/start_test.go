package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/nn/checkpoint/pickle"
)

// foreignFile writes parameters as a trainer with a wrapper saves them.
func foreignFile(t *testing.T, name string, params []checkpoint.Tensor, keep func(name string) bool) string {
	t.Helper()
	weights := &pickle.Dict{Ordered: true}
	for _, w := range params {
		if keep(w.Name) {
			weights.MustSet("module."+w.Name, w)
		}
	}
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, checkpoint.WriteTorch(path, (&pickle.Dict{}).MustSet("model", weights).MustSet("epoch", 3)))
	return path
}

func all(string) bool { return true }

// Encoders without a decoder, and classifiers with another head, supply initial
// weights for every stage of training, which reports what it loaded.
func TestTrainingStartsFromAnyEncoder(t *testing.T) {
	b := testbackend.New(t)
	cfg, err := dmae.Preset("dmae_vit_tiny_patch4_28")
	require.NoError(t, err)
	ae, err := dmae.NewAutoencoder(b, cfg)
	require.NoError(t, err)
	ae.Init(1)
	cfg.Classes = 1000
	supervised, err := dmae.NewClassifier(b, cfg)
	require.NoError(t, err)
	supervised.InitScratch(1)
	encoder := foreignFile(t, "encoder.pth", must(ae.Params.Export()), func(name string) bool {
		return !strings.HasPrefix(name, "decoder") && name != "mask_token"
	})
	classifier := foreignFile(t, "supervised.pth", must(supervised.Params.Export()), all)
	for _, path := range []string{encoder, classifier} {
		for stage, flag := range map[string]string{"finetune": "--finetune", "linprobe": "--finetune", "pretrain": "--init"} {
			code, _, stderr := dmaeRun(t, stage, "--data", "builtin:fashion-mnist", flag, path, "--max-images", "8", "--batch-size", "8",
				"--epochs", "1", "--warmup-epochs", "0", "--out", t.TempDir())
			require.Equal(t, exitDone, code, stderr)
			require.Contains(t, stderr, "its encoder is used", stage)
			require.Contains(t, stderr, "drawn at random:", stage)
			require.Contains(t, stderr, `start with "module.", which is removed`)
			require.Equal(t, path == classifier, strings.Contains(stderr, "dropped: fc_norm, head") || strings.Contains(stderr, "dropped: head"), stderr)
		}
	}
	code, _, stderr := dmaeRun(t, "eval", "--data", "builtin:fashion-mnist", "--model", encoder)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, `the model of kind "encoder", but "classifier" is needed here; fine-tune it first`)
	require.Contains(t, succeed(t, "inspect", encoder), "initial weights for finetune, linprobe and pretrain --init")
}

// For an autoencoder without arguments, a note says what it is assumed to
// predict, and the flag overrides it.
func TestReconstructAsksHowPatchesAreNormalised(t *testing.T) {
	b := testbackend.New(t)
	cfg, err := dmae.Preset("dmae_vit_tiny_patch4_28")
	require.NoError(t, err)
	ae, err := dmae.NewAutoencoder(b, cfg)
	require.NoError(t, err)
	ae.Init(1)
	path := foreignFile(t, "ae.pth", must(ae.Params.Export()), all)
	draw := func(flags ...string) (picture, stderr string) {
		out := filepath.Join(t.TempDir(), "r.png")
		code, _, stderr := dmaeRun(t, append([]string{"reconstruct", "--data", "builtin:fashion-mnist", "--model", path, "--count", "1", "--out", out}, flags...)...)
		require.Equal(t, exitDone, code, stderr)
		bytes, err := os.ReadFile(out)
		require.NoError(t, err)
		return string(bytes), stderr
	}
	assumed, stderr := draw()
	require.Contains(t, stderr, "norm_pix_loss")
	require.Contains(t, stderr, "--no-norm-pix-loss")
	yes, stderr := draw("--norm-pix-loss")
	require.NotContains(t, stderr, "norm_pix_loss")
	require.Equal(t, assumed, yes)
	no, _ := draw("--no-norm-pix-loss")
	require.NotEqual(t, assumed, no)

	own := filepath.Join(t.TempDir(), "own.safetensors")
	require.NoError(t, ae.Save(own))
	code, _, stderr := dmaeRun(t, "reconstruct", "--data", "builtin:fashion-mnist", "--model", own, "--no-norm-pix-loss", "--out", filepath.Join(t.TempDir(), "r.png"))
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "leave out --norm-pix-loss and --no-norm-pix-loss")
}

// must returns a value of a backend that has no errors.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
