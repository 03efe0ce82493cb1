package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae/data"
)

// dry runs a dry run and returns its output.
func dry(t *testing.T, args ...string) dryRun {
	t.Helper()
	var d dryRun
	require.NoError(t, json.Unmarshal([]byte(succeed(t, append(args, "--dry-run", "--json")...)), &d))
	return d
}

// Every recipe sets only flags of its command, and its dry run needs no data.
func TestRecipesAreFlags(t *testing.T) {
	k, err := kong.New(&cli{}, flagDefaults)
	require.NoError(t, err)
	for _, r := range recipes {
		known := map[string]bool{}
		for _, node := range k.Model.Children {
			for _, group := range node.AllFlags(false) {
				for _, f := range group {
					known[node.Name+" "+f.Name] = true
				}
			}
		}
		for name := range r.flags {
			require.True(t, known[r.command+" "+name], "%s %s: --%s", r.command, r.name, name)
		}
		d := dry(t, r.command, "--recipe", r.name)
		require.Equal(t, r.model, d.Model.Name)
		require.Equal(t, r.images/d.Values.Batch*d.Values.Epochs, d.Plan.Steps)
		require.Contains(t, succeed(t, r.command, "--help"), r.name)
	}
}

// Values of the paper and its code, sampled.
func TestRecipeValues(t *testing.T) {
	d := dry(t, "pretrain", "--recipe", "official-imagenet-b")
	require.Equal(t, 4096, d.Values.Batch)
	require.InEpsilon(t, 1.5e-4*16, d.Values.LR, 1e-15)
	require.Equal(t, 1100, d.Values.Epochs)
	require.Equal(t, 0.95, d.Values.Beta2)
	require.Equal(t, 0.2, d.Values.CropMin)
	require.Equal(t, 1281167%4096, d.Plan.LeftOut)
	require.Len(t, d.Plan.Groups, 2)
	require.Equal(t, 0.0, d.Plan.Curve[0].LR, "the first step of the warm-up")

	d = dry(t, "finetune", "--recipe", "official-imagenet-b")
	require.Equal(t, 2e-3, d.Values.LR)
	require.Equal(t, 0.8, d.Values.Mix.Mixup)
	require.Equal(t, "rand-m9-mstd0.5-inc1", d.Values.AutoAugment)
	require.Zero(t, d.Values.EraseProb, "the official code never applies it")
	require.Equal(t, "default", d.Values.Consistency)
	require.Equal(t, 0.5, d.Values.Eta)
	require.Equal(t, 1000, d.Model.Classes)
	require.Equal(t, 0.1, d.Model.DropPath)
	require.Len(t, d.Plan.Groups, 2*14)
	require.InEpsilon(t, 0.003697205891018715, d.Plan.Groups[0].LRScale, 1e-14)
	require.Equal(t, 86567656, d.Plan.Parameters, "timm's vit_base_patch16_224")

	d = dry(t, "finetune", "--recipe", "official-imagenet-l")
	require.Empty(t, d.Values.Consistency)
	require.Equal(t, 0.75, d.Values.LayerDecay)
	require.Equal(t, 4e-3, d.Values.LR)
	require.Len(t, d.Plan.Groups, 2*26)

	d = dry(t, "finetune", "--recipe", "official-cifar10-b")
	require.Nil(t, d.Values.Mix)
	require.Equal(t, 32, d.Model.DataSize)
	require.Equal(t, []float64{0.4914, 0.4822, 0.4465}, d.Model.Mean)
}

func TestARecipeForAnotherModelIsNoted(t *testing.T) {
	_, _, stderr := dmaeRun(t, "pretrain", "--recipe", "official-imagenet-b", "--model", "dmae_vit_large_patch16", "--dry-run", "--json")
	require.Contains(t, stderr, "official-imagenet-b is for dmae_vit_base_patch16")
	_, _, stderr = dmaeRun(t, "pretrain", "--recipe", "official-imagenet-b", "--dry-run", "--json")
	require.Empty(t, stderr)
}

func TestLinprobeRecipe(t *testing.T) {
	d := dry(t, "linprobe", "--recipe", "official-imagenet-b")
	require.Equal(t, 16384, d.Values.Batch)
	require.Equal(t, 512, d.Values.BatchNorm)
	require.InEpsilon(t, 6.4, d.Values.LR, 1e-15)
	require.False(t, d.Model.GlobalPool)
	require.Equal(t, 1000*768+1000, d.Plan.Parameters)
}

