package optim

import (
	"strconv"
	"strings"

	"github.com/godmae/godmae/nn"
)

// Rule says how a parameter is trained: the factor of its learning rate and
// its weight decay.
type Rule func(p *nn.Param) (lrScale, weightDecay float64)

// Pretrain is the rule of masked pre-training: one learning rate, and weight
// decay on everything but vectors. Class and mask token, [1, 1, D], decay.
func Pretrain(weightDecay float64) Rule {
	return func(p *nn.Param) (float64, float64) {
		if p.Shape.Rank() <= 1 {
			return 1, 0
		}
		return 1, weightDecay
	}
}

// Probe is the rule of linear probes: one learning rate, and weight decay on
// everything but vectors, as LARS does it.
func Probe(weightDecay float64) Rule { return Pretrain(weightDecay) }

// Finetune is the rule of fine-tuning a network with the given number of
// blocks: the learning rate falls by the factor layerDecay with each layer
// away from the head (Clark et al., arXiv 2003.10555), and vectors, class
// token and position embedding do not decay. Layer 0 is everything before the
// blocks, layer i+1 block i, and the rest is the last layer, depth+1.
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
