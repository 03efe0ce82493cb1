package main

import (
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/nn/checkpoint/pickle"
)

// A classifier in a PyTorch file with nothing but tensors gives the same
// certificates as the original.
func TestCommandsTakePyTorchFiles(t *testing.T) {
	in := func(name string) string { return filepath.Join(t.TempDir(), name) }
	b := testbackend.New(t)
	cfg, err := dmae.Preset("dmae_vit_tiny_patch4_28")
	require.NoError(t, err)
	cfg.Classes = 10
	model, err := dmae.NewClassifier(b, cfg)
	require.NoError(t, err)
	model.InitScratch(1)
	own, foreign := in("own.safetensors"), in("foreign.pth")
	require.NoError(t, model.Save(own))
	weights := &pickle.Dict{Ordered: true}
	for _, w := range must(model.Params.Export()) {
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

// A certificate of a checkpoint of the official code, which records neither
// heads nor normalisation, is intact with that file, with the same tensors in a
// file without metadata and with the converted file, and with no other model.
func TestCertificatesOfPyTorchFilesAudit(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	record := make([]byte, 1+3*32*32)
	for i := range record[1:] {
		record[1+i] = byte(7 * i)
	}
	require.NoError(t, os.WriteFile(in("test_batch.bin"), append(record, record...), 0o666))
	for i := range 5 {
		require.NoError(t, os.WriteFile(in(fmt.Sprintf("data_batch_%d.bin", i+1)), record, 0o666))
	}
	official, twin := "../../dmae/testdata/vit_tiny_gap.pth", in("twin.safetensors")
	says := []string{"--heads", "3", "--mean", "0.5,0.4,0.3", "--std", "0.2,0.3,0.4"}
	with := func(args ...string) []string { return append(args, says...) }

	certificate := in("c.jsonl")
	succeed(t, with("certify", "--data", dir, "--model", official, "--n0", "8", "--n", "40", "--seed", "5", "--out", certificate)...)
	succeed(t, with("convert", official, twin)...)
	audit := []string{"audit", certificate, "--depth", "full", "--data", dir, "--model"}
	for _, model := range [][]string{
		with(official),
		with("../../dmae/testdata/vit_tiny_gap_weights.safetensors"),
		{twin},
	} {
		require.Contains(t, succeed(t, append(audit, model...)...), "is intact at depth full: 2 images, 96 samples")
	}

	code, _, stderr := dmaeRun(t, append(audit, official)...)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "give --heads")
	code, _, stderr = dmaeRun(t, append(audit, official, "--heads", "3")...)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "the header names the model", "another normalisation is another function")
	code, _, stderr = dmaeRun(t, "audit", certificate, "--heads", "3")
	require.Equal(t, exitMisuse, code)
	require.Contains(t, stderr, "are not used at --depth arithmetic")

	picture := in("x.png")
	f, err := os.Create(picture)
	require.NoError(t, err)
	require.NoError(t, png.Encode(f, image.NewRGBA(image.Rect(0, 0, 40, 40))))
	require.NoError(t, f.Close())
	explain := func(args ...string) string {
		return succeed(t, append([]string{"explain", picture, "--n", "20", "--steps", "0", "--seed", "1", "--json", "--out", in("x.html"), "--model"}, args...)...)
	}
	command := regexp.MustCompile(`(?m)^ *"command": .*$`)
	require.Equal(t, command.ReplaceAllString(explain(twin), ""), command.ReplaceAllString(explain(with(official)...), ""), "one model, one page but for the command")
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
