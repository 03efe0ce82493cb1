package nn

import (
	"fmt"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/tensor"
)

// Align is the alignment, in elements, of parameters in the flat tensors: a
// cache line, and the 16 lanes of a reduction. So element i of a parameter is
// in lane i mod 16 of the gradient norm.
const Align = 16

// Spec describes a parameter before it has memory.
type Spec struct {
	Name  string       // timm's, such as "blocks.0.attn.qkv.weight"
	Shape tensor.Shape // as PyTorch stores it
	View  tensor.Shape // the shape for operations, if not Shape: same elements, same order
	Init  Initializer
	Fixed bool // not trained and without gradient, but stored with the model
	Whole bool // a count, below 2^24: an integer in files
}

// Param is a named parameter of a model.
type Param struct {
	Spec
	Index int                // index in the model's order
	Value *tensor.Tensor     // view of Params.Values, of shape View
	Grad  *tensor.Tensor     // view of Params.Grads; nil if Fixed, or before EnableGrad
	Var   *autograd.Variable // the leaf that layers use

	offset int // in Values, and in Grads unless Fixed
}

// Offset returns the parameter's first element in Params.Values and, unless it
// is fixed, in Params.Grads.
func (p *Param) Offset() int { return p.offset }

// Elems returns the number of elements.
func (p *Param) Elems() int { return p.Shape.Elems() }

// Params holds the parameters of a model in canonical order, which is that of
// the official PyTorch model.
type Params struct {
	b      ops.Backend
	list   []*Param
	byName map[string]*Param
	values *tensor.Tensor // trained parameters, then fixed ones
	grads  *tensor.Tensor // of the trained ones; nil before EnableGrad
	flat   int            // elements of grads

	zero    [1]*tensor.Tensor // arguments of ZeroGrad, kept to allocate nothing in a step
	nothing ops.Attr
}

// NewParams allocates parameters without layers on b, with value zero: see
// [Builder.Allocate]. It panics as [Builder.Param] does.
func NewParams(b ops.Backend, specs []Spec) *Params {
	declared := NewBuilder()
	for _, s := range specs {
		declared.Param(s)
	}
	return declared.Allocate(b)
}

// EnableGrad allocates the gradients, with value zero, if there are none yet.
// Before, all parameters are constants for a tape: inference needs no
// gradients.
func (p *Params) EnableGrad() {
	if p.grads != nil {
		return
	}
	p.grads = p.b.Persist(p.b.Float(), tensor.Of(p.flat))
	for _, param := range p.list {
		if !param.Fixed {
			param.Grad = p.grads.View(param.offset, param.View)
			*param.Var = *autograd.NewParam(param.Name, param.Value, param.Grad)
		}
	}
}

// Backend returns the backend that holds the parameters.
func (p *Params) Backend() ops.Backend { return p.b }

// All returns the parameters in canonical order; the slice must not be changed.
func (p *Params) All() []*Param { return p.list }

// Get returns the parameter with the given name, or nil.
func (p *Params) Get(name string) *Param { return p.byName[name] }

// Values returns all values as one flat tensor: the trained parameters, then
// the fixed ones.
func (p *Params) Values() *tensor.Tensor { return p.values }

// Trained returns the values of the trained parameters as one flat tensor with
// the layout of Grads.
func (p *Params) Trained() *tensor.Tensor { return p.values.View(0, tensor.Of(p.flat)) }

// Grads returns all gradients as one flat tensor, or nil before EnableGrad.
func (p *Params) Grads() *tensor.Tensor { return p.grads }

// Count returns the number of trained values.
func (p *Params) Count() int {
	n := 0
	for _, param := range p.list {
		if !param.Fixed {
			n += param.Elems()
		}
	}
	return n
}

// ZeroGrad clears all gradients.
func (p *Params) ZeroGrad() {
	p.zero[0] = p.grads
	p.b.Run(ops.Fill, p.zero[:], nil, &p.nothing)
}

// Init draws all values. Parameter i uses the stream Init at (seed, A = i).
func (p *Params) Init(seed uint64) {
	var buf []float32
	for _, param := range p.list {
		buf = append(buf[:0], make([]float32, param.Elems())...)
		param.Init(philox.NewGen(philox.Addr{Seed: seed, Stream: philox.Init, A: uint32(param.Index)}), buf)
		p.Upload(param, buf)
	}
}

// Upload sets a parameter's value, in row-major order.
func (p *Params) Upload(param *Param, src []float32) {
	p.b.Upload(param.Value, src)
	param.Value.Touch()
}

// Download returns a parameter's value, in row-major order, or the backend's
// error.
func (p *Params) Download(param *Param) ([]float32, error) {
	dst := make([]float32, param.Elems())
	if err := p.b.Download(dst, param.Value); err != nil {
		return nil, fmt.Errorf("cannot read the parameter %s back: %w", param.Name, err)
	}
	return dst, nil
}

// Free frees the memory of the parameters and their gradients on the backend. The
// model must not be used afterwards.
func (p *Params) Free() {
	p.b.Free(p.values)
	if p.grads != nil {
		p.b.Free(p.grads)
	}
}

// Touch marks all values as changed, after an optimiser step changed the flat
// tensor. Caches of packed weights key on each parameter's version.
func (p *Params) Touch() {
	for _, param := range p.list {
		param.Value.Touch()
	}
}
