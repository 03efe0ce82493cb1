package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// recipe is a set of flag values with a name. --recipe fills in the flags that
// the command line does not set.
type recipe struct {
	name    string
	command string
	about   string

	// The model and the data of a dry run without data or checkpoint.
	model           string
	images, classes int

	flags map[string]string
}

// Values that several recipes share.
var (
	pretrainValues = map[string]string{
		"blr": "1.5e-4", "min-lr": "0", "weight-decay": "0.05", "warmup-epochs": "40", "clip-grad": "0",
		"effective-batch": "4096", "batch-size": "64", "sigma": "0.25", "mask-ratio": "0.75",
		"norm-pix-loss": "true", "norm-pix-eps": "1e-6", "crop-min": "0.2", "flip": "true",
	}
	finetuneValues = map[string]string{
		"blr": "5e-4", "min-lr": "1e-6", "weight-decay": "0.05", "warmup-epochs": "5", "clip-grad": "0",
		"layer-decay": "0.65", "drop-path": "0.1", "smoothing": "0.1", "global-pool": "true", "flip": "true",
	}
	consistencyValues = map[string]string{
		"con-reg": "true", "num-noise-sample": "2", "reg-form": "default", "reg-lbd": "2", "reg-eta": "0.5",
	}
	imageNetValues = map[string]string{
		"effective-batch": "1024", "batch-size": "32", "crop-min": "0.08", "aa": "rand-m9-mstd0.5-inc1", "reprob": "0",
		"mixup": "0.8", "cutmix": "1", "mixup-prob": "1", "mixup-switch-prob": "0.5", "mixup-mode": "batch", "mixup-order": "noise-first", "color-jitter": "0",
	}
	cifarPixels = map[string]string{"mean": "0.4914,0.4822,0.4465", "std": "0.2471,0.2435,0.2616"}
)

// with merges several sets of values; later ones replace earlier ones.
func with(sets ...map[string]string) map[string]string {
	all := map[string]string{}
	for _, s := range sets {
		maps.Copy(all, s)
	}
	return all
}

const (
	imageNetImages = 1281167
	cifarImages    = 50000
	cifarSize      = 32
)

// recipes are those of the paper and its official code.
var recipes = []recipe{
	{"official-imagenet-b", "pretrain", "ViT-B/16 on ImageNet, 1100 epochs", "dmae_vit_base_patch16", imageNetImages, 1000,
		with(pretrainValues, map[string]string{"model": "dmae_vit_base_patch16", "epochs": "1100"})},
	{"official-imagenet-l", "pretrain", "ViT-L/16 on ImageNet, 1600 epochs", "dmae_vit_large_patch16", imageNetImages, 1000,
		with(pretrainValues, map[string]string{"model": "dmae_vit_large_patch16", "epochs": "1600"})},
	{"official-cifar10-b", "pretrain", "pre-training of a ViT-B/16 continued on CIFAR-10 (give --init)", "dmae_vit_base_patch16", cifarImages, 10,
		with(pretrainValues, cifarPixels, map[string]string{
			"model": "dmae_vit_base_patch16", "epochs": "50", "warmup-epochs": "10", "blr": "5e-5", "effective-batch": "512", "crop-min": "0"})},
	{"official-imagenet-b", "finetune", "ViT-B/16 on ImageNet with consistency", "dmae_vit_base_patch16", imageNetImages, 1000,
		with(finetuneValues, imageNetValues, consistencyValues, map[string]string{"epochs": "100"})},
	{"official-imagenet-b-rs", "finetune", "ViT-B/16 on ImageNet, cross-entropy alone", "dmae_vit_base_patch16", imageNetImages, 1000,
		with(finetuneValues, imageNetValues, map[string]string{"epochs": "100"})},
	{"official-imagenet-l", "finetune", "ViT-L/16 on ImageNet", "dmae_vit_large_patch16", imageNetImages, 1000,
		with(finetuneValues, imageNetValues, map[string]string{"epochs": "50", "blr": "1e-3", "layer-decay": "0.75", "drop-path": "0.2"})},
	{"official-cifar10-b", "finetune", "ViT-B/16 on CIFAR-10 with consistency", "dmae_vit_base_patch16", cifarImages, 10,
		with(finetuneValues, consistencyValues, cifarPixels, map[string]string{
			"epochs": "50", "effective-batch": "256", "batch-size": "64", "crop-min": "0", "aa": "none", "mixup": "0", "cutmix": "0"})},
	{"official-imagenet-b", "linprobe", "linear probe of a ViT-B/16 on ImageNet", "dmae_vit_base_patch16", imageNetImages, 1000,
		map[string]string{
			"epochs": "90", "warmup-epochs": "10", "blr": "0.1", "min-lr": "0", "weight-decay": "0", "clip-grad": "0", "momentum": "0.9", "trust": "0.001",
			"effective-batch": "16384", "batch-size": "64", "bn-batch": "512", "crop-min": "0.08", "flip": "true", "global-pool": "false"}},
}

