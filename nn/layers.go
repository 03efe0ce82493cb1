package nn

import (
	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// LayerNormEps is the epsilon inside the root of every layer normalisation of
// the paper's models.
const LayerNormEps = 1e-6

// Linear is an affine layer, y = x W^T + b, with W [out, in] and b [out].
type Linear struct{ W, B *autograd.Variable }

// LinearSpecs lists the parameters of a linear layer: weight, then bias.
func LinearSpecs(name string, out, in int, weight Initializer) []Spec {
	return []Spec{
		{Name: name + ".weight", Shape: tensor.Of(out, in), Init: weight},
		{Name: name + ".bias", Shape: tensor.Of(out), Init: Zeros},
	}
}

// NewLinear returns the layer of the given name.
func NewLinear(p *Params, name string) Linear {
	return Linear{p.Var(name + ".weight"), p.Var(name + ".bias")}
}

// Forward maps x [..., in] to [..., out].
func (l Linear) Forward(t *autograd.Tape, x *autograd.Variable) *autograd.Variable {
	return t.Apply(ops.Linear, ops.Attr{}, x, l.W, l.B, nil, nil)
}

// Gelu is Forward followed by the exact GELU.
func (l Linear) Gelu(t *autograd.Tape, x *autograd.Variable) *autograd.Variable {
	return t.Apply(ops.Linear, ops.Attr{Gelu: true}, x, l.W, l.B, nil, nil)
}

// Residual returns res + scale * Forward(x); scale [B] holds the drop-path
// factor of each sample, nil for 1.
func (l Linear) Residual(t *autograd.Tape, x, res, scale *autograd.Variable) *autograd.Variable {
	return t.Apply(ops.Linear, ops.Attr{}, x, l.W, l.B, res, scale)
}

// LayerNorm normalises the innermost dimension (Ba et al., arXiv 1607.06450).
type LayerNorm struct {
	Gamma, Beta *autograd.Variable
	Eps         float64 // inside the root
}

// LayerNormSpecs lists the parameters of a layer normalisation: gain (weight),
// then offset (bias).
func LayerNormSpecs(name string, width int) []Spec {
	return []Spec{
		{Name: name + ".weight", Shape: tensor.Of(width), Init: Ones},
		{Name: name + ".bias", Shape: tensor.Of(width), Init: Zeros},
	}
}

// NewLayerNorm returns the layer of the given name, with LayerNormEps.
func NewLayerNorm(p *Params, name string) LayerNorm {
	return LayerNorm{p.Var(name + ".weight"), p.Var(name + ".bias"), LayerNormEps}
}

// Forward normalises x [..., D].
func (l LayerNorm) Forward(t *autograd.Tape, x *autograd.Variable) *autograd.Variable {
	return t.Apply(ops.LayerNorm, ops.Attr{Eps: l.Eps}, x, l.Gamma, l.Beta)
}

// PatchEmbed cuts images into patches and maps each to a token. It is a
// convolution whose kernel and stride are the patch: a linear layer over the
// patch's values in the order channel, row, column.
type PatchEmbed struct {
	Linear
	Patch int
}

// PatchEmbedSpecs lists the parameters of a patch embedding, in the shape of a
// convolution's: weight [width, channels, patch, patch], bias [width].
func PatchEmbedSpecs(name string, width, channels, patch int, weight Initializer) []Spec {
	in := channels * patch * patch
	return []Spec{
		{Name: name + ".proj.weight", Shape: tensor.Of(width, channels, patch, patch), View: tensor.Of(width, in), Init: weight},
		{Name: name + ".proj.bias", Shape: tensor.Of(width), Init: ConvBias(in)},
	}
}

// NewPatchEmbed returns the layer of the given name.
func NewPatchEmbed(p *Params, name string, patch int) PatchEmbed {
	return PatchEmbed{NewLinear(p, name+".proj"), patch}
}

// Forward maps images [B, C, H, W] to tokens [B, L, D], patches row by row.
func (e PatchEmbed) Forward(t *autograd.Tape, images *autograd.Variable) *autograd.Variable {
	patches := t.Apply(ops.Patchify, ops.Attr{Patch: e.Patch, Order: ops.ChannelRowColumn}, images)
	return e.Linear.Forward(t, patches)
}
