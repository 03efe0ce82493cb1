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

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/certify"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/internal/printable"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// certifiable writes a folder of images of two classes, of which some cannot be
// decoded, and a model for them, and returns the flags for both.
func certifiable(t *testing.T, dir string, broken ...int) []string {
	t.Helper()
	b := testbackend.New(t)
	cfg, err := dmae.Preset("dmae_vit_micro_patch4_8")
	require.NoError(t, err)
	cfg.Classes, cfg.ClassNames = 2, []string{"cat", "dog"}
	model, err := dmae.NewClassifier(b, cfg)
	require.NoError(t, err)
	model.InitScratch(1)
	require.NoError(t, os.MkdirAll(dir, 0o777))
	path := filepath.Join(dir, "m.safetensors")
	require.NoError(t, model.Save(path))
	for i := range 12 {
		folder := filepath.Join(dir, "photos", "test", cfg.ClassNames[i/6])
		require.NoError(t, os.MkdirAll(folder, 0o777))
		img := image.NewGray(image.Rect(0, 0, 8, 8))
		for p := range img.Pix {
			img.Pix[p] = uint8(p * (i + 3))
		}
		var file bytes.Buffer
		require.NoError(t, png.Encode(&file, img))
		for _, b := range broken {
			if b == i {
				file.Truncate(file.Len() / 2)
			}
		}
		require.NoError(t, os.WriteFile(filepath.Join(folder, fmt.Sprintf("%02d.png", i)), file.Bytes(), 0o666))
	}
	return []string{"--model", path, "--data", filepath.Join(dir, "photos")}
}

var few = []string{"--n", "40", "--n0", "5", "--skip", "2"}

// findLine returns the header of a certificate and the line of an image.
func findLine(path string, index int) (certificate.Header, certificate.Record, error) {
	f, err := os.Open(path)
	if err != nil {
		return certificate.Header{}, certificate.Record{}, err
	}
	defer f.Close()
	return certificate.Find(f, index)
}

