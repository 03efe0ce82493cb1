package autograd

import (
	"fmt"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// VJP is the vector-Jacobian product of an operation. From the derivative of
// the result with respect to the operation's first output it adds the
// derivatives with respect to the inputs.
type VJP func(c Call)

// Call is a recorded operation during Backward, the argument of its VJP.
type Call struct {
	t *Tape
	n *node
}

// Define sets the derivative of an operation that is defined outside package
// ops. It panics with an *Error if the operation already has one. Call it from
// an init, before tapes are used.
func Define(op *ops.Op, f VJP) {
	if table[op] != nil {
		panic(&Error{Op: op.Name, Msg: "already has a derivative"})
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

// Needs reports whether the derivative with respect to input i is needed. Input
// i may be absent.
func (c Call) Needs(i int) bool { return c.n.in[i] != nil && c.n.in[i].kind != constant }

// Refuse panics with an *Error if the derivative with respect to input i is
// needed, for an input without one.
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

// Into returns the tensor for the derivative with respect to input i, and
// whether to add to it (Attr.Accumulate) or to overwrite it. The caller must
// write it before any other call.
func (c Call) Into(i int) (dst *tensor.Tensor, accumulate bool) {
	v := c.n.in[i]
	if v.Grad != nil {
		return v.Grad, true
	}
	v.Grad = c.t.b.New(c.t.b.Float(), v.Value.Shape())
	return v.Grad, false
}

// Accumulate runs op, which must read Attr.Accumulate, into the derivative with
// respect to input i. It does nothing if that is not needed.
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

// shards returns the number of groups of the sum in the derivative with respect to
// input i, which is a sum over samples: the tape's number. A parameter that is used
// twice is refused, because the sum of its derivatives would depend on the division
// of groups among machines. So is a value computed from a parameter, because its
// derivative is computed from the sum over all groups.
func (c Call) shards(i int) int {
	v := c.n.in[i]
	if c.t.Shards <= 1 {
		return 0
	}
	if v.kind != param {
		panic(&Error{Op: c.n.op.Name, Msg: fmt.Sprintf("input %d is computed from a parameter, and its derivative cannot be summed in groups; use one group", i)})
	}
	if v.pass == c.t.pass {
		panic(&Error{Op: c.n.op.Name, Msg: "the parameter " + v.Name + " is used twice, and its derivative cannot be summed in groups; use one group"})
	}
	v.pass = c.t.pass
	return c.t.Shards
}

// Derive adds the first output of op to the derivative with respect to input i.
// It does nothing if that is not needed.
func (c Call) Derive(i int, op *ops.Op, at ops.Attr, in ...*tensor.Tensor) {
	if c.Needs(i) {
		c.Give(i, c.Apply(op, at, in...))
	}
}

// Give adds g to the derivative with respect to input i and takes ownership
// of g: the caller must not use it afterwards. It does nothing if the
// derivative is not needed.
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
