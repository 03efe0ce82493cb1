package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/smooth/certificate"
)

// dmaeRun runs the program in-process.
func dmaeRun(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(context.Background(), args, &out, &errs)
	return code, out.String(), errs.String()
}

// succeed runs the program and returns what it printed.
func succeed(t *testing.T, args ...string) string {
	t.Helper()
	code, out, errs := dmaeRun(t, args...)
	require.Equal(t, exitDone, code, "%s\n%s", strings.Join(args, " "), errs)
	return out
}

func TestEveryCommandHasHelpWithAnExample(t *testing.T) {
	names := commandNames()
	require.Equal(t, []string{"quickstart", "pretrain", "finetune", "linprobe", "eval", "certify", "predict", "merge", "audit", "analyze", "explain", "reconstruct", "gradcheck", "inspect", "convert", "devices", "bench", "version"}, names)
	for _, name := range names {
		if name == "bench" {
			for _, what := range []string{"gemm", "train", "certify"} {
				require.Contains(t, succeed(t, "bench", what, "--help"), "Example: dmae bench "+what)
			}
			continue
		}
		require.Contains(t, succeed(t, name, "--help"), "Example: dmae "+name, name)
	}
	require.Contains(t, succeed(t), "quickstart", "no arguments show the help")
}

func TestMistakesGiveOneSentenceAndAnExitCode(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.safetensors")
	hostile := filepath.Join(t.TempDir(), "hostile.safetensors")
	require.NoError(t, os.WriteFile(hostile, []byte("\xff\xff\xff\xff\xff\xff\xff\x7f{}"), 0o666))
	out := t.TempDir()
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"dance", exitMisuse, "dance"},
		{"pretrain --frobnicate", exitMisuse, "--frobnicate"},
		{"pretrain", exitMisuse, "--data"},
		{"pretrain --data builtin:fashion-mnist --out " + out + " --model vit_giant", exitMisuse, "vit_giant"},
		{"pretrain --data builtin:fashion-mnist --out " + out + " --batch-size 0", exitMisuse, "--batch-size 0"},
		{"pretrain --data builtin:fashion-mnist --out " + out + " --epochs 2 --warmup-epochs 3", exitMisuse, "warm-up"},
		{"pretrain --data builtin:cats --out " + out, exitFailed, "cats"},
		{"pretrain --data " + out + " --out " + out, exitFailed, out},
		{"pretrain --data builtin:fashion-mnist --model dmae_vit_tiny_patch4_32 --out " + out, exitFailed, "channels"},
		{"pretrain --data builtin:fashion-mnist --threads=-1 --out " + out, exitMisuse, "--threads -1"},
		{"pretrain --data builtin:fashion-mnist --mask-ratio 1.5 --out " + out, exitMisuse, "mask_ratio"},
		{"pretrain --data builtin:fashion-mnist --sigma nan --out " + out, exitMisuse, "sigma is NaN"},
		{"pretrain --data builtin:fashion-mnist --std 0 --out " + out, exitMisuse, "standard deviation of channel 0 is 0"},
		{"pretrain --data builtin:fashion-mnist --val-fraction 1 --out " + out, exitMisuse, "--val-fraction 1"},
		{"pretrain --data builtin:fashion-mnist --workers=-1 --out " + out, exitMisuse, "--workers -1 cannot be used: it must be at least 0"},
		{"pretrain --data builtin:fashion-mnist --keep=-1 --out " + out, exitMisuse, "--keep -1"},
		{"pretrain --data builtin:fashion-mnist --heads 3 --out " + out, exitMisuse, "--heads"},
		{"finetune --data builtin:fashion-mnist --model dmae_vit_tiny_patch4_28 --heads 3 --out " + out, exitMisuse, "--heads"},
		{"finetune --data builtin:fashion-mnist --model dmae_vit_tiny_patch4_28 --drop-path 1 --out " + out, exitMisuse, "drop_path is 1"},
		{"finetune --data builtin:fashion-mnist --model dmae_vit_tiny_patch4_28 --input-size 30 --out " + out, exitMisuse, "image_size 30"},
		{"finetune --data builtin:fashion-mnist --model dmae_vit_tiny_patch4_28 --mixup-prob 2 --out " + out, exitMisuse, "the mixup probability 2"},
		{"finetune --data builtin:fashion-mnist --model dmae_vit_tiny_patch4_28 --mixup 1 --batch-size 1 --effective-batch 8 --out " + out, exitMisuse, "--batch-size 1"},
		{"finetune --data builtin:fashion-mnist --model dmae_vit_tiny_patch4_28 --recount 0 --out " + out, exitMisuse, "--recount 0"},
		{"eval --data builtin:fashion-mnist --model " + missing + " --sigma nan", exitMisuse, "--sigma NaN"},
		{"eval --data builtin:fashion-mnist --model " + missing + " --copies 100000", exitMisuse, "--copies 100000"},
		{"reconstruct --data builtin:fashion-mnist --model " + missing + " --out x.jpg", exitMisuse, "x.jpg"},
		{"reconstruct --data builtin:fashion-mnist --model " + missing + " --out x.png --sigma nan", exitMisuse, "--sigma NaN"},
		{"finetune --data builtin:fashion-mnist --out " + out, exitMisuse, "--finetune"},
		{"finetune --data builtin:fashion-mnist --out " + out + " --finetune " + missing, exitFailed, missing},
		{"finetune --data builtin:fashion-mnist --out " + out + " --finetune " + hostile, exitFailed, hostile},
		{"eval --data builtin:fashion-mnist --model " + missing, exitFailed, missing},
		{"certify --data builtin:fashion-mnist --model " + missing + " --out x --sigma 0", exitMisuse, "sigma"},
		{"certify --data builtin:fashion-mnist --model " + missing + " --out x --sigma many", exitMisuse, "many"},
		{"certify --data builtin:fashion-mnist --model " + hostile + " --out x", exitFailed, hostile},
		{"certify --data builtin:fashion-mnist --model " + missing + " --out x --method magic", exitMisuse, "magic"},
		{"certify --data builtin:fashion-mnist --model " + missing + " --out x --method anytime --n 100", exitMisuse, "--n 100"},
		{"certify --data builtin:fashion-mnist --model " + missing + " --out x --method anytime --max-samples 100", exitMisuse, "multiple of 16"},
		{"certify --data builtin:fashion-mnist --model " + missing + " --out x --max-samples 100", exitMisuse, "--max-samples 100"},
		{"certify --data builtin:fashion-mnist --model " + missing + " --out x --radii 0,1", exitMisuse, "--radii"},
		{"certify --data builtin:fashion-mnist --model " + missing + " --out x --method anytime --radii 0,1 --target-radius 1", exitMisuse, "give one of them"},
		{"certify --data builtin:fashion-mnist --model " + missing + " --out x --method anytime --futility 0.6", exitMisuse, "futility is 0.6"},
		{"certify --data builtin:fashion-mnist --model " + missing + " --out x --futility 0.1", exitMisuse, "--futility 0.1 belongs to --method anytime"},
		{"certify --data builtin:fashion-mnist --model " + missing + " --out x --shard 3/2", exitMisuse, "3/2"},
		{"certify --data builtin:fashion-mnist --model " + missing + " --out x --seed random --shard 1/2", exitMisuse, "does not go with --seed random"},
		{"certify --data builtin:fashion-mnist --model " + missing + " --out=", exitMisuse, "--out is empty"},
		{"certify --data builtin:fashion-mnist --model " + missing + " --out x --target-radius=-1", exitMisuse, "--target-radius -1"},
		{"certify --data builtin:fashion-mnist --model " + missing + " --out x --method anytime --radii=-1", exitMisuse, "--radii -1"},
		{"certify --data builtin:fashion-mnist --model " + missing + " --out x --sigma 50", exitMisuse, "sigma is 50"},
		{"certify --data builtin:fashion-mnist --model " + missing + " --out x --sigma -1", exitMisuse, "sigma is -1"},
		{"help dance", exitMisuse, "dance"},
		{"audit " + out, exitFailed, out + ": it is a folder"},
		{"audit c.tsv", exitMisuse, "the .jsonl beside it"},
		{"predict --model " + missing + " cat.png --n 0", exitMisuse, "n is 0"},
		{"predict --model " + missing + " cat.png --alpha 2", exitMisuse, "alpha is 2"},
		{"analyze " + out, exitFailed, out + ": it is a folder"},
		{"analyze a --radii=-1", exitMisuse, "--radii -1"},
		{"analyze a --radii=", exitMisuse, "--radii names no radius"},
		{"analyze a --sigma 0", exitMisuse, "--sigma 0"},
		{"analyze a --out " + out, exitMisuse, "is a folder"},
		{"analyze a --out " + missing + "/x", exitFailed, "make it first"},
		{"analyze a --curve " + hostile + "/c.png", exitFailed, "hostile.safetensors is not a folder"},
		{"explain --model " + missing + " cat.png --out " + out, exitMisuse, "is a folder"},
		{"explain --model " + missing + " cat.png --out=", exitMisuse, "--out is empty"},
		{"explain --model " + missing + " cat.png --sigma 20", exitMisuse, "sigma is 20"},
		{"merge " + out + "/all " + missing, exitFailed, missing},
		{"certify --merge --out " + out + "/all " + missing, exitFailed, missing},
		{"certify --merge --out " + out + "/all", exitMisuse, "no shards to merge"},
		{"certify --merge " + missing, exitMisuse, "--out"},
		{"certify --merge --out " + out + "/all --seed 3 " + missing, exitMisuse, "--seed does not go with --merge"},
		{"certify --model y --merge --out " + out + "/all " + missing, exitMisuse, "--model does not go with --merge"},
		{"certify --merge=false --out " + out + "/all " + missing, exitMisuse, "--data"},
		{"certify --out " + out + "/all " + missing, exitMisuse, "--data"},
		{"certify --data builtin:fashion-mnist --model y --out " + out + "/all " + missing, exitMisuse, "give --merge"},
		{"merge " + out + "/all " + hostile, exitFailed, hostile},
		{"audit " + missing, exitFailed, missing},
		{"audit " + hostile, exitFailed, "is not intact"},
		{"audit x --depth full", exitMisuse, "needs --model and --data"},
		{"audit x --model y", exitMisuse, "are not used"},
		{"audit x --depth full --model " + missing + " --data builtin:fashion-mnist", exitFailed, "x"},
		{"predict --model " + missing + " cat.png", exitFailed, missing},
		{"explain --model " + missing + " cat.png", exitFailed, missing},
		{"explain --model " + missing + " cat.png --batch 0", exitMisuse, "--batch 0"},
		{"explain --model " + missing, exitMisuse, "nothing to explain"},
		{"explain --model " + missing + " cat.png --certificate c", exitMisuse, "two things to explain"},
		{"explain --model " + missing + " cat.png --index 3", exitMisuse, "--index goes with --certificate"},
		{"explain --model " + missing + " --certificate c --index 3", exitMisuse, "--data"},
		{"explain --model " + missing + " --certificate c --index 3 --data d --sigma 0.25", exitMisuse, "--sigma does not go with --certificate"},
		{"explain --model " + missing + " --certificate " + missing + " --index 3 --data d", exitFailed, missing},
		{"explain --model " + missing + " cat.png --max-samples 16", exitMisuse, "belongs to --method anytime"},
		{"explain --model " + missing + " cat.png --others 0.5,0", exitMisuse, "--others: sigma is 0"},
		{"explain --model " + missing + " cat.png --sigma 0", exitMisuse, "sigma"},
		{"reconstruct --data builtin:fashion-mnist --model " + missing + " --out x.png", exitFailed, missing},
		{"analyze " + missing, exitFailed, missing},
		{"analyze " + hostile, exitFailed, hostile},
		{"analyze a b --names c", exitMisuse, "--names"},
		{"analyze a --places 0", exitMisuse, "--places 0"},
		{"analyze a --curve c.bmp", exitMisuse, "c.bmp"},
		{"analyze a --compare", exitMisuse, "--compare"},
		{"analyze a --rho 1", exitMisuse, "--rho 1"},
		{"analyze a --alpha 0", exitMisuse, "--alpha 0"},
		{"analyze a --n 1000", exitMisuse, "--n 1000"},
		{"analyze a --confidence 1", exitMisuse, "--confidence 1"},
		{"analyze a b c --sigma 0.25,0.5", exitMisuse, "2 --sigma"},
		{"inspect " + missing, exitFailed, missing},
		{"inspect " + hostile, exitFailed, hostile},
		{"bench gemm --shapes 3x4", exitMisuse, "3x4"},
		{"quickstart --n 0", exitMisuse, "--n 0"},
	} {
		code, stdout, stderr := dmaeRun(t, strings.Fields(c.args)...)
		require.Equal(t, c.code, code, "%s: %s", c.args, stderr)
		require.Contains(t, stderr, c.want, c.args)
		require.Equal(t, 1, strings.Count(stderr, "\n"), "%s: %s", c.args, stderr)
		require.True(t, strings.HasPrefix(stderr, "dmae: "), stderr)
		require.Empty(t, stdout, c.args)
	}
}

