package autograd

import (
	"fmt"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// VJP is the derivative of an operation: given the derivative of the result
// with respect to the operation's first output, it adds the derivatives with
// respect to the inputs (a vector-Jacobian product).
type VJP func(c Call)

// Call is a recorded operation during Backward, as its VJP sees it.
type Call struct {
	t *Tape
	n *node
}

// Define gives an operation defined outside package ops a derivative. It panics
// with an *Error when the operation has one already. It is called from
// initialisation code, before tapes are used.
func Define(op *ops.Op, f VJP) {
	if table[op] != nil {
		panic(&Error{Op: op.Name, Msg: "has a derivative already"})
	}
	table[op] = f
}

// Differentiable reports whether op has a derivative.
func Differentiable(op *ops.Op) bool { return table[op] != nil }

// At returns the attributes of the operation, which must not be changed.
func (c Call) At() *ops.Attr { return &c.n.at }

// In returns the value of input i, nil if absent.
func (c Call) In(i int) *tensor.Tensor {
	if v := c.n.in[i]; v != nil {
		return v.Value
	}
	return nil
}

// Out returns output i.
func (c Call) Out(i int) *tensor.Tensor { return c.n.out[i].Value }

// Grad returns the derivative of the result with respect to the first output.
func (c Call) Grad() *tensor.Tensor { return c.n.out[0].Grad }

// Needs reports whether a derivative with respect to input i is wanted. Input i
// may be absent.
func (c Call) Needs(i int) bool { return c.n.in[i] != nil && c.n.in[i].kind != constant }

// Refuse panics with an *Error when a derivative is wanted with respect to input
// i, which has none.
func (c Call) Refuse(i int) {
	if c.Needs(i) {
		panic(&Error{Op: c.n.op.Name, Msg: fmt.Sprintf("has no derivative with respect to input %d", i)})
	}
}

// Apply computes an operation and returns its first output.
func (c Call) Apply(op *ops.Op, at ops.Attr, in ...*tensor.Tensor) *tensor.Tensor {
	t := c.t
	t.at = at
	clear(t.in[copy(t.in[:], in):])
	return t.run(op)[0]
}

// Into returns where to put the derivative with respect to input i, and whether
// to add to what is there (Attr.Accumulate) or to overwrite it. The caller does
// so at once.
func (c Call) Into(i int) (dst *tensor.Tensor, accumulate bool) {
	v := c.n.in[i]
	if v.Grad != nil {
		return v.Grad, true
	}
	v.Grad = c.t.b.New(c.t.b.Float(), v.Value.Shape())
	return v.Grad, false
}

// Accumulate puts op, an operation that honours Attr.Accumulate, into the
// derivative with respect to input i. It does nothing if that is not wanted.
func (c Call) Accumulate(i int, op *ops.Op, at ops.Attr, in ...*tensor.Tensor) {
	if !c.Needs(i) {
		return
	}
	t := c.t
	t.at = at
	t.out[0], t.at.Accumulate = c.Into(i)
	if op.Reads&ops.AttrShards != 0 {
		t.at.Shards = c.shards(i)
	}
	clear(t.in[copy(t.in[:], in):])
	t.b.Run(op, t.out[:1], t.in[:len(op.In)], &t.at)
}

// shards returns the number of groups that a derivative with respect to input i is
// summed in: those of the tape for a parameter. Sums of several derivatives would
// depend on how groups are divided among machines, so a parameter that is used twice
// is refused.
func (c Call) shards(i int) int {
	v := c.n.in[i]
	if c.t.Shards <= 1 || v.kind != param {
		return 0
	}
	if v.pass == c.t.pass {
		panic(&Error{Op: c.n.op.Name, Msg: "the parameter " + v.Name + " is used twice, and its derivative cannot be summed in groups; use one group"})
	}
	v.pass = c.t.pass
	return c.t.Shards
}

// Derive adds the first output of op to the derivative with respect to input i.
// It does nothing if that is not wanted.
func (c Call) Derive(i int, op *ops.Op, at ops.Attr, in ...*tensor.Tensor) {
	if c.Needs(i) {
		c.Give(i, c.Apply(op, at, in...))
	}
}

// Give adds g to the derivative with respect to input i and hands g over: the
// caller must not use it any more. It does nothing if the derivative is not
// wanted.
func (c Call) Give(i int, g *tensor.Tensor) {
	if !c.Needs(i) {
		return
	}
	v := c.n.in[i]
	if v.Grad == nil {
		v.Grad = g
		return
	}
	c.t.into(ops.AddInPlace, v.Grad, g)
}
