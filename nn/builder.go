package nn

import (
	"fmt"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// Builder collects the parameters of a model. Each layer's constructor
// declares its parameters, and the order of the declarations is the model's
// canonical order. [Builder.Allocate] allocates memory later, so a file can be
// compared with the model before ([Match]):
//
//	b := nn.NewBuilder()
//	head := nn.NewLinear(b, "head", 768, 10, nn.Normal(0.02))
//	err := nn.Match(b.Specs(), file, nil)
//	params := b.Allocate(backend) // from here on head can be used
type Builder struct {
	list   []*Param
	byName map[string]*Param
}

// NewBuilder returns a builder without parameters.
func NewBuilder() *Builder { return &Builder{byName: map[string]*Param{}} }

// Param declares a parameter. A layer may store its Var at once and use it after
// [Builder.Allocate]. Param panics if the name was declared before, or if View
// has another number of elements than Shape.
func (b *Builder) Param(s Spec) *Param {
	if s.View == (tensor.Shape{}) {
		s.View = s.Shape
	}
	if s.View.Elems() != s.Shape.Elems() || b.byName[s.Name] != nil {
		panic(&tensor.ShapeError{Op: "nn.Builder.Param", Msg: fmt.Sprintf("parameter %q of shape %v, used as %v, is a duplicate or has another size", s.Name, s.Shape, s.View)})
	}
	p := &Param{Spec: s, Index: len(b.list), Var: &autograd.Variable{}}
	b.list = append(b.list, p)
	b.byName[s.Name] = p
	return p
}

// Fix marks the parameters for which fixed returns true as fixed: they are not
// trained and have no gradient.
func (b *Builder) Fix(fixed func(name string) bool) {
	for _, p := range b.list {
		p.Fixed = p.Fixed || fixed(p.Name)
	}
}

// Specs returns the declared parameters, in order.
func (b *Builder) Specs() []Spec {
	specs := make([]Spec, len(b.list))
	for i, p := range b.list {
		specs[i] = p.Spec
	}
	return specs
}

// Allocate allocates the parameters on a backend, with value zero; then the
// layers can be used. Call Init or load values next, and EnableGrad to train.
// The builder is empty afterwards.
func (b *Builder) Allocate(backend ops.Backend) *Params {
	p := &Params{b: backend, list: b.list, byName: b.byName}
	*b = *NewBuilder()
	total := 0
	place := func(fixed bool) {
		for _, param := range p.list {
			if param.Fixed == fixed {
				param.offset = total
				total += (param.Elems() + Align - 1) / Align * Align
			}
		}
	}
	place(false)
	p.flat = total
	place(true)
	p.values = backend.Persist(backend.Float(), tensor.Of(total))
	for _, param := range p.list {
		param.Value = p.values.View(param.offset, param.View)
		*param.Var = *autograd.NewConst(param.Value)
	}
	return p
}
