package main

import (
	"html"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/smooth/certificate"
)

// explained runs dmae explain and returns the page.
func explained(t *testing.T, args ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "page.html")
	succeed(t, append([]string{"explain", "--out", out}, args...)...)
	page, err := os.ReadFile(out)
	require.NoError(t, err)
	return string(page)
}

// words splits the command line that a page prints.
func words(t *testing.T, page string) []string {
	t.Helper()
	found := regexp.MustCompile(`(?s)<pre>dmae explain (.*?)</pre>`).FindStringSubmatch(page)
	require.Len(t, found, 2)
	var line []string
	for _, w := range regexp.MustCompile(`('[^']*'|\\'|[^ '])+`).FindAllString(html.UnescapeString(found[1]), -1) {
		w = strings.ReplaceAll(w, `'\''`, "\x00")
		line = append(line, strings.ReplaceAll(strings.ReplaceAll(w, "'", ""), "\x00", "'"))
	}
	return line
}

// The command on a page writes the same page again: it has the seed from the
// operating system, and every parameter.
func TestThePageIsMadeAgainByItsCommand(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "it's here")
	require.NoError(t, os.Mkdir(dir, 0o777))
	in := func(name string) string { return filepath.Join(dir, name) }
	b := testbackend.New(t)
	cfg, err := dmae.Preset("dmae_vit_micro_patch4_8")
	require.NoError(t, err)
	cfg.Classes, cfg.ClassNames = 10, nil
	model, err := dmae.NewClassifier(b, cfg)
	require.NoError(t, err)
	model.InitScratch(1)
	require.NoError(t, model.Save(in("m.safetensors")))
	f, err := os.Create(in("x.png"))
	require.NoError(t, err)
	img := image.NewGray(image.Rect(0, 0, 28, 28))
	for i := range img.Pix {
		img.Pix[i] = uint8(3 * i)
	}
	img.SetGray(3, 3, color.Gray{255})
	require.NoError(t, png.Encode(f, img))
	require.NoError(t, f.Close())

	quick := []string{"--model", in("m.safetensors"), "--steps", "1", "--samples", "2", "--answers", "20", "--n0", "10", "--others", "0.5"}
	var seeds []string
	for _, args := range [][]string{
		{"--method", "cohen", "--n", "40", "--no-sound", "--seed", "random"},
		{"--method", "randomised", "--n", "40"},
		{"--method", "runner-up", "--n", "40", "--alpha", "0.01", "--seed", "random"},
		{"--method", "anytime", "--max-samples", "160", "--target-radius", "0.1", "--futility", "0.2"},
	} {
		page := explained(t, append(append([]string{in("x.png")}, quick...), args...)...)
		again := words(t, page)
		require.Contains(t, again, "--seed")
		require.Equal(t, page, explained(t, again...), args[1])
		seeds = append(seeds, again[slices.Index(again, "--seed")+1])
	}
	require.NotEqual(t, seeds[0], seeds[2], "the operating system gives another seed each time")
	require.Equal(t, "derived", seeds[1], "by default no seed is chosen")

	// So is the page of a line of a certificate, which shows its numbers.
	certificate := in("c.jsonl")
	data := []string{"--data", "builtin:fashion-mnist"}
	for _, method := range []string{"runner-up", "anytime"} {
		args := append([]string{"certify", "--model", in("m.safetensors"), "--method", method, "--sigma", "0.3", "--n0", "10", "--skip", "7", "--max", "3", "--out", certificate}, data...)
		if method == "anytime" {
			args = append(args, "--max-samples", "160", "--radii", "0.1,0.2")
		} else {
			args = append(args, "--n", "60")
		}
		succeed(t, args...)
		header, rec, err := findLine(certificate, 14)
		require.NoError(t, err)
		line := append([]string{"--certificate", certificate, "--index", "14", "--model", in("m.safetensors"), "--steps", "0", "--others", "0.5"}, data...)
		page := explained(t, line...)
		require.Contains(t, page, "a line of the certificate c.jsonl")
		require.Contains(t, page, "method "+method+", noise gaussian-u8 (whole steps of 8-bit pixels) with sigma = 0.3, seed "+seedText(header)+", image index 14")
		if rec.Predict >= 0 {
			require.Contains(t, page, rec.Radius.String())
		}
		require.Equal(t, page, explained(t, words(t, page)...))

		_, _, err = findLine(certificate, 15)
		require.ErrorContains(t, err, "no line for image 15: it has 3 lines, from image 0 to image 14")
		model.InitScratch(2)
		require.NoError(t, model.Save(in("other.safetensors")))
		code, _, stderr := dmaeRun(t, append([]string{"explain", "--certificate", certificate, "--index", "14", "--model", in("other.safetensors")}, data...)...)
		require.Equal(t, exitFailed, code)
		require.Contains(t, stderr, "is about the model")
		require.NoError(t, os.Remove(certificate))
	}
}

func seedText(h certificate.Header) string {
	text, _ := h.Seed.MarshalText()
	return string(text)
}
