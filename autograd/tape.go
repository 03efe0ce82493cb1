package autograd

import (
	"fmt"
	"sync/atomic"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// Tape applies operations on a backend and records them for differentiation. It
// is used by one goroutine at a time.
type Tape struct {
	// Shards is the number of groups of samples, a power of two, that the derivatives
	// of parameters are summed in; see [ops.ShardSum]. 0 and 1 stand for one.
	Shards int

	// Recording says whether operations are recorded. It is true for a tape made
	// by NewTape and false for one made by NewInference, and may be switched
	// between operations: what is computed while it is false counts as constant.
	Recording bool

	b     ops.Backend
	nodes []node

	pass uint64 // of Backward, among those of all tapes

	// Variables are handed out from blocks that never move.
	blocks [][]Variable
	used   int

	// Arguments of the running call; here so that they need no allocation.
	at  ops.Attr
	in  [ops.MaxIn]*tensor.Tensor
	out [ops.MaxOut]*tensor.Tensor
}

// passes counts the calls of Backward of all tapes.
var passes atomic.Uint64

// node is one recorded operation.
type node struct {
	op  *ops.Op
	vjp VJP
	at  ops.Attr
	in  [ops.MaxIn]*Variable
	out [ops.MaxOut]*Variable
}

// NewTape returns an empty tape that records.
func NewTape(b ops.Backend) *Tape { return &Tape{Recording: true, b: b} }

// NewInference returns a tape that records nothing and sets ops.Attr.Infer, so
// that outputs needed only by derivatives are not kept.
func NewInference(b ops.Backend) *Tape { return &Tape{b: b} }

// Backend returns the backend the tape computes on.
func (t *Tape) Backend() ops.Backend { return t.b }

// Reset forgets all operations and variables, so that the tape can record
// again: variables other than parameters, made before, must not be used any
// more. It does not free tensors; that is done by releasing the backend's scope.
func (t *Tape) Reset() {
	t.nodes = t.nodes[:0]
	t.used = 0
}

const blockSize = 256

func (t *Tape) newVariable(v *tensor.Tensor, k kind) *Variable {
	if t.used == len(t.blocks)*blockSize {
		t.blocks = append(t.blocks, make([]Variable, blockSize))
	}
	r := &t.blocks[t.used/blockSize][t.used%blockSize]
	t.used++
	*r = Variable{Value: v, kind: k}
	return r
}

// Const returns a variable that no derivative is computed for.
func (t *Tape) Const(v *tensor.Tensor) *Variable { return t.newVariable(v, constant) }

// Apply computes an operation and returns its first output, the only one with a
// derivative. Absent optional inputs are nil or, at the end, left out. It panics with an *Error when a
// derivative is wanted and the operation has none, and with a
// *tensor.ShapeError when the shapes do not fit.
func (t *Tape) Apply(op *ops.Op, at ops.Attr, in ...*Variable) *Variable {
	return t.ApplyAll(op, at, in...)[0]
}

// ApplyAll is Apply returning all outputs; those after the first are constants
// to whatever uses them.
func (t *Tape) ApplyAll(op *ops.Op, at ops.Attr, in ...*Variable) (out [ops.MaxOut]*Variable) {
	if op.InPlace != nil {
		panic(&Error{Op: op.Name, Msg: "works in place; run it on the backend"})
	}
	if len(in) > len(op.In) {
		panic(&Error{Op: op.Name, Msg: fmt.Sprintf("%d inputs, at most %d", len(in), len(op.In))})
	}
	record := false
	clear(t.in[len(in):])
	for i, v := range in {
		t.in[i] = nil
		if v != nil {
			t.in[i] = v.Value
			record = record || v.kind != constant
		}
	}
	record = record && t.Recording
	var f VJP
	if record {
		if f = table[op]; f == nil {
			panic(&Error{Op: op.Name, Msg: "has no derivative, but an input has one"})
		}
	}
	t.at = at
	t.at.Infer = !record && op.Reads&ops.AttrInfer != 0
	res := t.run(op)
	for i := range op.Out {
		out[i] = t.newVariable(res[i], constant)
	}
	if record {
		out[0].kind = inner
		t.nodes = append(t.nodes, node{op: op, vjp: f, at: at, out: out})
		copy(t.nodes[len(t.nodes)-1].in[:], in)
	}
	return out
}

// run computes op from its inputs in t.in with the attributes t.at into new tensors.
func (t *Tape) run(op *ops.Op) [ops.MaxOut]*tensor.Tensor {
	float := t.b.Float()
	specs := ops.Outputs(float, op, t.in[:len(op.In)], &t.at)
	for i := range op.Out {
		t.out[i] = t.b.New(specs[i].Kind.DType(float), specs[i].Shape)
	}
	t.b.Run(op, t.out[:len(op.Out)], t.in[:len(op.In)], &t.at)
	return t.out
}

// Seed adds g, as large as y, to the derivative of the result with respect to
// y, before Backward: for results that are sums of several variables. g is
// copied.
func (t *Tape) Seed(y *Variable, g *tensor.Tensor) {
	if g.Shape().Elems() != y.Value.Shape().Elems() {
		panic(&tensor.ShapeError{Op: "autograd.Tape.Seed", Msg: fmt.Sprintf("seed %v for a variable %v", g.Shape(), y.Value.Shape())})
	}
	if y.kind == constant {
		return
	}
	if y.Grad == nil {
		y.Grad = t.b.New(t.b.Float(), y.Value.Shape())
		t.into(ops.Copy, y.Grad, g)
		return
	}
	t.into(ops.AddInPlace, y.Grad, g)
}

// Backward adds the derivative of sum(seed*y), and of whatever was seeded
// before, to the gradients of the parameters. seed is as large as y: for a loss
// per sample [B], one over the number of samples of the whole batch. The tape
// keeps its record until Reset.
func (t *Tape) Backward(y *Variable, seed *tensor.Tensor) {
	t.Seed(y, seed)
	t.pass = passes.Add(1)
	for i := len(t.nodes) - 1; i >= 0; i-- {
		n := &t.nodes[i]
		if n.out[0].Grad == nil {
			continue // the result does not depend on it
		}
		n.vjp(Call{t, n})
		n.out[0].Grad = nil // may have been handed on
	}
}

// into runs op, without attributes, from x into dst.
func (t *Tape) into(op *ops.Op, dst, x *tensor.Tensor) {
	t.at = ops.Attr{}
	t.out[0], t.in[0] = dst, x
	t.b.Run(op, t.out[:1], t.in[:1], &t.at)
}
