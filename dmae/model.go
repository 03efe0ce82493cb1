package dmae

import (
	"slices"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// encoderSpecs lists the parameters shared by both models up to and including
// the blocks: patch embedding and blocks.
func (c *Config) encoderSpecs(patch nn.Initializer, weight func(in, out int) nn.Initializer) []nn.Spec {
	return slices.Concat(
		nn.PatchEmbedSpecs("patch_embed", c.Width, c.Channels, c.Patch, patch),
		nn.StackSpecs("blocks", c.Depth, c.Width, c.MLPRatio*c.Width, weight),
	)
}

// tokenSpec describes a learned token [1, 1, width]; operations take [width].
func tokenSpec(name string, width int, std float64) nn.Spec {
	return nn.Spec{Name: name, Shape: tensor.Of(1, 1, width), View: tensor.Of(width), Init: nn.Normal(std)}
}

// positionSpec describes a position embedding [1, 1+L, width].
func (c *Config) positionSpec(name string, width int) nn.Spec {
	s := nn.Spec{Name: name, Shape: tensor.Of(1, 1+c.Patches(), width), Init: nn.Normal(0.02)}
	if c.Positions == SinCos {
		s.Fixed = true
		s.Init = nn.SinCos(width, c.Grid())
	}
	return s
}

// trunk is the part of the network that both models share.
type trunk struct {
	embed  nn.PatchEmbed
	cls    *autograd.Variable
	pos    *autograd.Variable
	blocks nn.Stack
}

func newTrunk(c *Config, p *nn.Params) trunk {
	k := trunk{
		embed:  nn.NewPatchEmbed(p, "patch_embed", c.Patch),
		cls:    p.Var("cls_token"),
		pos:    p.Var("pos_embed"),
		blocks: nn.NewStack(p, "blocks", c.Depth, c.Heads),
	}
	k.blocks.SetEps(c.normEps())
	return k
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
	x := k.embed.Forward(t, c.prepare(t, images))
	x = t.Apply(ops.Prepend, ops.Attr{}, k.cls, x)
	return t.Apply(ops.Add, ops.Attr{}, x, k.pos)
}

// prepare resizes images to the model's input, if the data have another size,
// and normalises them.
func (c *Config) prepare(t *autograd.Tape, images *autograd.Variable) *autograd.Variable {
	if c.DataSize != c.ImageSize {
		images = t.Apply(ops.Resize, ops.Attr{Size: [2]int{c.ImageSize, c.ImageSize}}, images)
	}
	return t.Apply(ops.Normalize, ops.Attr{Chan: c.norm()}, images)
}