// brokenWriter panics, like a defect of the program.
type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { panic("out of\nink") }

func TestAPanicIsOneLine(t *testing.T) {
	var errs bytes.Buffer
	code := run(t.Context(), []string{"version"}, brokenWriter{}, &errs)
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs.String(), "internal error: out of ink")
	require.Equal(t, 1, strings.Count(errs.String(), "\n"))
}

func TestInterruptedWithNothingToSave(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	require.Equal(t, exitFailed, run(ctx, []string{"bench", "gemm", "--shapes", "1x1x1"}, &out, &errs))
	require.Equal(t, "dmae: interrupted\n", errs.String())
}

// All commands in sequence, with the smallest settings.
func TestPathFromPretrainingToCurve(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	data := []string{"--data", "builtin:fashion-mnist"}
	small := append(data, "--max-images", "64", "--batch-size", "16", "--epochs", "2", "--warmup-epochs", "1")

	succeed(t, append([]string{"pretrain", "--out", in("pre")}, small...)...)
	code, _, stderr := dmaeRun(t, append([]string{"pretrain", "--out", in("pre")}, small...)...)
	require.Equal(t, exitFailed, code, "an old run is not overwritten")
	require.Contains(t, stderr, "--resume auto")
	succeed(t, append([]string{"pretrain", "--out", in("pre"), "--resume", "auto"}, small...)...)

	succeed(t, append([]string{"pretrain", "--init", filepath.Join(in("pre"), "checkpoint.safetensors"), "--out", in("more")}, small...)...)
	code, _, stderr = dmaeRun(t, append([]string{"pretrain", "--init", "x", "--model", "y", "--out", in("more")}, small...)...)
	require.Equal(t, exitMisuse, code)
	require.Contains(t, stderr, "--init and --model")

	encoder := filepath.Join(in("pre"), "checkpoint.safetensors")
	text := succeed(t, append([]string{"finetune", "--finetune", encoder, "--out", in("fine"), "--eval-split", "none", "--json"}, small...)...)
	var tuned struct{ Checkpoint string }
	require.NoError(t, json.Unmarshal([]byte(text), &tuned))

	text = succeed(t, append([]string{"linprobe", "--finetune", encoder, "--out", in("probe"), "--eval-split", "none", "--effective-batch", "32", "--json"}, small...)...)
	var probe struct{ Checkpoint string }
	require.NoError(t, json.Unmarshal([]byte(text), &probe))
	succeed(t, append([]string{"eval", "--model", probe.Checkpoint, "--max", "20"}, data...)...)
	succeed(t, append([]string{"certify", "--model", probe.Checkpoint, "--max", "2", "--n0", "10", "--n", "20", "--alpha", "0.1", "--out", in("probe.tsv")}, data...)...)

	text = succeed(t, append([]string{"eval", "--model", tuned.Checkpoint, "--max", "20", "--json"}, data...)...)
	var accuracy struct {
		Images   int
		Accuracy float64
	}
	require.NoError(t, json.Unmarshal([]byte(text), &accuracy))
	require.Equal(t, 20, accuracy.Images)

	certify := append([]string{"certify", "--model", tuned.Checkpoint, "--max", "3", "--n0", "10", "--n", "20", "--alpha", "0.1", "--seed", "7", "--out", in("certify.tsv")}, data...)
	succeed(t, certify...)
	first, err := os.ReadFile(in("certify.jsonl"))
	require.NoError(t, err)
	require.NoError(t, os.Remove(in("certify.jsonl")))
	succeed(t, append(certify, "--batch", "7", "--threads", "2")...)
	again, err := os.ReadFile(in("certify.jsonl"))
	require.NoError(t, err)
	require.Equal(t, string(first), string(again), "the result does not depend on batch and threads")
	require.Contains(t, string(first), `"noise":"gaussian-u8","clip":1`)
	require.Contains(t, string(first), `"preprocessing":"8-bit pixels as stored"`)
	code, _, stderr = dmaeRun(t, append(certify, "--no-sound")...)
	require.Equal(t, exitFailed, code, "a certificate of another kind is not overwritten")
	require.Contains(t, stderr, `noise "gaussian-u8" instead of "gaussian-f32"`)
	succeed(t, append(certify, "--no-sound", "--out", in("float.jsonl"))...)
	drawn := append([]string{"certify", "--model", tuned.Checkpoint, "--max", "2", "--n0", "10", "--n", "20", "--alpha", "0.1", "--seed", "random", "--out", in("drawn.jsonl")}, data...)
	succeed(t, drawn...)
	header, ok := certificate.FilesFor(in("drawn")).Header()
	require.True(t, ok)
	require.NotZero(t, header.Seed.Number, "the operating system draws the seed")
	succeed(t, drawn...) // resumed: nothing is left to do
	other, ok := certificate.FilesFor(in("drawn")).Header()
	require.True(t, ok)
	require.Equal(t, header.Seed, other.Seed)
	floats, err := os.ReadFile(in("float.jsonl"))
	require.NoError(t, err)
	require.Contains(t, string(floats), `"noise":"gaussian-f32","sigma":"0.25"`)
	require.Contains(t, string(floats), `"preprocessing":"x/255"`)

	anytime := append([]string{"certify", "--model", tuned.Checkpoint, "--max", "3", "--n0", "10", "--method", "anytime", "--max-samples", "160", "--radii", "0.01,0.6", "--out", in("anytime.jsonl")}, data...)
	code, _, notes := dmaeRun(t, anytime...)
	require.Equal(t, exitDone, code, notes)
	require.Contains(t, notes, "no image can be certified at radius 0.6 with --max-samples 160", "a warning beforehand")
	require.Contains(t, notes, "needs at least")

	for _, certificate := range []string{in("certify.jsonl"), in("anytime.jsonl")} {
		require.Contains(t, succeed(t, "audit", certificate), "is intact at depth arithmetic: 3 images")
		require.Contains(t, succeed(t, "audit", certificate), "\nchecked: the file is complete and every radius follows from its counts; not checked: that the model gives these counts")
		for _, depth := range []string{"sample", "full"} {
			text = succeed(t, append([]string{"audit", certificate, "--depth", depth, "--model", tuned.Checkpoint, "--batch", "5", "--json"}, data...)...)
			require.Contains(t, text, `"intact": true`)
		}
	}

	for _, shard := range []string{"1/2", "2/2"} {
		code, _, notes = dmaeRun(t, append(certify, "--shard", shard, "--target-radius", "0.9", "--out", in("shard-"+shard[:1]))...)
		require.Equal(t, exitDone, code, notes)
		require.Contains(t, notes, "no image can be certified at radius 0.9 with --n 20")
		require.Contains(t, notes, "0.9 needs at least 14471 samples")
	}
	succeed(t, "merge", in("merged"), in("shard-1.jsonl"), in("shard-2.jsonl"))
	again, err = os.ReadFile(in("merged.jsonl"))
	require.NoError(t, err)
	require.Equal(t, string(first), string(again), "merged shards equal a run without shards")
	shards, err := filepath.Glob(in("shard-*.jsonl"))
	require.NoError(t, err)
	require.Len(t, shards, 4, "their times match the pattern too")
	text = succeed(t, append([]string{"certify", "--merge", "--json", "--out", in("merged-too.jsonl")}, shards...)...)
	require.Contains(t, text, "merged-too.timing.jsonl")
	require.NotContains(t, succeed(t, append([]string{"analyze"}, shards...)...), "timing")
	again, err = os.ReadFile(in("merged-too.jsonl"))
	require.NoError(t, err)
	require.Equal(t, string(first), string(again))

	require.NoError(t, os.WriteFile(in("bad.jsonl"), first[:len(first)-9], 0o666))
	code, text, notes = dmaeRun(t, "audit", in("bad.jsonl"), "--json")
	require.Equal(t, exitFailed, code)
	require.Contains(t, notes, "is not intact")
	require.Contains(t, text, `"intact": false`)

	text = succeed(t, "analyze", in("certify.tsv"), in("certify.jsonl"), "--radii", "0,0.25", "--curve", in("curve.svg"), "--json")
	require.True(t, json.Valid([]byte(text)), text)
	require.FileExists(t, in("curve.svg"))

	succeed(t, append([]string{"reconstruct", "--model", encoder, "--count", "2", "--out", in("r.png")}, data...)...)
	require.FileExists(t, in("r.png"))
	text = succeed(t, "predict", "--model", tuned.Checkpoint, "--n", "20", "--seed", "3", "--json", in("r.png"))
	require.True(t, json.Valid([]byte(text)), text)
	require.NotEqual(t, text, succeed(t, "predict", "--model", tuned.Checkpoint, "--n", "20", "--seed", "3", "--no-sound", "--json", in("r.png")), "other noise gives other counts")
	text = succeed(t, "explain", "--model", tuned.Checkpoint, "--n", "20", "--steps", "1", "--samples", "2", "--others", "0.5", "--out", in("e.html"), "--json", in("r.png"))
	require.True(t, json.Valid([]byte(text)), text)
	require.FileExists(t, in("e.html"))
	require.Contains(t, succeed(t, "inspect", encoder), "patch_embed.proj.weight")
	require.Contains(t, succeed(t, "inspect", "--json", encoder), "godmae.train")
}

