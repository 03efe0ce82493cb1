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

// NewLinear declares a linear layer: name.weight, drawn by weight, and
// name.bias, initially zero.
func NewLinear(b *Builder, name string, in, out int, weight Initializer) Linear {
	return Linear{
		W: b.Param(Spec{Name: name + ".weight", Shape: tensor.Of(out, in), Init: weight}).Var,
		B: b.Param(Spec{Name: name + ".bias", Shape: tensor.Of(out), Init: Zeros}).Var,
	}
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

// NewLayerNorm declares a layer normalisation over width values: gain
// (name.weight, initially 1), then offset (name.bias, initially 0).
func NewLayerNorm(b *Builder, name string, width int, eps float64) LayerNorm {
	return LayerNorm{
		Gamma: b.Param(Spec{Name: name + ".weight", Shape: tensor.Of(width), Init: Ones}).Var,
		Beta:  b.Param(Spec{Name: name + ".bias", Shape: tensor.Of(width), Init: Zeros}).Var,
		Eps:   eps,
	}
}

// Forward normalises x [..., D].
func (l LayerNorm) Forward(t *autograd.Tape, x *autograd.Variable) *autograd.Variable {
	return t.Apply(ops.LayerNorm, ops.Attr{Eps: l.Eps}, x, l.Gamma, l.Beta)
}

// PatchEmbed divides images into patches and maps each to a token. It is a
// convolution with kernel and stride equal to the patch size: a linear layer
// over the patch's values in the order channel, row, column.
type PatchEmbed struct {
	Linear
	Patch int
}

// NewPatchEmbed declares a patch embedding with the parameters of a
// convolution: name.proj.weight [width, channels, patch, patch], drawn by
// weight, and name.proj.bias [width], drawn as in PyTorch ([ConvBias]).
func NewPatchEmbed(b *Builder, name string, channels, patch, width int, weight Initializer) PatchEmbed {
	in := channels * patch * patch
	return PatchEmbed{
		Linear: Linear{
			W: b.Param(Spec{Name: name + ".proj.weight", Shape: tensor.Of(width, channels, patch, patch), View: tensor.Of(width, in), Init: weight}).Var,
			B: b.Param(Spec{Name: name + ".proj.bias", Shape: tensor.Of(width), Init: ConvBias(in)}).Var,
		},
		Patch: patch,
	}
}

// Forward maps images [B, C, H, W] to tokens [B, L, D], patches row by row.
func (e PatchEmbed) Forward(t *autograd.Tape, images *autograd.Variable) *autograd.Variable {
	patches := t.Apply(ops.Patchify, ops.Attr{Patch: e.Patch, Order: ops.ChannelRowColumn}, images)
	return e.Linear.Forward(t, patches)
}