func joined(lists ...[]string) []string {
	var all []string
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// An audit of a certificate finds the commitment that was made before the
// round, and the printed command writes this certificate.
func TestCommitThenCertify(t *testing.T) {
	dir := t.TempDir()
	set := certifiable(t, dir, 4)
	out := filepath.Join(dir, "it's.jsonl")
	said := succeed(t, joined([]string{"certify", "--out", out, "--commit", "--beacon", "drand:4000000000"}, few, set)...)
	require.NoFileExists(t, out)
	require.Contains(t, said, "6 of 12, every 2nd, 1 of them left out")
	require.Contains(t, said, "round 4000000000 comes at 2403-11-28 12:29:24 UTC (chain quicknet, 52db9ba7")
	lines := strings.Split(strings.TrimSpace(said), "\n")
	require.Equal(t, "dmae certify --out '"+strings.ReplaceAll(out, "'", `'\''`)+"' --beacon drand:4000000000:VALUE "+strings.Join(joined(few, set), " "), lines[len(lines)-1])
	c := strings.Fields(lines[0])[2]
	var p promise
	require.NoError(t, json.Unmarshal([]byte(succeed(t, joined([]string{"certify", "--json", "--out=" + out, "--commit", "--beacon=drand:4000000000"}, few, set)...)), &p))
	require.Equal(t, c, p.Commitment.String())
	require.Contains(t, p.Command, " --beacon=drand:4000000000:VALUE ")

	value := strings.Repeat("C0", 32)
	code, _, stderr := dmaeRun(t, joined([]string{"certify", "--out", out, "--beacon", "drand:4000000000:" + value}, few, set)...)
	require.Equal(t, exitDone, code, stderr)
	const early = "drand's round 4000000000 is published only at 2403-11-28 12:29:24 UTC: its value is not known yet, so this one is invented"
	require.Equal(t, 1, strings.Count(stderr, early), stderr)
	code, _, stderr = dmaeRun(t, "audit", out)
	require.Equal(t, exitDone, code)
	require.Equal(t, 1, strings.Count(stderr, early), stderr)
	report := succeed(t, joined([]string{"audit", out, "--depth", "full"}, set)...)
	require.Contains(t, report, "commitment C "+c+"\n")
	require.Contains(t, report, "derived from round 4000000000: free of choice if commitment C was public before it")
	require.Contains(t, report, "images 6 of 12, every 2nd: ")
	require.Contains(t, report, "1 left out (cannot be decoded)")
	code, other, _ := dmaeRun(t, joined([]string{"certify", "--out", out, "--commit", "--beacon", "drand:4000000000", "--alpha", "0.01"}, few, set)...)
	require.Equal(t, exitDone, code)
	require.NotContains(t, other, c)

	_, _, stderr = dmaeRun(t, joined([]string{"certify", "--out", out, "--commit", "--beacon", "drand:7"}, few, set)...)
	require.Contains(t, stderr, "round 7 was already published at 2023-08-23 15:09:45 UTC: a commitment that is published now proves nothing")
	for args, want := range map[string]string{
		"--commit":                                "--commit needs --beacon drand:ROUND",
		"--beacon drand:7":                        "has no value",
		"--beacon drand:7:" + value:               "",
		"--beacon drand:7:" + value + " --seed 3": "does not go with a --seed that is a number",
		"--commit --beacon drand:7:" + value:      "is made before the round",
		"--beacon drand:x":                        "is not of the form drand:ROUND:VALUE",
		"--seed six":                              `"six" is not a seed: give derived, random, or an integer`,
		"--commit --beacon drand:7 --shard 1/2":   "does not go with --commit",
		"--seed random --shard 1/2":               "does not go with --seed random",
	} {
		code, _, stderr := dmaeRun(t, joined([]string{"certify", "--out", filepath.Join(dir, "x")}, few, set, strings.Fields(args))...)
		if want == "" {
			require.Equal(t, exitDone, code, stderr)
			continue
		}
		require.Equal(t, exitMisuse, code, args)
		require.Contains(t, stderr, want)
	}
}

// Broken images are counted in the certificate, in shards, after a merge, under
// another path, and by an audit. The lines of the other images are the same as
// without them.
func TestCertifyLeavesOutBrokenImages(t *testing.T) {
	dir := t.TempDir()
	set := certifiable(t, filepath.Join(dir, "a"), 4, 9)
	moved := certifiable(t, filepath.Join(dir, "b"), 4, 9)
	whole := certifiable(t, filepath.Join(dir, "whole"))
	in := func(name string) string { return filepath.Join(dir, name) }
	n := []string{"--n", "40", "--n0", "5"}
	code, _, stderr := dmaeRun(t, joined([]string{"certify", "--out", in("c.jsonl")}, n, set)...)
	require.Equal(t, exitDone, code)
	require.Contains(t, stderr, "left out (image 4, 1 of at most 10): the image test/cat/04.png cannot be decoded")
	cert, err := os.ReadFile(in("c.jsonl"))
	require.NoError(t, err)
	require.Contains(t, string(cert), `"lines":12,"left_out":2`)
	require.Contains(t, string(cert), `{"kind":"left-out","image":9,"reason":"undecodable","file":"`)
	succeed(t, joined([]string{"certify", "--out", in("whole.jsonl")}, n, whole)...)
	all, err := os.ReadFile(in("whole.jsonl"))
	require.NoError(t, err)
	a, b := strings.Split(string(cert), "\n"), strings.Split(string(all), "\n")
	for i := range 12 {
		if i != 4 && i != 9 {
			require.Equal(t, b[i+1], a[i+1])
		}
	}
	var shards []string
	for i := range 3 {
		shards = append(shards, in(fmt.Sprintf("s%d.jsonl", i)))
		from := [][]string{set, moved}[i%2]
		succeed(t, joined([]string{"certify", "--out", shards[i], "--shard", fmt.Sprintf("%d/3", i+1)}, n, from)...)
	}
	succeed(t, append([]string{"merge", in("all")}, shards...)...)
	merged, err := os.ReadFile(in("all.jsonl"))
	require.NoError(t, err)
	require.Equal(t, string(cert), string(merged))

	require.Contains(t, succeed(t, joined([]string{"audit", in("c.jsonl"), "--depth", "full"}, moved)...), "images all 12: ")
	code, out, stderr := dmaeRun(t, joined([]string{"audit", in("c.jsonl"), "--depth", "sample"}, whole)...)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "image 4: it was left out because it cannot be decoded, but here it can")
	require.Contains(t, out, "is NOT intact")
	require.Contains(t, out, "of the 4 read before the first difference\n")
	code, _, stderr = dmaeRun(t, joined([]string{"audit", in("whole.jsonl"), "--depth", "sample"}, set)...)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "image 4: it cannot be decoded here: ")

	code, _, stderr = dmaeRun(t, joined([]string{"certify", "--max-corrupt", "1", "--out", in("few.jsonl")}, n, set)...)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "more than 1 images cannot be used, the last one seen is image 9: the image test/dog/09.png cannot be decoded")
	require.Contains(t, stderr, "--max-corrupt leaves out more of them")
	_, _, err = findLine(in("c.jsonl"), 9)
	require.ErrorContains(t, err, "image 9 was left out because it cannot be decoded")
}

