package ref

import (
	"fmt"
	"math"
	"runtime"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// Backend implements ops.Backend in float64. The zero value is not usable; see
// New.
type Backend struct {
	live []*slot // tensors of the open scopes, then slots to be used again
	used int     // how many of them are live
	open []int   // the value of used when each open scope began

	out, in [ops.MaxIn]ops.Array
	outPtr  [ops.MaxOut]*ops.Array
	inPtr   [ops.MaxIn]*ops.Array
}

const name = "ref"

func init() {
	ops.Register(ops.BackendKind{
		Name: name, Help: "the reference: float64, not vectorised, slow",
		Open: func(ops.OpenOptions) (ops.Backend, error) { return New(), nil },
	})
}

// slot is a tensor with the memory it owns.
type slot struct {
	t tensor.Tensor
	f tensor.Host[float64]
	i tensor.Host[int32]
	u tensor.Host[uint8]
}

// New returns an empty reference backend.
func New() *Backend { return &Backend{} }

// Identity names the float64 reference.
func (b *Backend) Identity() ops.Identity {
	return ops.Identity{Name: name, Device: runtime.GOARCH, Driver: runtime.Version(), Contract: "ref/f64", Precision: "f64"}
}

// Has returns true: every operation has a reference implementation.
func (b *Backend) Has(*ops.Op) bool { return true }

// Float returns tensor.F64.
func (b *Backend) Float() tensor.DType { return tensor.F64 }

// New returns a tensor of the current scope, filled with NaN (or the smallest
// int32, or 170).
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
	s.f.Persistent, s.i.Persistent, s.u.Persistent = true, true, true
	return &s.t
}

// Free drops the memory of a tensor made by Persist. Using a view of it afterwards
// panics.
func (b *Backend) Free(t *tensor.Tensor) { tensor.FreeHost("ref.Free", t) }

func (s *slot) init(dtype tensor.DType, shape tensor.Shape) {
	n := shape.Elems()
	switch dtype {
	case tensor.F64:
		s.f = tensor.Host[float64]{Name: name, Elem: resize(s.f.Elem, n)}
		s.t.Init(dtype, shape, &s.f, 0)
	case tensor.I32:
		s.i = tensor.Host[int32]{Name: name, Elem: resize(s.i.Elem, n)}
		s.t.Init(dtype, shape, &s.i, 0)
	case tensor.U8:
		s.u = tensor.Host[uint8]{Name: name, Elem: resize(s.u.Elem, n)}
		s.t.Init(dtype, shape, &s.u, 0)
	default:
		panic(&tensor.ShapeError{Op: "ref.Backend.New", Msg: fmt.Sprintf("element type %v; the reference backend has f64, i32 and u8", dtype)})
	}
}

// poison fills undefined memory with values that make its use visible.
func (s *slot) poison() {
	fill(s.f.Elem, math.NaN())
	fill(s.i.Elem, math.MinInt32)
	fill(s.u.Elem, poisonByte)
}

// poisonByte is the value of undefined bytes.
const poisonByte = 0xAA

func fill[T any](s []T, v T) {
	for i := range s {
		s[i] = v
	}
}

func resize[T float64 | int32 | uint8](s []T, n int) []T {
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

// Release closes a scope and all scopes inside it. It panics if the scope is no
// longer open.
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
	ops.CheckTransfer("ref.Upload", dst, src)
	dst.Touch()
	switch src := src.(type) {
	case []float32:
		convert(tensor.Data[float64](dst), src)
	case []float64:
		copy(tensor.Data[float64](dst), src)
	case []int32:
		copy(tensor.Data[int32](dst), src)
	case []uint8:
		copy(tensor.Data[uint8](dst), src)
	}
}

// Fetch copies a tensor to the host at once.
func (b *Backend) Fetch(dst any, src *tensor.Tensor) ops.Ticket {
	ops.CheckTransfer("ref.Fetch", src, dst)
	switch dst := dst.(type) {
	case []float32:
		convert(dst, tensor.Data[float64](src))
	case []float64:
		copy(dst, tensor.Data[float64](src))
	case []int32:
		copy(dst, tensor.Data[int32](src))
	case []uint8:
		copy(dst, tensor.Data[uint8](src))
	}
	return 0
}

// Await returns nil: Fetch has copied already, and host memory cannot be lost.
func (b *Backend) Await(ops.Ticket) error { return nil }

// Download is Await of Fetch.
func (b *Backend) Download(dst any, src *tensor.Tensor) error { return b.Await(b.Fetch(dst, src)) }

func convert[D, S float32 | float64](dst []D, src []S) {
	for i, v := range src {
		dst[i] = D(v)
	}
}

// Run runs the reference implementation.
func (b *Backend) Run(op *ops.Op, out, in []*tensor.Tensor, at *ops.Attr) {
	ops.Check(b.Float(), op, out, in, at)
	for i, t := range out {
		t.Touch()
		b.outPtr[i] = wrap(&b.out[i], t)
	}
	for i, t := range in {
		b.inPtr[i] = wrap(&b.in[i], t)
	}
	op.Ref(b.outPtr[:len(op.Out)], b.inPtr[:len(op.In)], at)
}

// wrap makes a an array over the elements of t, and returns nil for an absent t.
func wrap(a *ops.Array, t *tensor.Tensor) *ops.Array {
	if t == nil {
		return nil
	}
	*a = ops.Array{Shape: t.Shape()}
	switch t.DType() {
	case tensor.I32:
		a.I = tensor.Data[int32](t)
	case tensor.U8:
		a.U = tensor.Data[uint8](t)
	default:
		a.F = tensor.Data[float64](t)
	}
	return a
}

// Sync returns nil: nothing is asynchronous, and nothing can fail.
func (b *Backend) Sync() error { return nil }

// Close frees the memory of all scopes.
func (b *Backend) Close() error {
	*b = Backend{}
	return nil
}
