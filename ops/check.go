package ops

import (
	"fmt"

	"github.com/godmae/godmae/tensor"
)

// Check validates the arguments of Run for a backend with the given float type.
// It panics with a *tensor.ShapeError if the number of tensors, an element type
// or a shape does not match the operation's row. It also refuses attributes that
// the operation does not read, and an output that shares memory with an input or
// another output. Backends call it first in Run, so kernels and shaders need no
// checks.
//
// Of an output that is computed only the size is compared, because the gradient of
// a parameter may have another shape of the same size: kernels take shapes from the
// inputs. Check does not read the elements of tensors: callers must ensure that
// indices are in range.
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

// Outputs returns the kinds and shapes of op's outputs for the given inputs. It
// panics with a *tensor.ShapeError as [Check] does, also if op works in place.
func Outputs(float tensor.DType, op *Op, in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
	if op.InPlace != nil {
		op.fail("it works in place and makes no outputs")
	}
	return op.check(float, nil, in, at)
}

// check validates everything except the shapes of computed outputs. out is nil
// if the outputs do not exist yet.
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

// CheckTransfer panics with a *tensor.ShapeError unless host is a slice that t can be
// copied to or from. Its length is that of the tensor. Its type is float32 or float64
// for a float tensor, and the tensor's type otherwise. Backends call it first in
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
