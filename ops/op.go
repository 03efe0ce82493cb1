package ops

import (
	"fmt"

	"github.com/godmae/godmae/tensor"
)

// MaxIn and MaxOut are the largest numbers of inputs and outputs of an operation.
const (
	MaxIn  = 8
	MaxOut = 4
)

// Op defines an operation: its name, inputs and outputs, shape rule, reference
// implementation, required accuracy and test cases.
type Op struct {
	// Name is unique, lower case; derivatives are called "op.grad_x".
	Name string

	// In and Out are the inputs and outputs by position. An operation that updates
	// tensors in place (an optimiser step) lists them as outputs.
	In, Out []Param

	// Reads are the attributes that the operation uses.
	Reads Field

	// Infer returns the kinds and shapes of the outputs for the given inputs.
	// It panics with a *tensor.ShapeError if the shapes do not match. The
	// number and the element types of the inputs have been checked before;
	// absent inputs are nil.
	Infer func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec

	// InPlace is set instead of Infer if the operation reads the old values of its
	// outputs. It panics with a *tensor.ShapeError if the shapes of outputs and
	// inputs do not match.
	InPlace func(out, in []*tensor.Tensor, at *Attr)

	// Ref is the reference implementation. Outputs are allocated by the caller.
	// Outputs that are updated in place, or added to with Attr.Accumulate, hold
	// their old values.
	Ref func(out, in []*Array, at *Attr)

	// Moves means that the operation only copies or selects numbers, without
	// rounding: every backend gives the reference's bits. Otherwise Bound limits the
	// error of a float32 backend; the zero value is [DefaultBound].
	Moves bool
	Bound Bound

	// Batch is the relation of the result for a batch to those for its samples.
	Batch Batch

	// Cases are the inputs for comparing backends with Ref and for checking
	// gradients.
	Cases func() []Case
}

// Param is an input or output of an operation.
type Param struct {
	Name string
	Kind Kind

	// Optional inputs may be absent: nil.
	Optional bool

	// Shared inputs are the same for all samples of a batch, unless they have the shape
	// of the first input. Other inputs have one part per sample, along the outermost
	// dimension.
	Shared bool

	// Picks means that the input, if present, has for each sample the number of a
	// row of the first input, which then has any number of rows.
	Picks bool
}

// Kind is the type of a tensor's elements: the backend's float type, int32, or
// the 8-bit values of an image.
type Kind uint8

// The kinds of elements.
const (
	Float Kind = iota
	Int
	Byte
)

// DType returns the element type on a backend with the given float type.
func (k Kind) DType(float tensor.DType) tensor.DType {
	return [...]tensor.DType{Float: float, Int: tensor.I32, Byte: tensor.U8}[k]
}

// Batch is the relation of an operation's result for a batch to the results for
// its samples. Every operation has one.
type Batch struct {
	Rule BatchRule
	Why  string // of WholeBatch: why samples depend on each other
}

// BatchRule is one of the three relations.
type BatchRule uint8

// The relations.
const (
	_          BatchRule = iota
	PerSample            // the result is the concatenation of the samples' results
	SumSamples           // with Accumulate, adding samples in order gives the bits of the batch
	WholeBatch           // neither
)

// Spec is the kind and shape of an operation's output.
type Spec struct {
	Kind  Kind
	Shape tensor.Shape
}

// F returns the Spec of a float output.
func F(s tensor.Shape) Spec { return Spec{Float, s} }

// Array is a tensor of the reference implementation. Exactly one of F, I and U
// holds its elements.
type Array struct {
	Shape tensor.Shape
	F     []float64
	I     []int32
	U     []uint8
}

// Apply allocates the outputs of op on the backend and runs it. Absent inputs
// at the end may be omitted.
func Apply(b Backend, op *Op, at *Attr, in ...*tensor.Tensor) [MaxOut]*tensor.Tensor {
	for len(in) < len(op.In) {
		in = append(in, nil)
	}
	var out [MaxOut]*tensor.Tensor
	specs := Outputs(b.Float(), op, in, at)
	for i := range op.Out {
		out[i] = b.New(specs[i].Kind.DType(b.Float()), specs[i].Shape)
	}
	b.Run(op, out[:len(op.Out)], in, at)
	return out
}

// shapeError panics with a ShapeError that prints the shapes of the tensors.
func shapeError(op, want string, tensors []*tensor.Tensor) {
	msg := "want " + want + ", got"
	for _, t := range tensors {
		if t == nil {
			msg += " -"
		} else {
			msg += fmt.Sprintf(" %v", t.Shape())
		}
	}
	panic(&tensor.ShapeError{Op: op, Msg: msg})
}
