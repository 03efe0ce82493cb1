package nn

import (
	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/tensor"
)

// DropPath holds the factors of stochastic depth for a batch: a tensor
// [2*depth, B], with two branches per block. A nil *DropPath drops nothing.
type DropPath struct{ Scales *tensor.Tensor }

// Block returns the factors [B] of the two branches of block i, or nils for a
// nil *DropPath; see [Linear.Residual].
func (d *DropPath) Block(t *autograd.Tape, i int) [2]*autograd.Variable {
	if d == nil {
		return [2]*autograd.Variable{}
	}
	b := d.Scales.Shape().Dim(1)
	return [2]*autograd.Variable{
		t.Const(d.Scales.View(2*i*b, tensor.Of(b))),
		t.Const(d.Scales.View((2*i+1)*b, tensor.Of(b))),
	}
}
