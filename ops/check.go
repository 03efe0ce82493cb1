package ops

import (
	"fmt"

	"github.com/godmae/godmae/tensor"
)

// Check is what stands before every Run of a backend: it panics with a
// *tensor.ShapeError unless the operation can be computed from in into out on a
// backend with the given float type. It compares numbers of tensors, element
// types and shapes with the operation's row, refuses attributes that the
// operation does not read, and refuses an output that shares memory with an input
// or with another output. Backends call it first in Run, so that no kernel and no
// shader meets anything else.
//
// It does not see what tensors hold: indices must be in range.
func Check(float tensor.DType, op *Op, out, in []*tensor.Tensor, at *Attr) {
	specs := op.check(float, out, in, at)
	if op.InPlace == nil {
		for i, t := range out {
			if t.Shape().Elems() != specs[i].Shape.Elems() {
				op.fail("output %s is %v and must have the size of %v", op.Out[i].Name, t.Shape(), specs[i].Shape)
			}
		}
	}
	for i, t := range out {
		for j, u := range out[:i] {
			if overlap(t, u) {
				op.fail("outputs %s and %s share memory", op.Out[j].Name, op.Out[i].Name)
			}
		}
		for j, u := range in {
			if u != nil && overlap(t, u) {
				op.fail("output %s shares memory with input %s", op.Out[i].Name, op.In[j].Name)
			}
		}
	}
}

// Outputs returns the outputs that op, which does not work in place, has for the
// given inputs. It panics with a *tensor.ShapeError as [Check] does.
func Outputs(float tensor.DType, op *Op, in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
	if op.InPlace != nil {
		op.fail("it works in place and makes no outputs")
	}
	return op.check(float, nil, in, at)
}

// check compares everything but the shapes of outputs that are computed. out is
// nil where they do not exist yet.
func (op *Op) check(float tensor.DType, out, in []*tensor.Tensor, at *Attr) (specs [MaxOut]Spec) {
	if len(in) != len(op.In) {
		op.fail("%d inputs, not %d", len(op.In), len(in))
	}
	for i := range op.In {
		p := &op.In[i]
		switch {
		case in[i] != nil:
			if want := p.Kind.DType(float); in[i].DType() != want {
				op.fail("input %s holds %v and must hold %v", p.Name, in[i].DType(), want)
			}
		case !p.Optional:
			op.fail("input %s is absent", p.Name)
		}
	}
	if unread := at.set() &^ op.Reads; unread != 0 {
		op.fail("it does not read the attribute %v", unread)
	}
	if s := at.Shards; s&(s-1) != 0 || s < 0 {
		op.fail("%d shards; the number is a power of two", s)
	}
	if out != nil || op.InPlace != nil {
		if len(out) != len(op.Out) {
			op.fail("%d outputs, not %d", len(op.Out), len(out))
		}
		for i, t := range out {
			if t == nil {
				op.fail("output %s is absent", op.Out[i].Name)
			}
			if want := op.Out[i].Kind.DType(float); t.DType() != want {
				op.fail("output %s holds %v and must hold %v", op.Out[i].Name, t.DType(), want)
			}
		}
	}
	if op.InPlace != nil {
		op.InPlace(out, in, at)
		return specs
	}
	return op.Infer(in, at)
}

func (op *Op) fail(format string, args ...any) {
	panic(&tensor.ShapeError{Op: op.Name, Msg: fmt.Sprintf(format, args...)})
}

// overlap reports whether two tensors share elements.
func overlap(a, b *tensor.Tensor) bool {
	return a.Buffer() == b.Buffer() && a.Offset() < b.Offset()+b.Shape().Elems() && b.Offset() < a.Offset()+a.Shape().Elems()
}

// CheckTransfer panics with a *tensor.ShapeError unless host is a slice that the
// numbers of t can be copied to or from: as long as the tensor, of float32 or float64
// for a float tensor, of int32 or uint8 for one of these. Backends call it first in
// Upload, Fetch and Download.
func CheckTransfer(op string, t *tensor.Tensor, host any) {
	var n int
	var fits bool
	switch host := host.(type) {
	case []float32:
		n, fits = len(host), t.DType() != tensor.I32 && t.DType() != tensor.U8
	case []float64:
		n, fits = len(host), t.DType() != tensor.I32 && t.DType() != tensor.U8
	case []int32:
		n, fits = len(host), t.DType() == tensor.I32
	case []uint8:
		n, fits = len(host), t.DType() == tensor.U8
	}
	switch {
	case !fits:
		panic(&tensor.ShapeError{Op: op, Msg: fmt.Sprintf("a %T does not go with %v elements", host, t.DType())})
	case n != t.Shape().Elems():
		panic(&tensor.ShapeError{Op: op, Msg: fmt.Sprintf("tensor %v has %d elements, the host slice %d", t.Shape(), t.Shape().Elems(), n)})
	}
}
