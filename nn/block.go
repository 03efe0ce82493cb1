package nn

import (
	"slices"
	"strconv"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/ops"
)

// Block is a pre-norm transformer block (arXiv 2010.11929, equations 2 and 3):
//
//	x = x + scale_0 * proj(attention(qkv(norm1(x))))
//	x = x + scale_1 * fc2(gelu(fc1(norm2(x))))
type Block struct {
	Norm1, Norm2        LayerNorm
	QKV, Proj, FC1, FC2 Linear
	Heads               int
}

// BlockSpecs lists the parameters of a block: width D, hidden units of its
// MLP, and how weights are drawn for a layer with the given inputs and outputs.
func BlockSpecs(prefix string, width, hidden int, weight func(in, out int) Initializer) []Spec {
	return slices.Concat(
		LayerNormSpecs(prefix+".norm1", width),
		LinearSpecs(prefix+".attn.qkv", 3*width, width, weight(width, 3*width)),
		LinearSpecs(prefix+".attn.proj", width, width, weight(width, width)),
		LayerNormSpecs(prefix+".norm2", width),
		LinearSpecs(prefix+".mlp.fc1", hidden, width, weight(width, hidden)),
		LinearSpecs(prefix+".mlp.fc2", width, hidden, weight(hidden, width)),
	)
}

// NewBlock returns the block of the given name.
func NewBlock(p *Params, prefix string, heads int) Block {
	return Block{
		Norm1: NewLayerNorm(p, prefix+".norm1"),
		QKV:   NewLinear(p, prefix+".attn.qkv"),
		Proj:  NewLinear(p, prefix+".attn.proj"),
		Norm2: NewLayerNorm(p, prefix+".norm2"),
		FC1:   NewLinear(p, prefix+".mlp.fc1"),
		FC2:   NewLinear(p, prefix+".mlp.fc2"),
		Heads: heads,
	}
}

// Forward maps x [B, T, D] to the same shape. scale holds the drop-path
// factors [B] of the two branches, or nils.
func (b *Block) Forward(t *autograd.Tape, x *autograd.Variable, scale [2]*autograd.Variable) *autograd.Variable {
	qkv := b.QKV.Forward(t, b.Norm1.Forward(t, x))
	o := t.Apply(ops.Attention, ops.Attr{Heads: b.Heads}, qkv)
	x = b.Proj.Residual(t, o, x, scale[0])
	h := b.FC1.Gelu(t, b.Norm2.Forward(t, x))
	return b.FC2.Residual(t, h, x, scale[1])
}

// Stack is a sequence of blocks, "prefix.0", "prefix.1" and so on.
type Stack []Block

// StackSpecs lists the parameters of depth blocks; see BlockSpecs.
func StackSpecs(prefix string, depth, width, hidden int, weight func(in, out int) Initializer) []Spec {
	var specs []Spec
	for i := range depth {
		specs = append(specs, BlockSpecs(prefix+"."+strconv.Itoa(i), width, hidden, weight)...)
	}
	return specs
}

// NewStack returns the blocks of the given prefix.
func NewStack(p *Params, prefix string, depth, heads int) Stack {
	s := make(Stack, depth)
	for i := range s {
		s[i] = NewBlock(p, prefix+"."+strconv.Itoa(i), heads)
	}
	return s
}

// SetEps gives all layer normalisations of the blocks another epsilon.
func (s Stack) SetEps(eps float64) {
	for i := range s {
		s[i].Norm1.Eps, s[i].Norm2.Eps = eps, eps
	}
}

// Forward runs the blocks on x [B, T, D]. scales, nil or [2*depth, B], holds
// the drop-path factors of all branches in the order they run.
func (s Stack) Forward(t *autograd.Tape, x *autograd.Variable, scales *DropPath) *autograd.Variable {
	for i := range s {
		x = s[i].Forward(t, x, scales.block(t, i))
	}
	return x
}
