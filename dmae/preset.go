package dmae

import (
	"fmt"
	"strings"
)

// Channel means and standard deviations of pixels in [0,1].
var (
	ImageNetMean     = []float64{0.485, 0.456, 0.406}
	ImageNetStd      = []float64{0.229, 0.224, 0.225}
	CIFAR10Mean      = []float64{0.4914, 0.4822, 0.4465}
	CIFAR10Std       = []float64{0.2471, 0.2435, 0.2616}
	FashionMNISTMean = []float64{0.2860}
	FashionMNISTStd  = []float64{0.3530}
)

// paperDecoder is the decoder of all models of the paper (section 4.1).
var paperDecoder = Decoder{Width: 512, Depth: 8, Heads: 16}

// presets lists the Vision Transformers by name: those of the paper, then small
// ones.
var presets = []Config{
	paper("dmae_vit_base_patch16", 16, 768, 12, 12),
	paper("dmae_vit_large_patch16", 16, 1024, 24, 16),
	paper("dmae_vit_huge_patch14", 14, 1280, 32, 16),
	small("dmae_vit_tiny_patch4_28", 28, 1, 128, 4, 4, Decoder{Width: 64, Depth: 2, Heads: 4}),
	small("dmae_vit_nano_patch4_32", 32, 3, 64, 3, 2, Decoder{Width: 64, Depth: 1, Heads: 2}),
	small("dmae_vit_tiny_patch4_32", 32, 3, 192, 6, 6, Decoder{Width: 96, Depth: 2, Heads: 3}),
	small("dmae_vit_small_patch4_32", 32, 3, 256, 8, 8, Decoder{Width: 128, Depth: 2, Heads: 4}),
	small("dmae_vit_micro_patch4_8", 8, 1, 16, 2, 2, Decoder{Width: 16, Depth: 1, Heads: 2}),
}

// paper returns a model of the paper for images of 224 pixels.
func paper(name string, patch, width, depth, heads int) Config {
	return Config{
		Name: name, ImageSize: 224, DataSize: 224, Channels: 3, Patch: patch,
		Width: width, Depth: depth, Heads: heads, MLPRatio: 4,
		Positions: SinCos, Decoder: paperDecoder,
		MaskRatio: 0.75, NormPix: true, NormPixEps: 1e-6, Sigma: 0.25,
		Mean: ImageNetMean, Std: ImageNetStd, GlobalPool: true,
	}
}

// small returns a model for small images. Its positions are learned, and its
// target is normalised with a larger epsilon: with 1e-6, a difference of one
// grey level in a small, almost constant patch would become as large as a real
// edge.
func small(name string, size, channels, width, depth, heads int, d Decoder) Config {
	c := Config{
		Name: name, ImageSize: size, DataSize: size, Channels: channels, Patch: 4,
		Width: width, Depth: depth, Heads: heads, MLPRatio: 4,
		Positions: Learned, Decoder: d,
		MaskRatio: 0.75, NormPix: true, NormPixEps: 1e-2, Sigma: 0.25,
		Mean: CIFAR10Mean, Std: CIFAR10Std, GlobalPool: true,
	}
	if channels == 1 {
		c.Mean, c.Std = FashionMNISTMean, FashionMNISTStd
	}
	return c
}

// Preset returns the configuration with the given name, of any family; the
// error for an unknown name lists the known ones.
func Preset(name string) (Config, error) {
	for _, f := range families() {
		for _, c := range f.Presets {
			if c.Name == name {
				return c.clone(), nil
			}
		}
	}
	return Config{}, fmt.Errorf("there is no model %q; choose one of %s", name, strings.Join(PresetNames(), ", "))
}

// PresetNames returns the names of all presets, those of the paper first and those
// of registered families last.
func PresetNames() []string {
	var names []string
	for _, f := range families() {
		for _, c := range f.Presets {
			names = append(names, c.Name)
		}
	}
	return names
}
