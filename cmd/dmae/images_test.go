package main

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// tinyOnFolder trains the smallest classifier on the folder of writeFolder.
func tinyOnFolder(t *testing.T, data, out string, more ...string) {
	t.Helper()
	succeed(t, append([]string{"finetune", "--data", data, "--model", "dmae_vit_micro_patch4_8", "--batch-size", "4", "--epochs", "2",
		"--warmup-epochs", "0", "--out", out}, more...)...)
}

// A certificate records the preprocessing. An audit and a page use the recorded
// one, and refuse another.
func TestPreprocessing(t *testing.T) {
	dir := t.TempDir()
	images := filepath.Join(dir, "images")
	writeFolder(t, images)
	model := filepath.Join(dir, "m", "checkpoint.safetensors")
	tinyOnFolder(t, images, filepath.Dir(model))
	certify := func(model, name string, more ...string) string {
		path := filepath.Join(dir, name)
		succeed(t, append([]string{"certify", "--data", images, "--model", model, "--n", "64", "--n0", "8", "--seed", "1", "--out", path}, more...)...)
		text, err := os.ReadFile(path + ".jsonl")
		require.NoError(t, err)
		return string(text)
	}
	const asStored, resized = "8-bit pixels as stored", "short side resized for 8 pixels and rounded to 8 bits, middle 8x8"
	for name, c := range map[string]struct {
		flags []string
		text  string
		other string
	}{
		"auto":   {nil, asStored, "resize"},
		"stored": {[]string{"--preprocess", "stored"}, asStored, "resize"},
		"resize": {[]string{"--preprocess", "resize"}, resized, "stored"},
	} {
		require.Contains(t, certify(model, name, c.flags...), c.text, name)
		audit := []string{"audit", filepath.Join(dir, name) + ".jsonl", "--depth", "full", "--model", model, "--data", images}
		succeed(t, audit...)
		code, _, errs := dmaeRun(t, append(audit, "--preprocess", c.other)...)
		require.Equal(t, exitFailed, code)
		require.Contains(t, errs, "preprocessing")
		page := filepath.Join(dir, name+".html")
		explain := []string{"explain", "--certificate", filepath.Join(dir, name) + ".jsonl", "--index", "0", "--data", images, "--model", model, "--steps", "0", "--out", page}
		succeed(t, explain...)
		html, err := os.ReadFile(page)
		require.NoError(t, err)
		require.Equal(t, name == "resize", strings.Contains(string(html), "--preprocess resize"), "the command on the page makes it again")
		code, _, errs = dmaeRun(t, append(explain, "--preprocess", c.other)...)
		require.Equal(t, exitFailed, code)
		require.Contains(t, errs, "preprocessing")
	}

	// A model is used with the preprocessing of its training.
	chosen := filepath.Join(dir, "chosen", "checkpoint.safetensors")
	tinyOnFolder(t, images, filepath.Dir(chosen), "--preprocess", "resize")
	require.Contains(t, certify(chosen, "followed"), resized)
	require.Contains(t, certify(chosen, "overruled", "--preprocess", "stored"), asStored)
	succeed(t, "audit", filepath.Join(dir, "overruled.jsonl"), "--depth", "sample", "--model", chosen, "--data", images)

	// A resumed run uses it, too; another choice is refused.
	tinyOnFolder(t, images, filepath.Dir(chosen), "--resume", "auto")
	code, _, errs := dmaeRun(t, "finetune", "--data", images, "--model", "dmae_vit_micro_patch4_8", "--batch-size", "4", "--epochs", "2",
		"--warmup-epochs", "0", "--out", filepath.Dir(chosen), "--resume", "auto", "--preprocess", "stored")
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "its images were preprocessed with --preprocess resize; give that")

	// predict and eval use the same preprocessing as certify.
	one := filepath.Join(images, "test", "even", "8.png")
	answer := func(flags ...string) string {
		return succeed(t, append([]string{"predict", "--model", model, "--n", "200", "--seed", "1", "--json", one}, flags...)...)
	}
	require.Equal(t, answer(), answer("--preprocess", "stored"))
	losses := map[string]bool{}
	for _, how := range []string{"auto", "stored", "resize"} {
		losses[succeed(t, "eval", "--data", images, "--model", model, "--preprocess", how)] = true
	}
	require.Len(t, losses, 2)

	writeAt(t, filepath.Join(images, "test", "odd", "wide.png"), pngOf(t, 9, 8))
	for _, command := range [][]string{
		{"eval", "--data", images, "--model", model},
		{"certify", "--data", images, "--model", model, "--out", filepath.Join(dir, "x")},
		{"finetune", "--data", images, "--model", "dmae_vit_micro_patch4_8", "--batch-size", "4", "--epochs", "1", "--warmup-epochs", "0", "--out", filepath.Join(dir, "y")},
	} {
		code, _, errs := dmaeRun(t, append(command, "--preprocess", "stored")...)
		require.Equal(t, exitFailed, code, command[0])
		require.Contains(t, errs, "are not all of one size and the model takes 8x8, so they cannot be used as they are stored", command[0])
	}
	code, _, errs = dmaeRun(t, "predict", "--model", model, "--preprocess", "stored", filepath.Join(images, "test", "odd", "wide.png"))
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "have 9x8 pixels")
	for _, flags := range [][]string{{"--preprocess", "squash"}, {"--max-pixels", "0"}} {
		code, _, errs = dmaeRun(t, append([]string{"eval", "--data", images, "--model", model}, flags...)...)
		require.Equal(t, exitMisuse, code)
		require.Contains(t, errs, flags[0])
	}
}

