package ops

import (
	"hash/fnv"

	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/tensor"
)

// Case is one input of an operation's tests.
type Case struct {
	Name string
	At   Attr
	In   []Arg // positional; a zero Arg is an absent optional input
	Out  []Arg // initial outputs, for operations that work in place (others: drawn when Accumulate is set)
	// NoGrad lists inputs whose derivative is not defined or not offered (for
	// example the target of a loss).
	NoGrad []int

	// Apart gives a case its own hash, because the hash of its operation was
	// committed before the case was added.
	Apart bool
}

// Arg describes a test input: a float tensor drawn from a normal distribution
// with the given scale and offset, or given integers or bytes.
type Arg struct {
	Shape   tensor.Shape
	Scale   float64 // standard deviation; 0 means 1
	Offset  float64
	Ints    []int32   // an I32 tensor with these elements
	Bytes   []uint8   // a U8 tensor with these elements
	Floats  []float64 // fixed elements instead of drawn ones
	Present bool
}

// N returns an Arg drawn from the standard normal distribution.
func N(dims ...int) Arg { return Arg{Shape: tensor.Of(dims...), Present: true} }

// Shapes returns tensors without memory that have the types and shapes of op's
// inputs, for float64; nil where absent.
func (c *Case) Shapes(op *Op) []*tensor.Tensor {
	shapes := make([]*tensor.Tensor, len(op.In))
	for i, a := range c.In {
		if a.Present {
			shapes[i] = &tensor.Tensor{}
			shapes[i].Init(a.kind().DType(tensor.F64), a.Shape, nil, 0)
		}
	}
	return shapes
}

func (a *Arg) kind() Kind {
	switch {
	case a.Ints != nil:
		return Int
	case a.Bytes != nil:
		return Byte
	}
	return Float
}

// Draw returns the inputs of a case, nil where absent, and its outputs. Outputs
// have initial values if the operation adds to them or works in place, and are
// zero otherwise. The numbers depend only on the names of the operation and the
// case, are the same on all machines, and are exact in float32.
func (c *Case) Draw(op *Op) (in, out []*Array) {
	h := fnv.New64a()
	h.Write([]byte(op.Name + "/" + c.Name))
	addr := philox.Addr{Seed: h.Sum64(), Stream: philox.FirstUserStream}
	for i := range op.In {
		var a Arg
		if i < len(c.In) {
			a = c.In[i]
		}
		addr.A = uint32(i)
		in = append(in, a.draw(addr))
	}
	initial := c.Out
	if op.InPlace == nil {
		specs := Outputs(tensor.F64, op, c.Shapes(op), &c.At)
		initial = make([]Arg, len(op.Out))
		for i := range initial {
			n := specs[i].Shape.Elems()
			initial[i] = Arg{Shape: specs[i].Shape, Present: true}
			switch {
			case specs[i].Kind == Int:
				initial[i].Ints = make([]int32, n)
			case !c.At.Accumulate:
				initial[i].Floats = make([]float64, n)
			}
		}
	}
	for i, a := range initial {
		addr.A = uint32(1000 + i)
		out = append(out, a.draw(addr))
	}
	return in, out
}

// draw returns the array of an Arg. Normal deviates are sums of twelve
// uniforms, because functions such as the logarithm differ between machines.
func (a Arg) draw(addr philox.Addr) *Array {
	switch {
	case !a.Present:
		return nil
	case a.Ints != nil:
		return &Array{Shape: a.Shape, I: append(make([]int32, 0, len(a.Ints)), a.Ints...)}
	case a.Bytes != nil:
		return &Array{Shape: a.Shape, U: append(make([]uint8, 0, len(a.Bytes)), a.Bytes...)}
	}
	r := &Array{Shape: a.Shape, F: make([]float64, a.Shape.Elems())}
	if a.Floats != nil {
		for i, v := range a.Floats {
			r.F[i] = float64(float32(v))
		}
		return r
	}
	scale := a.Scale
	if scale == 0 {
		scale = 1
	}
	gen := philox.NewGen(addr)
	for i := range r.F {
		n := -6.0
		for range 12 {
			n += float64(gen.Float32())
		}
		r.F[i] = float64(float32(float64(scale*n) + a.Offset))
	}
	return r
}