// An audit at any depth reads a pipe, which can be read only once. Its text has
// the seeds, alpha and the parameters that are not the default.
func TestAuditReadsAPipe(t *testing.T) {
	dir := t.TempDir()
	set := certifiable(t, dir)
	path := filepath.Join(dir, "c.jsonl")
	succeed(t, joined([]string{"certify", "--out", path, "--alpha", "0.999", "--seed", "5"}, few, set)...)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	stdin := os.Stdin
	defer func() { os.Stdin = stdin }()
	for _, depth := range []string{"arithmetic", "sample", "full"} {
		r, w, err := os.Pipe()
		require.NoError(t, err)
		go func() {
			w.Write(text)
			w.Close()
		}()
		os.Stdin = r
		args := []string{"audit", "-", "--depth", depth, "--pick-seed", "123456789"}
		if depth != "arithmetic" {
			args = append(args, set...)
		}
		out := succeed(t, args...)
		require.Contains(t, out, "standard input is intact at depth "+depth+": 6 images")
		require.Contains(t, out, "alpha 0.999")
		require.Contains(t, out, "seed 5: seed chosen by whoever ran this")
		require.Contains(t, out, "images 6 of 12, every 2nd")
		require.Contains(t, out, "alpha 0.999 (default 0.001)")
		require.Equal(t, depth == "sample", strings.Contains(out, "--pick-seed 123456789"))
	}
}

// Names of files, and names in files, are printed without control characters.
func TestNamesAreMadePrintable(t *testing.T) {
	require.Equal(t, `a\x1b[31m é\u202e\xff 猫`, printable.Text("a\x1b[31m é\u202e\xff 猫"))
	dir := t.TempDir()
	set := certifiable(t, filepath.Join(dir, "x\x1b[31m"))
	path := filepath.Join(dir, "c\x1b[31m.jsonl")
	code, out, stderr := dmaeRun(t, joined([]string{"certify", "--out", path}, few, set)...)
	require.Equal(t, exitDone, code, stderr)
	require.NotContains(t, out+stderr, "\x1b[31m")
	code, out, stderr = dmaeRun(t, "audit", path)
	require.Equal(t, exitDone, code, stderr)
	require.Contains(t, out, `c\x1b[31m.jsonl is intact`)
	require.NotContains(t, out+stderr, "\x1b[31m")
	_, out, stderr = dmaeRun(t, "audit", path+".lost")
	require.NotContains(t, out+stderr, "\x1b[31m")
}

// The defaults of the flags are those with which an audit compares.
func TestDefaultsAreThoseOfAnAudit(t *testing.T) {
	dir := t.TempDir()
	set := certifiable(t, dir)
	for _, m := range bound.Methods() {
		args := []string{"certify", "--commit", "--beacon", "drand:4000000000", "--json", "--method", string(m), "--out", filepath.Join(dir, "d")}
		var p promise
		require.NoError(t, json.Unmarshal([]byte(succeed(t, joined(args, set)...)), &p))
		b := testbackend.New(t)
		model, err := dmae.LoadClassifier(b, filepath.Join(dir, "m.safetensors"))
		require.NoError(t, err)
		params := certificate.Defaults(m)
		params.Derived.Beacon = "drand:4000000000"
		source, err := data.Open(filepath.Join(dir, "photos"), data.Options{Split: data.Test, Channels: model.Config.Channels})
		require.NoError(t, err)
		about, err := certify.New(model, source, params, certify.Options{Batch: 1})
		require.NoError(t, err)
		subject, err := about.Subject()
		require.NoError(t, err)
		c, err := certificate.NewCommitment(certificate.NewHeader(about.Params(), 2, subject))
		require.NoError(t, err)
		for i := range subject.Images.All() {
			require.NoError(t, c.Add(about.Describe(i)))
		}
		require.Equal(t, c.Digest(), p.Commitment, m)
	}
}

// Flags that are not given have the values that an audit regards as the
// default.
func TestDefaultsOfCertifyAreThoseOfAnAudit(t *testing.T) {
	for _, m := range bound.Methods() {
		var c cli
		k, err := kong.New(&c, flagDefaults)
		require.NoError(t, err)
		_, err = k.Parse([]string{"certify", "--data", "d", "--model", "m", "--out", "o", "--method", string(m)})
		require.NoError(t, err)
		got, err := c.Certify.params()
		require.NoError(t, err)
		want := certificate.Defaults(m)
		require.True(t, c.Certify.Seed.Derived)
		require.Equal(t, want.Sound, c.Certify.Sound)
		require.Equal(t, want.AccuracyOnly, c.Certify.Accuracy)
		want.Derived, got.Sound = nil, want.Sound
		require.Equal(t, want, got)
	}
}
