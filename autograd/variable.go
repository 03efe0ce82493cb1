package autograd

import "github.com/godmae/godmae/tensor"

// Variable is a value of a recorded computation: a parameter, a constant, or
// the output of an operation.
type Variable struct {
	// Name of a parameter, empty for other variables.
	Name string

	Value *tensor.Tensor

	// Grad of a parameter is the sum of all derivatives so far; the caller
	// allocates and clears it. Grad of other variables is used during Backward
	// only.
	Grad *tensor.Tensor

	kind kind
	pass uint64 // the last backward pass that added a derivative in groups
}

type kind uint8

const (
	constant kind = iota // no derivative is needed
	inner                // output of a recorded operation
	param                // derivatives are added to Grad, which outlives the tape
)

// NewParam returns a parameter whose gradient is added to grad, a tensor with
// the size of value. Both usually outlive the scopes of a step
// (ops.Backend.Persist). A parameter may be used on several tapes, one at a
// time.
func NewParam(name string, value, grad *tensor.Tensor) *Variable {
	if grad == nil || grad.Shape().Elems() != value.Shape().Elems() {
		panic(&Error{Op: "autograd.NewParam", Msg: "the gradient of " + name + " does not have the size of its value"})
	}
	return &Variable{Name: name, Value: value, Grad: grad, kind: param}
}

// NewConst returns a constant for several tapes, such as a fixed position
// embedding. [Tape.Const] makes one for a single step.
func NewConst(value *tensor.Tensor) *Variable { return &Variable{Value: value} }

// Shape returns the dimensions of the value.
func (v *Variable) Shape() tensor.Shape { return v.Value.Shape() }

// Differentiable reports whether the derivative with respect to v is computed:
// v is a parameter or depends on one in the record.
func (v *Variable) Differentiable() bool { return v.kind != constant }

// Error is the panic value for wrong uses of the package, which are bugs of the
// program.
type Error struct {
	Op  string // function or operation
	Msg string
}

func (e *Error) Error() string { return e.Op + ": " + e.Msg }
