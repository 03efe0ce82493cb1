package dmae

import (
	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/ops"
)

// visionTransformer is the family of the paper's classifiers: the encoder of an
// autoencoder (Dosovitskiy et al., arXiv 2010.11929), whose position embedding is
// trained, and a normalisation of the features. Its name in checkpoints is empty.
var visionTransformer = Family{
	Presets:     presets,
	Validate:    (*Config).validateTransformer,
	Build:       buildTransformer,
	Activations: (*Config).tokenValues,
}

// transformer is the network before the head.
type transformer struct {
	trunk
	config *Config
	norm   nn.LayerNorm // fc_norm after the mean over tokens, or norm of the class token
}

// buildTransformer declares all parameters in the order of the official model,
// which creates fc_norm after the head.
func buildTransformer(b *nn.Builder, c *Config) (Backbone, *ClassifierHead) {
	m := &transformer{config: c}
	var head *ClassifierHead
	m.declareTokens(b, c, Learned)
	// The default of a convolution: uniform within 1/sqrt(fan in).
	m.declareBlocks(b, c, nn.ConvBias(c.PatchValues()), func(int, int) nn.Initializer { return nn.Normal(0.02) })
	if c.GlobalPool {
		head = NewHead(b, c, c.Width)
		m.norm = nn.NewLayerNorm(b, "fc_norm", c.Width, c.normEps())
	} else {
		m.norm = nn.NewLayerNorm(b, "norm", c.Width, c.normEps())
		head = NewHead(b, c, c.Width)
	}
	return m, head
}

// Features returns the class token or the mean of the others, normalised.
func (m *transformer) Features(t *autograd.Tape, images *autograd.Variable, drop *nn.DropPath) *autograd.Variable {
	x := m.blocks.Forward(t, m.tokens(t, m.config, images), drop)
	if !m.config.GlobalPool {
		x = t.Apply(ops.Slice, ops.Attr{Count: 1}, x)
		// The mean of one token is the token, without its dimension.
		x = t.Apply(ops.MeanTokens, ops.Attr{}, x)
	} else {
		x = t.Apply(ops.MeanTokens, ops.Attr{From: 1}, x)
	}
	return m.norm.Forward(t, x)
}

// encoderOnlySpecs lists the parameters in every checkpoint with an encoder:
// tokens, positions, patch embedding and blocks.
func encoderOnlySpecs(c *Config) []nn.Spec {
	b := nn.NewBuilder()
	var k trunk
	k.declareTokens(b, c, c.Positions)
	k.declareBlocks(b, c, nn.ConvBias(c.PatchValues()), nn.XavierUniform)
	return b.Specs()
}
