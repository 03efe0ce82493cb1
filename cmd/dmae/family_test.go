//go:build unix

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/internal/patchmlp"
)

// With a second family registered, every command that reads a classifier works
// on its models. Without the family, the program reports that it is unknown.
func TestCommandsOnAnotherFamily(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	model, certificate := in("finetune/checkpoint.safetensors"), in("c.jsonl")
	images := []string{"--data", "builtin:fashion-mnist"}
	few := []string{"--max-images", "64", "--batch-size", "16", "--epochs", "2", "--warmup-epochs", "1"}
	for _, args := range [][]string{
		joined([]string{"finetune", "--model", "patch_mlp_28", "--eval-split", "none", "--out", in("finetune")}, images, few),
		joined([]string{"finetune", "--model", "patch_mlp_28", "--eval-split", "none", "--out", in("finetune"), "--resume", "auto"}, images, few),
		joined([]string{"linprobe", "--finetune", model, "--eval-split", "none", "--out", in("probe")}, images, few),
		joined([]string{"eval", "--model", model, "--max", "50"}, images),
		joined([]string{"eval", "--model", in("probe/checkpoint.safetensors"), "--max", "50"}, images),
		joined([]string{"certify", "--model", model, "--max", "3", "--n0", "10", "--n", "100", "--out", certificate}, images),
		joined([]string{"audit", "--depth", "full", "--model", model, certificate}, images),
		joined([]string{"explain", "--model", model, "--certificate", certificate, "--index", "1", "--steps", "2", "--samples", "4", "--answers", "50", "--out", in("page.html")}, images),
		{"inspect", model},
		{"convert", model, in("m.pth")},
		{"convert", in("m.pth"), in("back.safetensors")},
		joined([]string{"eval", "--model", in("back.safetensors"), "--max", "50"}, images),
		{"gradcheck"},
	} {
		child, stderr := program(t, args...)
		child.Env = append(os.Environ(), mainEnv+"="+patchmlp.Name)
		out, err := child.Output()
		require.NoError(t, err, "%v\n%s%s", args, out, stderr)
	}
	code, _, stderr := dmaeRun(t, joined([]string{"eval", "--model", model}, images)...)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, `family is "patch-mlp", and this program knows the Vision Transformer and no other`)
}
