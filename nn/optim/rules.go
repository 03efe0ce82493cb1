package optim

import (
	"strconv"
	"strings"

	"github.com/godmae/godmae/nn"
)

// Rule gives the learning-rate factor and the weight decay of a parameter.
type Rule func(p *nn.Param) (lrScale, weightDecay float64)

// Pretrain is the rule of masked pre-training: one learning rate, and weight
// decay for everything except vectors. Class and mask token, [1, 1, D], have
// weight decay.
func Pretrain(weightDecay float64) Rule {
	return func(p *nn.Param) (float64, float64) {
		if p.Shape.Rank() <= 1 {
			return 1, 0
		}
		return 1, weightDecay
	}
}

// Probe is the rule of linear probes: one learning rate, and weight decay for
// everything except vectors, as in LARS.
func Probe(weightDecay float64) Rule { return Pretrain(weightDecay) }

// Finetune is the rule of fine-tuning a network with the given number of
// blocks. The learning rate is multiplied by layerDecay for each layer of
// distance from the head (Clark et al., arXiv 2003.10555). Vectors, class
// token and position embedding have no weight decay. Layer 0 is everything
// before the blocks, layer i+1 is block i, and layer depth+1 is the rest.
func Finetune(weightDecay, layerDecay float64, depth int) Rule {
	return func(p *nn.Param) (float64, float64) {
		scale := 1.0
		for range depth + 1 - Layer(p.Name, depth) {
			scale *= layerDecay
		}
		if p.Shape.Rank() <= 1 || p.Name == "cls_token" || p.Name == "pos_embed" {
			return scale, 0
		}
		return scale, weightDecay
	}
}

// Layer returns the layer number of a parameter for layer-wise decay; see
// Finetune.
func Layer(name string, depth int) int {
	switch {
	case name == "cls_token", name == "pos_embed", strings.HasPrefix(name, "patch_embed."):
		return 0
	case strings.HasPrefix(name, "blocks."):
		number, _, _ := strings.Cut(name[len("blocks."):], ".")
		if i, err := strconv.Atoi(number); err == nil {
			return i + 1
		}
	}
	return depth + 1
}