func TestSingleFlagsOverrideARecipe(t *testing.T) {
	d := dry(t, "finetune", "--recipe", "official-imagenet-b", "--sigma", "1", "--epochs", "7", "--batch-size", "16",
		"--mixup", "0", "--cutmix", "0", "--no-flip")
	require.Equal(t, 0.1, d.Values.Eta, "at sigma 1")
	require.Equal(t, 7, d.Values.Epochs)
	require.Equal(t, 1024, d.Values.Batch)
	require.Equal(t, 16, d.Micro)
	require.Nil(t, d.Values.Mix)
	require.False(t, d.Values.Flip)
	d = dry(t, "finetune", "--recipe", "official-imagenet-b", "--sigma", "1", "--reg-eta", "0.3", "--accum-iter", "2", "--lr", "0.5", "--no-con-reg")
	require.Zero(t, d.Values.Eta)
	require.Equal(t, 64, d.Values.Batch, "32 times an explicit --accum-iter")
	require.Equal(t, 0.5, d.Values.LR)
	require.Empty(t, d.Values.Consistency)
	d = dry(t, "finetune", "--recipe", "official-imagenet-b", "--mixup-mode", "elem", "--aa", "none", "--color-jitter", "0.4")
	require.Equal(t, data.MixElem, d.Values.Mix.Mode)
	require.Equal(t, 0.4, d.Values.ColorJitter)
	require.Empty(t, d.Values.AutoAugment)
	text := succeed(t, "finetune", "--recipe", "official-imagenet-b", "--mixup-mode", "pair", "--dry-run")
	require.Contains(t, text, `"mode":"pair"`)
	for args, want := range map[string]string{
		"--color-jitter 0.4":          "the colour jitter 0.4 cannot be used: it takes the place of RandAugment, here rand-m9-mstd0.5-inc1; leave out one of them",
		"--mixup-mode half":           "--mixup-mode must be one of",
		"--aa none --color-jitter=-1": "the colour jitter -1 cannot be used: use a positive number",
	} {
		code, _, stderr := dmaeRun(t, append([]string{"finetune", "--recipe", "official-imagenet-b", "--dry-run"}, strings.Fields(args)...)...)
		require.Equal(t, exitMisuse, code, args)
		require.Contains(t, stderr, want)
	}
}

func TestDryRunWithDataDrawsTheRates(t *testing.T) {
	dir := t.TempDir()
	out := succeed(t, "pretrain", "--data", "builtin:fashion-mnist", "--max-images", "640", "--epochs", "4", "--warmup-epochs", "1", "--dry-run", "--out", dir)
	require.Contains(t, out, "10 steps per epoch (0 images left out of each), 40 steps in total, 10 of them warm-up")
	require.Contains(t, out, "step 40, epoch 4")
	require.Contains(t, out, "cls_token")
	png, err := os.ReadFile(filepath.Join(dir, "lr.png"))
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(png), "\x89PNG"))
	svg := filepath.Join(dir, "curve.svg")
	succeed(t, "pretrain", "--recipe", "official-imagenet-b", "--dry-run", "--lr-curve", svg)

	// A dry run reports the same errors about images to evaluate on as the run.
	training, other := filepath.Join(pets(t, "cat", "dog"), "test"), filepath.Join(pets(t, "cat", "wolf"), "test")
	both := t.TempDir()
	require.NoError(t, os.Rename(training, filepath.Join(both, "train")))
	require.NoError(t, os.Rename(other, filepath.Join(both, "test")))
	for _, stage := range []string{"finetune", "linprobe"} {
		code, _, stderr := dmaeRun(t, stage, "--data", both, "--model", "dmae_vit_micro_patch4_8", "--epochs", "1", "--warmup-epochs", "0", "--batch-size", "4", "--dry-run")
		require.Equal(t, 1, code, stderr)
		require.Contains(t, stderr, `wolf`)
	}
	text, err := os.ReadFile(svg)
	require.NoError(t, err)
	require.Contains(t, string(text), "<svg")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2, "nothing was trained")
}

func TestRecipeMistakes(t *testing.T) {
	for args, want := range map[string]string{
		"pretrain --recipe best --dry-run":                                              "official-imagenet-b",
		"finetune --recipe official-imagenet-b":                                         "missing flags: --data=DATA, --out=DIR",
		"finetune --dry-run":                                                            "--finetune",
		"pretrain --dry-run":                                                            "--data",
		"pretrain --recipe official-imagenet-b --dry-run --batch-size 48":               "--effective-batch 4096",
		"pretrain --recipe official-imagenet-b --dry-run --lr-curve x.bmp":              "x.bmp",
		"pretrain --data builtin:fashion-mnist --out x --lr-curve x.png":                "--dry-run",
		"finetune --recipe official-imagenet-b --dry-run --cutmix-minmax 0.1":           "--cutmix-minmax",
		"finetune --recipe official-imagenet-b --dry-run --num-noise-sample 1":          "noisy copies 1",
		"finetune --recipe official-imagenet-b --dry-run --aa rand-q3":                  "q3",
		"finetune --recipe official-imagenet-b --dry-run --reprob 2":                    "probability 2",
		"finetune --recipe official-imagenet-b --dry-run --mixup=-1":                    "mixup -1",
		"pretrain --data x --out y --effective-batch 64 --batch-size 16 --accum-iter 8": "--accum-iter 8",
	} {
		code, _, stderr := dmaeRun(t, strings.Fields(args)...)
		require.Equal(t, exitMisuse, code, "%s: %s", args, stderr)
		require.Contains(t, stderr, want, args)
	}
}

// docs/recipes.md shows the program's own table.
func TestDocumentationShowsTheRecipes(t *testing.T) {
	text, err := os.ReadFile("../../docs/recipes.md")
	require.NoError(t, err)
	const begin, end = "<!-- recipes -->\n", "<!-- /recipes -->"
	from, to := strings.Index(string(text), begin), strings.Index(string(text), end)
	require.True(t, from >= 0 && to > from, "docs/recipes.md has no marks around its table")
	require.Equal(t, recipesTable(), string(text)[from+len(begin):to])
}
