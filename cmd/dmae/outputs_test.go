package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/train"
	"github.com/godmae/godmae/nn/checkpoint"
)

// trainTiny trains the smallest model on embedded images, each epoch of 4 steps.
func trainTiny(t *testing.T, command, out string, more ...string) (stdout, stderr string) {
	t.Helper()
	code, stdout, stderr := dmaeRun(t, append([]string{command, "--data", "builtin:fashion-mnist", "--model", "dmae_vit_micro_patch4_8",
		"--max-images", "64", "--batch-size", "16", "--epochs", "3", "--warmup-epochs", "1", "--out", out}, more...)...)
	require.Equal(t, exitDone, code, stderr)
	return stdout, stderr
}

func TestValidationImagesChooseTheBestModel(t *testing.T) {
	dir := t.TempDir()
	out, notes := trainTiny(t, "finetune", dir, "--val-fraction", "0.002", "--json", "--keep", "2", "--ema", "0.9")
	require.Contains(t, notes, "images of the split val")
	var result struct {
		Last train.Entry
		Best train.Best
	}
	require.NoError(t, json.Unmarshal([]byte(out), &result))
	require.Equal(t, "val", result.Last.EvalSplit)
	require.NotNil(t, result.Last.TestAcc5)
	require.Equal(t, *result.Last.BestEpoch, result.Best.Epoch)
	for name, want := range map[string]bool{
		"best.safetensors": true, "checkpoint.safetensors": true, "log.txt": true, train.EventsName: true,
		"checkpoint-0.safetensors": false, "checkpoint-1.safetensors": true, "checkpoint-2.safetensors": true,
	} {
		_, err := os.Stat(filepath.Join(dir, name))
		require.Equal(t, want, err == nil, name)
	}
	text := succeed(t, "eval", "--data", "builtin:fashion-mnist", "--val-fraction", "0.002", "--split", "val", "--model", filepath.Join(dir, "best.safetensors"), "--json")
	var e struct{ Noisy_accuracy float64 }
	require.NoError(t, json.Unmarshal([]byte(text), &e))
	require.Equal(t, result.Best.Acc1, 100*e.Noisy_accuracy)

	// inspect says which weights are the model, also for a converted PyTorch
	// file.
	whole, pth := filepath.Join(dir, "checkpoint.safetensors"), filepath.Join(dir, "x.pth")
	succeed(t, "convert", whole, pth)
	for _, path := range []string{whole, pth} {
		require.Contains(t, succeed(t, "inspect", path), "weights: the model is a moving average")
	}
	require.NotContains(t, succeed(t, "inspect", filepath.Join(dir, "best.safetensors")), "weights:")
}

// writeFolder makes a folder of 8 training and 4 test images in two classes.
func writeFolder(t *testing.T, dir string) {
	for i := range 12 {
		im := image.NewGray(image.Rect(0, 0, 8, 8))
		for j := range im.Pix {
			im.Pix[j] = byte(i*37 + j*(1+i%2))
		}
		split := "train"
		if i >= 8 {
			split = "test"
		}
		folder := filepath.Join(dir, split, []string{"even", "odd"}[i%2])
		require.NoError(t, os.MkdirAll(folder, 0o777))
		var b bytes.Buffer
		require.NoError(t, png.Encode(&b, im))
		require.NoError(t, os.WriteFile(filepath.Join(folder, fmt.Sprint(i)+".png"), b.Bytes(), 0o666))
	}
}

func TestTestImagesChooseNothing(t *testing.T) {
	dir := t.TempDir()
	images := filepath.Join(dir, "images")
	writeFolder(t, images)
	args := []string{"finetune", "--data", images, "--model", "dmae_vit_micro_patch4_8", "--epochs", "1", "--warmup-epochs", "0", "--batch-size", "4", "--log-dir=", "--out", filepath.Join(dir, "out")}
	code, stdout, notes := dmaeRun(t, args...)
	require.Equal(t, exitDone, code, notes)
	require.Contains(t, notes, "of the split test: there will be no best.safetensors")
	require.Contains(t, stdout, "test accuracy")
	require.NoFileExists(t, filepath.Join(dir, "out", "best.safetensors"))
	require.NoFileExists(t, filepath.Join(dir, "out", train.EventsName), "--log-dir= writes none")
}

func TestMeanAndStdTravelInTheCheckpoint(t *testing.T) {
	dir := t.TempDir()
	trainTiny(t, "pretrain", dir, "--mean", "0.25", "--std", "0.5", "--log-dir", filepath.Join(dir, "events"))
	require.FileExists(t, filepath.Join(dir, "events", train.EventsName))
	f, err := checkpoint.Open(filepath.Join(dir, "checkpoint.safetensors"))
	require.NoError(t, err)
	defer f.Close()
	_, c, err := dmae.Describe(f)
	require.NoError(t, err)
	require.Equal(t, []float64{0.25}, c.Mean)
	require.Equal(t, []float64{0.5}, c.Std)
}

func TestMistakesInOutputs(t *testing.T) {
	out := t.TempDir()
	for _, c := range []struct{ args, want string }{
		{"--backend cuda", "this program has cpu, ref, vulkan"},
		{"--precision bf16", "computes in f32"},
		{"--mean 0.5,0.5,0.5", "--mean has 3 values"},
		{"--std 0", "standard deviation of channel 0"},
		{"--keep=-1", "--keep -1"},
		{"--ema 1", "moving average 1"},
	} {
		args := append([]string{"pretrain", "--data", "builtin:fashion-mnist", "--out", out}, strings.Fields(c.args)...)
		code, _, stderr := dmaeRun(t, args...)
		require.Equal(t, exitMisuse, code, stderr)
		require.Contains(t, stderr, c.want)
		require.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
	}
}

func TestProgressOfTraining(t *testing.T) {
	var log bytes.Buffer
	report, done := trainingProgress(&env{stderr: &log}, "pretrain")
	report(train.Progress{Epochs: 1, Step: 1, Steps: 2, Batch: 8, Waited: 5})
	report(train.Progress{Epochs: 1, Step: 2, Steps: 2, Batch: 8, Waited: 6, GradNorm: 1.25})
	done()
	require.Regexp(t, `^pretrain: 16/16 images, .* images/s, took 0:00, epoch 1/1, loss 0.0000, lr 0.00e\+00, \|g\| 1.25, \d+% waiting for images\n$`, log.String())
}
