package ref

import (
	"fmt"
	"math"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// Backend implements ops.Backend in float64. The zero value is not usable; see
// New.
type Backend struct {
	live []*slot // tensors of the open scopes, then slots to be used again
	used int     // how many of them are live
	open []int   // what used was when each open scope began

	out, in [maxArgs]ops.Array
	outPtr  [maxArgs]*ops.Array
	inPtr   [maxArgs]*ops.Array
}

const (
	name    = "ref"
	maxArgs = 8
)

// slot is a tensor with the memory it owns.
type slot struct {
	t tensor.Tensor
	f tensor.Host[float64]
	i tensor.Host[int32]
}

// New returns an empty reference backend.
func New() *Backend { return &Backend{} }

// Name returns "ref".
func (b *Backend) Name() string { return name }

// Float returns tensor.F64.
func (b *Backend) Float() tensor.DType { return tensor.F64 }

// New returns a tensor of the current scope, filled with NaN (or the smallest
// int32).
func (b *Backend) New(dtype tensor.DType, shape tensor.Shape) *tensor.Tensor {
	if b.used == len(b.live) {
		b.live = append(b.live, &slot{})
	}
	s := b.live[b.used]
	b.used++
	s.init(dtype, shape)
	s.poison()
	return &s.t
}

// Persist returns a zero-filled tensor that lives as long as the backend.
func (b *Backend) Persist(dtype tensor.DType, shape tensor.Shape) *tensor.Tensor {
	s := &slot{}
	s.init(dtype, shape)
	return &s.t
}

func (s *slot) init(dtype tensor.DType, shape tensor.Shape) {
	n := shape.Elems()
	switch dtype {
	case tensor.F64:
		s.f = tensor.Host[float64]{Name: name, Elem: resize(s.f.Elem, n)}
		s.t.Init(dtype, shape, &s.f, 0)
	case tensor.I32:
		s.i = tensor.Host[int32]{Name: name, Elem: resize(s.i.Elem, n)}
		s.t.Init(dtype, shape, &s.i, 0)
	default:
		panic(&tensor.ShapeError{Op: "ref.Backend.New", Msg: fmt.Sprintf("element type %v; the reference backend has f64 and i32", dtype)})
	}
}

// poison makes the use of undefined contents visible.
func (s *slot) poison() {
	if s.t.DType() == tensor.I32 {
		for i := range s.i.Elem {
			s.i.Elem[i] = math.MinInt32
		}
		return
	}
	for i := range s.f.Elem {
		s.f.Elem[i] = math.NaN()
	}
}

func resize[T float64 | int32](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// Mark opens a scope.
func (b *Backend) Mark() ops.Scope {
	b.open = append(b.open, b.used)
	return ops.Scope(len(b.open) - 1)
}

// Release closes a scope and all scopes inside it. It panics when the scope is
// not open any more.
func (b *Backend) Release(s ops.Scope) {
	if s < 0 || int(s) >= len(b.open) {
		panic(&tensor.ShapeError{Op: "ref.Backend.Release", Msg: fmt.Sprintf("scope %d of %d open ones", s, len(b.open))})
	}
	first := b.open[s]
	for _, slot := range b.live[first:b.used] {
		slot.poison()
	}
	b.used, b.open = first, b.open[:s]
}

// Upload copies host numbers into a tensor.
func (b *Backend) Upload(dst *tensor.Tensor, src any) {
	dst.Touch()
	switch src := src.(type) {
	case []float32:
		convert(floats(dst, len(src)), src)
	case []float64:
		copy(floats(dst, len(src)), src)
	case []int32:
		checkLen(dst, len(src))
		copy(tensor.Data[int32](dst), src)
	default:
		panic(&tensor.ShapeError{Op: "ref.Backend.Upload", Msg: fmt.Sprintf("cannot upload a %T", src)})
	}
}

// Download copies a tensor to the host. It returns nil: host memory cannot be lost.
func (b *Backend) Download(dst any, src *tensor.Tensor) error {
	switch dst := dst.(type) {
	case []float32:
		convert(dst, floats(src, len(dst)))
	case []float64:
		copy(dst, floats(src, len(dst)))
	case []int32:
		checkLen(src, len(dst))
		copy(dst, tensor.Data[int32](src))
	default:
		panic(&tensor.ShapeError{Op: "ref.Backend.Download", Msg: fmt.Sprintf("cannot download to a %T", dst)})
	}
	return nil
}

func convert[D, S float32 | float64](dst []D, src []S) {
	for i, v := range src {
		dst[i] = D(v)
	}
}

func floats(t *tensor.Tensor, n int) []float64 {
	checkLen(t, n)
	return tensor.Data[float64](t)
}

func checkLen(t *tensor.Tensor, n int) {
	if t.Shape().Elems() != n {
		panic(&tensor.ShapeError{Op: "ref.Backend", Msg: fmt.Sprintf("a tensor %v and %d host numbers", t.Shape(), n)})
	}
}

// Run runs the reference implementation.
func (b *Backend) Run(op *ops.Op, out, in []*tensor.Tensor, at *ops.Attr) {
	for i, t := range out {
		t.Touch()
		b.outPtr[i] = wrap(&b.out[i], t)
	}
	for i, t := range in {
		b.inPtr[i] = wrap(&b.in[i], t)
	}
	op.Ref(b.outPtr[:len(out)], b.inPtr[:len(in)], at)
}

// wrap makes a an array over the elements of t, and returns nil for an absent t.
func wrap(a *ops.Array, t *tensor.Tensor) *ops.Array {
	if t == nil {
		return nil
	}
	*a = ops.Array{Shape: t.Shape()}
	if t.DType() == tensor.I32 {
		a.I = tensor.Data[int32](t)
	} else {
		a.F = tensor.Data[float64](t)
	}
	return a
}

// Sync returns nil: nothing is asynchronous here, and nothing can fail.
func (b *Backend) Sync() error { return nil }

// Close frees the memory of all scopes.
func (b *Backend) Close() error {
	*b = Backend{}
	return nil
}