func TestQuickstartInMiniature(t *testing.T) {
	if testing.Short() {
		t.Skip("trains three models")
	}
	dir := filepath.Join(t.TempDir(), "quick")
	args := []string{"quickstart", "--out", dir, "--json", "--unlabelled", "256", "--epochs-pretrain", "1", "--epochs-finetune", "1", "--images", "4", "--n", "20"}
	var result quickstartJSON
	require.NoError(t, json.Unmarshal([]byte(succeed(t, args...)), &result))
	for _, run := range []string{"dmae", "scratch"} {
		require.Len(t, result.Certified[run], 3)
		for _, radius := range []string{"0", "0.25", "0.5"} {
			require.Contains(t, result.Certified[run], radius)
		}
	}
	for _, name := range []string{"certify.tsv", "certify-scratch.tsv", "reconstruct.png", "curve.png", "pretrain/checkpoint.safetensors", "finetune/log.txt", "scratch/checkpoint.safetensors"} {
		require.FileExists(t, filepath.Join(dir, name))
	}
	require.Equal(t, quickstartNoise, result.Noise)
	for _, name := range []string{"certify.jsonl", "certify-scratch.jsonl"} {
		certificate, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Contains(t, string(certificate), `"noise":"gaussian-u8"`, "the noise that README promises and the output names")
	}
	again := result
	require.NoError(t, json.Unmarshal([]byte(succeed(t, append(args, "--resume", "auto")...)), &again))
	require.Equal(t, result.Certified, again.Certified)
}

