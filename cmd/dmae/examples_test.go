package main

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/internal/testbackend"
)

// examplesOf returns the command lines that the help of a command prints.
func examplesOf(t *testing.T, command string) []string {
	t.Helper()
	text := strings.Join(strings.Fields(succeed(t, "help", command)), " ")
	var lines []string
	for _, part := range strings.Split(text, "Example: dmae ")[1:] {
		line, _, _ := strings.Cut(part, " Arguments: ")
		line, _, _ = strings.Cut(line, " Flags: ")
		lines = append(lines, line)
	}
	require.NotEmpty(t, lines, command)
	return lines
}

// runExample runs a printed command line, with flags that make it small.
func runExample(t *testing.T, line string, smaller ...string) string {
	t.Helper()
	var args []string
	for _, word := range strings.Fields(line) {
		if found, _ := filepath.Glob(word); strings.Contains(word, "*") {
			require.NotEmpty(t, found, word)
			args = append(args, found...)
			continue
		}
		args = append(args, word)
	}
	return succeed(t, append(args, smaller...)...)
}

// The examples in the help of the commands about certificates run and do what
// the help says.
func TestTheExamplesOfTheHelpRun(t *testing.T) {
	t.Chdir(t.TempDir())
	b := testbackend.New(t)
	cfg, err := dmae.Preset("dmae_vit_micro_patch4_8")
	require.NoError(t, err)
	images, err := data.Open(data.FashionMNIST, data.Options{Split: data.Test})
	require.NoError(t, err)
	cfg.Classes, cfg.ClassNames = 10, images.Classes()
	model, err := dmae.NewClassifier(b, cfg)
	require.NoError(t, err)
	model.InitScratch(1)
	require.NoError(t, os.MkdirAll("runs/finetune", 0o777))
	require.NoError(t, model.Save("runs/finetune/checkpoint.safetensors"))
	f, err := os.Create("shoe.png")
	require.NoError(t, err)
	require.NoError(t, png.Encode(f, image.NewGray(image.Rect(0, 0, 28, 28))))
	require.NoError(t, f.Close())

	certify := examplesOf(t, "certify")
	small := []string{"--n", "60", "--n0", "10", "--max", "41"}
	runExample(t, certify[0], small...)
	for i, line := range certify[1:] {
		require.Contains(t, line, "--merge")
		for _, shard := range []string{"1/2", "2/2"} {
			runExample(t, certify[0], append(small, "--seed", "5", "--shard", shard, "--out", "runs/shard-"+shard[:1])...)
		}
		runExample(t, line)
		require.FileExists(t, "runs/all.jsonl", i)
	}
	for _, line := range examplesOf(t, "merge") {
		runExample(t, line)
	}
	for _, line := range examplesOf(t, "audit") {
		require.Contains(t, runExample(t, line), "is intact")
	}
	for _, line := range examplesOf(t, "predict") {
		require.Contains(t, runExample(t, line, "--n", "50"), "shoe.png: ")
	}
	for _, line := range examplesOf(t, "explain") {
		smaller := []string{"--steps", "1", "--samples", "1", "--answers", "10", "--others", "0.5"}
		if !strings.Contains(line, "--certificate") {
			smaller = append(smaller, "--n", "50")
		}
		page := runExample(t, line, smaller...)
		require.FileExists(t, strings.TrimSpace(page))
	}
	// The example of analyze uses files of the quickstart.
	require.NoError(t, os.Mkdir("dmae-quickstart", 0o777))
	for _, name := range []string{"certify", "certify-scratch"} {
		runExample(t, certify[0], append(small, "--out", "dmae-quickstart/"+name)...)
	}
	for _, line := range examplesOf(t, "analyze") {
		require.Regexp(t, regexp.MustCompile(`certify-scratch +\d`), runExample(t, line))
	}
	require.FileExists(t, "curve.png")

	// A shell pattern also matches the timing files.
	require.Equal(t, succeed(t, "analyze", "runs/certify.jsonl", "runs/shard-1.jsonl"),
		succeed(t, "analyze", "runs/certify.jsonl", "runs/certify.timing.jsonl", "runs/shard-1.jsonl", "runs/shard-1.timing.jsonl"))
	code, _, stderr := dmaeRun(t, "analyze", "runs/certify.timing.jsonl")
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "holds the times of a certificate, which are read with it: give runs/certify.jsonl")
}
