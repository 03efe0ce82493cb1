package ops

import "github.com/godmae/godmae/tensor"

// AddInPlace is y = y + x. Output, updated in place: y. Input: x of the same
// size. It adds up the gradients of a value that is used twice.
var AddInPlace = &Op{
	Name:    "add_in_place",
	In:      []Param{{Name: "x"}},
	Out:     []Param{{Name: "y"}},
	Batch:   Batch{Rule: PerSample},
	InPlace: func(out, in []*tensor.Tensor, _ *Attr) { sameSize("add_in_place", "y and x", out, in) },
	Ref: func(out, in []*Array, _ *Attr) {
		for i, x := range in[0].F {
			out[0].F[i] += x
		}
	},
	Cases: func() []Case { return []Case{{Name: "add", In: []Arg{N(3, 37)}, Out: []Arg{N(3, 37)}}} },
}

// ScaleInPlace is y = Scale*y. Output, updated in place: y. Attribute: Scale.
var ScaleInPlace = &Op{
	Name:    "scale_in_place",
	Out:     []Param{{Name: "y"}},
	Reads:   AttrScale,
	Batch:   Batch{Rule: PerSample},
	InPlace: func(_, _ []*tensor.Tensor, _ *Attr) {}, // any shape
	Ref: func(out, _ []*Array, at *Attr) {
		for i := range out[0].F {
			out[0].F[i] *= at.Scale
		}
	},
	Cases: func() []Case {
		return []Case{{Name: "scale", At: Attr{Scale: 0.375}, Out: []Arg{N(37)}}}
	},
}

// Fill sets every element of a tensor to Value. Output, overwritten: y.
// Attribute: Value.
var Fill = &Op{
	Name:    "fill",
	Out:     []Param{{Name: "y"}},
	Reads:   AttrValue,
	Moves:   true,
	Batch:   Batch{Rule: PerSample},
	InPlace: func(_, _ []*tensor.Tensor, _ *Attr) {}, // any shape
	Ref: func(out, _ []*Array, at *Attr) {
		for i := range out[0].F {
			out[0].F[i] = at.Value
		}
	},
	Cases: func() []Case {
		return []Case{{Name: "zero", Out: []Arg{N(37)}}, {Name: "value", At: Attr{Value: 0.25}, Out: []Arg{N(2, 3)}}}
	},
}

// Copy is y = x. Input: x. Output: y like x.
var Copy = &Op{
	Name:  "copy",
	In:    []Param{{Name: "x"}},
	Out:   []Param{{Name: "y"}},
	Moves: true,
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, _ *Attr) [MaxOut]Spec {
		return [MaxOut]Spec{F(in[0].Shape())}
	},
	Ref:   func(out, in []*Array, _ *Attr) { copy(out[0].F, in[0].F) },
	Cases: func() []Case { return []Case{{Name: "copy", In: []Arg{N(3, 37)}}} },
}

// sameSize panics unless all outputs and inputs that are present have the same
// number of elements.
func sameSize(op, what string, out, in []*tensor.Tensor) {
	n := out[0].Shape().Elems()
	for _, list := range [2][]*tensor.Tensor{out, in} {
		for _, t := range list {
			if t != nil && t.Shape().Elems() != n {
				shapeError(op, what+" of one size", append(append([]*tensor.Tensor(nil), out...), in...))
			}
		}
	}
}