func TestMachineReadableOutput(t *testing.T) {
	for _, args := range []string{"version --json", "devices --json", "bench gemm --shapes 8x8x8 --time 1ms --json"} {
		require.True(t, json.Valid([]byte(succeed(t, strings.Fields(args)...))), args)
	}
	if testing.Short() {
		return
	}
	var r rate
	require.NoError(t, json.Unmarshal([]byte(succeed(t, strings.Fields("bench train --model dmae_vit_micro_patch4_8 --batch-size 4 --time 50ms --json")...)), &r))
	require.Positive(t, r.Pretrain)
	require.Positive(t, r.Finetune)
	require.NoError(t, json.Unmarshal([]byte(succeed(t, strings.Fields("bench certify --model dmae_vit_micro_patch4_8 --batch-size 4 --time 50ms --json")...)), &r))
	require.Positive(t, r.Samples)
}

func TestGradcheckReportsNoFailure(t *testing.T) {
	if testing.Short() {
		t.Skip("checks every derivative")
	}
	var result struct {
		Checked, Failed int
		Cases           []struct{ Name string }
	}
	require.NoError(t, json.Unmarshal([]byte(succeed(t, "gradcheck", "--json")), &result))
	require.Zero(t, result.Failed)
	require.Equal(t, result.Checked, len(result.Cases))
	require.Greater(t, result.Checked, 50)
}

// Every command that can fill a device's memory says what helps, by a flag it has.
func TestMemoryRemedies(t *testing.T) {
	var c cli
	k, err := kong.New(&c, flagDefaults)
	require.NoError(t, err)
	want := map[string]string{
		"pretrain": "", "finetune": "", "linprobe": "",
		"certify": "--batch,", "audit": "--batch,", "predict": "--batch,", "explain": "--batch,",
		"eval": "--batch-size,", "quickstart": "another --backend", "reconstruct": "another --backend", "gradcheck": "another --backend",
	}
	for _, command := range k.Model.Children {
		text, ok := want[command.Name]
		if !ok {
			require.False(t, slices.ContainsFunc(command.Flags, func(f *kong.Flag) bool { return f.Name == "backend" }), "%s computes on a backend", command.Name)
			continue
		}
		if text == "" {
			require.Empty(t, memoryRemedy(command), command.Name)
		} else {
			require.Contains(t, memoryRemedy(command), text, command.Name)
		}
	}
}
