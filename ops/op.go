package ops

import (
	"fmt"

	"github.com/godmae/godmae/pixelnoise"
	"github.com/godmae/godmae/tensor"
)

// MaxOut is the largest number of outputs of an operation.
const MaxOut = 4

// Spec is the type and shape of an operation's output.
type Spec struct {
	Float bool // the backend's float type; otherwise I32
	Shape tensor.Shape
}

// F returns the Spec of a float output.
func F(s tensor.Shape) Spec { return Spec{Float: true, Shape: s} }

// Op is an operation: what it is called, what it makes of shapes, and what it
// computes.
type Op struct {
	// Name is unique, lower case; derivatives are called "op.grad_x".
	Name string

	// Outputs is the number of outputs. An operation that updates tensors in
	// place (an optimiser step) lists them as outputs and has no Infer.
	Outputs int

	// Infer returns the outputs for the given inputs. It panics with a
	// *tensor.ShapeError when the inputs do not fit together. Inputs that are
	// optional may be nil.
	Infer func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec

	// Ref is the reference implementation. Outputs are allocated by the caller.
	// Outputs that Attr.Accumulate adds to, or that are updated in place, hold
	// their old values.
	Ref func(out, in []*Array, at *Attr)

	// Cases are the inputs on which every backend is compared with Ref, and on
	// which gradients are checked.
	Cases func() []Case
}

// Attr holds the parameters of operations that are not tensors. Each operation
// documents which fields it reads.
type Attr struct {
	Accumulate bool    // derivatives: add to the output
	Gelu       bool    // Linear: apply GELU
	Infer      bool    // no derivative will be asked: outputs kept only for it are empty
	Heads      int     // attention heads
	Patch      int     // patch size in pixels
	From       int     // first token
	Count      int     // number of tokens
	Size       [2]int  // height, width
	Eps        float64 // inside a square root
	Scale      float64
	Value      float64 // Fill
	Order      Order   // of the values in a patch
	Box        [4]int  // Mix: first row, row behind the last, first column, column behind the last
	Chan       [2][3]float64
	Adam       Adam
	Lars       Lars
	Reg        Regulariser          // Consistency
	Pixels     *pixelnoise.Gaussian // AddPixelNoise
	Seed       uint64
	Stream     uint8
	Copy       uint16
}

// Array is a tensor of the reference implementation. Exactly one of F and I
// holds its elements.
type Array struct {
	Shape tensor.Shape
	F     []float64
	I     []int32
}

// Apply allocates the outputs of op on the backend and runs it.
func Apply(b Backend, op *Op, at *Attr, in ...*tensor.Tensor) [MaxOut]*tensor.Tensor {
	var out [MaxOut]*tensor.Tensor
	specs := op.Infer(in, at)
	for i := range op.Outputs {
		dt := tensor.I32
		if specs[i].Float {
			dt = b.Float()
		}
		out[i] = b.New(dt, specs[i].Shape)
	}
	b.Run(op, out[:op.Outputs], in, at)
	return out
}

// mismatch panics with a ShapeError that prints the shapes of all inputs.
func mismatch(op, want string, in []*tensor.Tensor) {
	msg := "want " + want + ", got"
	for _, t := range in {
		if t == nil {
			msg += " -"
		} else {
			msg += fmt.Sprintf(" %v", t.Shape())
		}
	}
	panic(&tensor.ShapeError{Op: op, Msg: msg})
}