// Every command names, counts and leaves out broken images.
func TestBrokenImagesAreLeftOut(t *testing.T) {
	dir := t.TempDir()
	images := filepath.Join(dir, "images")
	writeFolder(t, images)
	writeAt(t, filepath.Join(images, "test", "even", "80.png"), pngOf(t, 8, 8)[:50])
	writeAt(t, filepath.Join(images, "train", "even", "1.png"), nil)
	model, encoder := filepath.Join(dir, "m", "checkpoint.safetensors"), filepath.Join(dir, "p", "checkpoint.safetensors")
	tinyOnFolder(t, images, filepath.Dir(model))
	succeed(t, "pretrain", "--data", images, "--model", "dmae_vit_micro_patch4_8", "--batch-size", "4", "--epochs", "1", "--warmup-epochs", "0", "--out", filepath.Dir(encoder))
	tinyOnFolder(t, images, filepath.Join(dir, "m2"), "--eval-split", "none")
	for name, command := range map[string][]string{
		"eval":        {"eval", "--data", images, "--model", model, "--copies", "2"},
		"certify":     {"certify", "--data", images, "--model", model, "--n", "32", "--n0", "8", "--seed", "1", "--out", filepath.Join(dir, "c")},
		"reconstruct": {"reconstruct", "--data", images, "--model", encoder, "--out", filepath.Join(dir, "r.png")},
		"linprobe":    {"linprobe", "--data", images, "--model", "dmae_vit_micro_patch4_8", "--batch-size", "4", "--epochs", "1", "--warmup-epochs", "0", "--out", filepath.Join(dir, "l")},
		"finetune":    {"finetune", "--data", images, "--model", "dmae_vit_micro_patch4_8", "--batch-size", "4", "--epochs", "3", "--warmup-epochs", "0", "--out", filepath.Join(dir, "f")},
	} {
		code, out, errs := dmaeRun(t, command...)
		require.Equal(t, exitDone, code, "%s: %s", name, errs)
		require.Equal(t, 1, strings.Count(errs, "the image test/even/80.png cannot be decoded"), "%s: %s", name, errs)
		if name == "eval" {
			require.Contains(t, out, "4 images: accuracy")
			require.Contains(t, out, "1 of 5 images left out")
			var e struct {
				Images, Left_out int
			}
			require.NoError(t, json.Unmarshal([]byte(succeed(t, append(command, "--json")...)), &e))
			require.Equal(t, [2]int{4, 1}, [2]int{e.Images, e.Left_out})
		}
		if name == "finetune" {
			command = append(command, "--overwrite")
		}
		if name == "certify" {
			certificate := filepath.Join(dir, "c.jsonl")
			text, err := os.ReadFile(certificate)
			require.NoError(t, err)
			require.Contains(t, string(text), `"left_out":1`)
			succeed(t, "audit", certificate, "--depth", "full", "--model", model, "--data", images)
			command[len(command)-1] += "2"
		}
		if name == "linprobe" {
			continue
		}
		code, _, errs = dmaeRun(t, append(command, "--max-corrupt", "0")...)
		require.Equal(t, exitFailed, code, name)
		require.Regexp(t, "more than 0 .*the last one seen.*the image .* cannot be decoded", errs, name)
	}
}

// pngOf returns the file of a black picture.
func pngOf(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))))
	return b.Bytes()
}

// writeAt writes a file and the folders above it.
func writeAt(t *testing.T, path string, b []byte) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
	require.NoError(t, os.WriteFile(path, b, 0o666))
}
