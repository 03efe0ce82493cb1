package nn

import (
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

// BlockShape has the sizes of a block.
type BlockShape struct {
	Width  int     // D
	Hidden int     // units of the MLP
	Heads  int     // of the attention; divides Width
	Eps    float64 // of the layer normalisations

	// Weight returns the initialiser of a weight with the given numbers of
	// inputs and outputs, such as XavierUniform.
	Weight func(in, out int) Initializer
}

// NewBlock declares a block. Its parameters are called name, a dot and timm's
// names.
func NewBlock(b *Builder, name string, s BlockShape) Block {
	linear := func(layer string, in, out int) Linear {
		return NewLinear(b, name+layer, in, out, s.Weight(in, out))
	}
	// The order of the fields is that of the parameters.
	return Block{
		Heads: s.Heads,
		Norm1: NewLayerNorm(b, name+".norm1", s.Width, s.Eps),
		QKV:   linear(".attn.qkv", s.Width, 3*s.Width),
		Proj:  linear(".attn.proj", s.Width, s.Width),
		Norm2: NewLayerNorm(b, name+".norm2", s.Width, s.Eps),
		FC1:   linear(".mlp.fc1", s.Width, s.Hidden),
		FC2:   linear(".mlp.fc2", s.Hidden, s.Width),
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

// Stack is a sequence of blocks, "name.0", "name.1" and so on.
type Stack []Block

// NewStack declares depth blocks.
func NewStack(b *Builder, name string, depth int, shape BlockShape) Stack {
	s := make(Stack, depth)
	for i := range s {
		s[i] = NewBlock(b, name+"."+strconv.Itoa(i), shape)
	}
	return s
}

// Forward runs the blocks on x [B, T, D]. scales, nil or [2*depth, B], holds
// the drop-path factors of all branches in the order of execution.
func (s Stack) Forward(t *autograd.Tape, x *autograd.Variable, scales *DropPath) *autograd.Variable {
	for i := range s {
		x = s[i].Forward(t, x, scales.Block(t, i))
	}
	return x
}
