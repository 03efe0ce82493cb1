package dmae

import (
	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// newToken declares a learned token [1, 1, width]; operations take [width].
func newToken(b *nn.Builder, name string, width int) *autograd.Variable {
	return b.Param(nn.Spec{Name: name, Shape: tensor.Of(1, 1, width), View: tensor.Of(width), Init: nn.Normal(0.02)}).Var
}

// newPositions declares a position embedding [1, 1+L, width].
func (c *Config) newPositions(b *nn.Builder, name string, width int, kind Positions) *autograd.Variable {
	s := nn.Spec{Name: name, Shape: tensor.Of(1, 1+c.Patches(), width), Init: nn.Normal(0.02)}
	if kind == SinCos {
		s.Fixed = true
		s.Init = nn.SinCos(width, c.Grid())
	}
	return b.Param(s).Var
}

// trunk is the part of the network that autoencoder and classifier share.
type trunk struct {
	embed  nn.PatchEmbed
	cls    *autograd.Variable
	pos    *autograd.Variable
	blocks nn.Stack
}

// declareTokens declares class token and position embedding.
func (k *trunk) declareTokens(b *nn.Builder, c *Config, positions Positions) {
	k.cls = newToken(b, "cls_token", c.Width)
	k.pos = c.newPositions(b, "pos_embed", c.Width, positions)
}

// declareBlocks declares patch embedding and blocks.
func (k *trunk) declareBlocks(b *nn.Builder, c *Config, patch nn.Initializer, weight func(in, out int) nn.Initializer) {
	k.embed = nn.NewPatchEmbed(b, "patch_embed", c.Channels, c.Patch, c.Width, patch)
	k.blocks = nn.NewStack(b, "blocks", c.Depth, c.blockShape(c.Width, c.Heads, weight))
}

// blockShape returns the shape of blocks of the given width.
func (c *Config) blockShape(width, heads int, weight func(in, out int) nn.Initializer) nn.BlockShape {
	return nn.BlockShape{Width: width, Hidden: c.MLPRatio * width, Heads: heads, Eps: c.normEps(), Weight: weight}
}

// normEps returns the epsilon of the layer normalisations.
func (c *Config) normEps() float64 {
	if c.NormEps == 0 {
		return nn.LayerNormEps
	}
	return c.NormEps
}

// tokens maps images [B, C, h, w] in [0,1] at the data's resolution to the
// tokens [B, 1+L, D] that enter the first block, class token first.
func (k *trunk) tokens(t *autograd.Tape, c *Config, images *autograd.Variable) *autograd.Variable {
	x := k.embed.Forward(t, c.Prepare(t, images))
	x = t.Apply(ops.Prepend, ops.Attr{}, k.cls, x)
	return t.Apply(ops.Add, ops.Attr{}, x, k.pos)
}

// Prepare is the first operation of all models: images [B, C, h, w] in [0,1] at
// the data's resolution are resized to [B, C, ImageSize, ImageSize], if the data
// have another size, and normalised by Mean and Std.
func (c *Config) Prepare(t *autograd.Tape, images *autograd.Variable) *autograd.Variable {
	if c.DataSize != c.ImageSize {
		images = t.Apply(ops.Resize, ops.Attr{Size: [2]int{c.ImageSize, c.ImageSize}}, images)
	}
	return t.Apply(ops.Normalize, ops.Attr{Chan: c.norm()}, images)
}
