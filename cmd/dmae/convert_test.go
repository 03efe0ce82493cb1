package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/nn/checkpoint/pickle"
	"github.com/godmae/godmae/ops/cpu"
)

// A classifier in a PyTorch file that says nothing but names and shapes is the
// classifier it was: it gives the same certificates.
func TestCommandsTakePyTorchFiles(t *testing.T) {
	in := func(name string) string { return filepath.Join(t.TempDir(), name) }
	b := cpu.New(cpu.Options{Threads: 2})
	defer b.Close()
	cfg, err := dmae.Preset("dmae_vit_tiny_patch4_28")
	require.NoError(t, err)
	cfg.Classes = 10
	model, err := dmae.NewClassifier(b, cfg)
	require.NoError(t, err)
	model.InitScratch(1)
	own, foreign := in("own.safetensors"), in("foreign.pth")
	require.NoError(t, model.Save(own))
	weights := &pickle.Dict{Ordered: true}
	for _, w := range model.Params.Export() {
		weights.MustSet(w.Name, w)
	}
	require.NoError(t, checkpoint.WriteTorch(foreign, (&pickle.Dict{}).MustSet("model", weights).MustSet("epoch", 3)))

	certify := func(path string) string {
		out := in("c.jsonl")
		code, _, stderr := dmaeRun(t, "certify", "--data", "builtin:fashion-mnist", "--model", path, "--max", "2", "--n0", "4", "--n", "8", "--alpha", "0.1", "--seed", "1", "--out", out)
		require.Equal(t, exitDone, code, stderr)
		lines, err := os.ReadFile(out)
		require.NoError(t, err)
		return string(lines)
	}
	want := certify(own)
	require.Equal(t, want, certify(foreign))

	converted, back := in("x.safetensors"), in("x.pth")
	succeed(t, "convert", foreign, converted)
	require.Equal(t, want, certify(converted))
	var report struct{ From, To, Kind string }
	require.NoError(t, json.Unmarshal([]byte(succeed(t, "convert", "--json", converted, back)), &report))
	require.Equal(t, "classifier", report.Kind)
	require.Equal(t, want, certify(back))

	text := succeed(t, "inspect", foreign)
	for _, part := range []string{"blocks.3.mlp.fc2.weight", "format: PyTorch zip", "model: classifier dmae_vit_tiny_patch4_28", "10 classes", "epoch: 3"} {
		require.Contains(t, text, part)
	}
	var seen inspection
	require.NoError(t, json.Unmarshal([]byte(succeed(t, "inspect", "--json", foreign)), &seen))
	require.Equal(t, 28, seen.Config.ImageSize)
	require.JSONEq(t, `{"epoch":3}`, string(seen.Training))
	require.Len(t, seen.Tensors, len(model.Params.All()))
}

func TestHostilePyTorchFiles(t *testing.T) {
	hostile := filepath.Join(t.TempDir(), "hostile.pth")
	require.NoError(t, os.WriteFile(hostile, []byte("\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.}.cposix\nsystem\n(S'echo owned'\ntR."), 0o666))
	out := filepath.Join(t.TempDir(), "x.safetensors")
	for _, args := range [][]string{{"inspect", hostile}, {"convert", hostile, out}, {"predict", "--model", hostile, "x.png"}} {
		code, stdout, stderr := dmaeRun(t, args...)
		require.Equal(t, exitFailed, code)
		require.Empty(t, stdout)
		require.Equal(t, "dmae: checkpoint: "+hostile+" is not a valid PyTorch legacy file: its pickle asks for posix.system, which is not on the list of what a checkpoint may use; nothing was executed\n", stderr)
	}
	require.NoFileExists(t, out)
	code, _, stderr := dmaeRun(t, "convert", hostile, out+".onnx")
	require.Equal(t, exitMisuse, code)
	require.Contains(t, stderr, "use .safetensors or .pth")
}
