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
	// Shards is the number of groups of samples, a power of two, in the sums of
	// parameters' derivatives; see [ops.ShardSum]. 0 and 1 mean one.
	Shards int

	// Recording is true if operations are recorded. It is true for a tape of
	// NewTape and false for one of NewInference, and may be changed between
	// operations. Results computed while it is false are constants.
	Recording bool

	b     ops.Backend
	nodes []node

	pass uint64 // number of this call of Backward, unique among all tapes

	// Variables are allocated in blocks that never move.
	blocks [][]Variable
	used   int

	// Arguments of the running call; fields to avoid allocations.
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
// outputs that only derivatives use are empty.
func NewInference(b ops.Backend) *Tape { return &Tape{b: b} }

// Backend returns the backend the tape computes on.
func (t *Tape) Backend() ops.Backend { return t.b }

// Reset deletes all recorded operations and variables. Earlier variables other
// than parameters must not be used afterwards. It does not free tensors;
// releasing the backend's scope does.
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

// Const returns a variable without a derivative.
func (t *Tape) Const(v *tensor.Tensor) *Variable { return t.newVariable(v, constant) }

// Apply computes an operation and returns its first output, the only one with a derivative. Absent
// optional inputs are nil or, at the end, omitted. It panics with an *Error if a derivative is needed
// and the operation has none, and with a *tensor.ShapeError if the shapes do not match.
func (t *Tape) Apply(op *ops.Op, at ops.Attr, in ...*Variable) *Variable {
	return t.ApplyAll(op, at, in...)[0]
}

// ApplyAll is Apply with all outputs; those after the first are constants.
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

// Seed adds g, which has the size of y, to the derivative of the result with
// respect to y. Call it before Backward, for results that are sums of several
// variables. g is copied.
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

// Backward adds the derivative of sum(seed*y), and of earlier seeds, to the
// gradients of the parameters. seed has the size of y. For a loss per sample
// [B] it is one over the number of samples of the whole batch. The tape keeps
// its record until Reset.
func (t *Tape) Backward(y *Variable, seed *tensor.Tensor) {
	t.Seed(y, seed)
	t.pass = passes.Add(1)
	for i := len(t.nodes) - 1; i >= 0; i-- {
		n := &t.nodes[i]
		if n.out[0].Grad == nil {
			continue // the result does not depend on it
		}
		n.vjp(Call{t, n})
		n.out[0].Grad = nil // may belong to another variable now
	}
}

// into runs op, without attributes, from x into dst.
func (t *Tape) into(op *ops.Op, dst, x *tensor.Tensor) {
	t.at = ops.Attr{}
	t.out[0], t.in[0] = dst, x
	t.b.Run(op, t.out[:1], t.in[:1], &t.at)
}