// findRecipe returns a command's recipe, or an error that lists the known ones.
func findRecipe(command, name string) (*recipe, error) {
	var names []string
	for i := range recipes {
		if r := &recipes[i]; r.command == command {
			if r.name == name {
				return r, nil
			}
			names = append(names, r.name)
		}
	}
	return nil, misused("there is no recipe %q for %s; choose one of %s", name, command, strings.Join(names, ", "))
}

// smallEta is the weight of the entropy at sigma 1.
const smallEta = "0.1"

// resolveRecipe gives kong the values of --recipe for flags that the command
// line does not set. Three values depend on flags that it sets. With
// --accum-iter, the recipe's effective batch is not used; with --lr, its base
// rate is not used; and with strong noise, the entropy has a smaller weight.
func resolveRecipe(c *kong.Context, path *kong.Path, flag *kong.Flag) (any, error) {
	if path.Command == nil || flag.Name == "recipe" {
		return nil, nil
	}
	set := map[string]any{}
	for _, p := range c.Path {
		if p.Flag != nil {
			set[p.Flag.Name] = c.FlagValue(p.Flag)
		}
	}
	name, _ := set["recipe"].(string)
	if name == "" {
		return nil, nil
	}
	r, err := findRecipe(path.Command.Name, name)
	if err != nil {
		return nil, nil // the command reports the error
	}
	value, ok := r.flags[flag.Name]
	if !ok {
		return nil, nil
	}
	switch flag.Name {
	case "effective-batch":
		if _, ok := set["accum-iter"]; ok {
			return nil, nil
		}
	case "reg-eta":
		if sigma, ok := set["sigma"].(float64); ok && sigma >= 1 {
			return smallEta, nil
		}
	case "model":
		if _, ok := set["init"]; ok {
			return nil, nil // the checkpoint determines the model
		}
	}
	return value, nil
}

// recipesHelp lists a command's recipes.
func recipesHelp(command string) string {
	var lines []string
	for _, r := range recipes {
		if r.command == command {
			lines = append(lines, fmt.Sprintf("  %s: %s", r.name, r.about))
		}
	}
	return "Recipes (each sets the listed values; flags override them; --dry-run shows the result):\n\n" + strings.Join(lines, "\n\n")
}

// recipesTable returns all recipes as a table in Markdown, as in
// docs/recipes.md.
func recipesTable() string {
	var b strings.Builder
	b.WriteString("| command | recipe | for | flags |\n| --- | --- | --- | --- |\n")
	for _, r := range recipes {
		var flags []string
		for _, name := range slices.Sorted(maps.Keys(r.flags)) {
			flags = append(flags, name+" "+r.flags[name])
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s |\n", r.command, r.name, r.about, strings.Join(flags, ", "))
	}
	return b.String()
}
