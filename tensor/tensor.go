package tensor

import (
	"fmt"
	"sync/atomic"
)

// Buffer is device memory. Only the backend that made it knows its content.
type Buffer interface {
	// Device names the backend that owns the memory.
	Device() string
}

// Host is a Buffer in host memory.
type Host[T float32 | float64 | int32 | uint8] struct {
	Name string // of the owning backend
	Elem []T    // nil after FreeHost

	// Persistent memory belongs to one tensor, until FreeHost.
	Persistent bool
}

// Device returns the name of the owning backend.
func (h *Host[T]) Device() string { return h.Name }

// Tensor is a dense, row-major array: a dtype, a shape and a range of a
// buffer. Its strides follow from its shape. Tensors are made by backends;
// the zero value is unusable.
type Tensor struct {
	dtype   DType
	shape   Shape
	buf     Buffer
	off     int
	id      uint64
	version uint64
}

var nextID atomic.Uint64

// Init makes *t a tensor over buf, starting at element off, with a new ID.
// Backends use it to recycle headers of released tensors.
func (t *Tensor) Init(dtype DType, shape Shape, buf Buffer, off int) {
	*t = Tensor{dtype: dtype, shape: shape, buf: buf, off: off, id: nextID.Add(1)}
}

// DType returns the element type.
func (t *Tensor) DType() DType { return t.dtype }

// Shape returns the dimensions.
func (t *Tensor) Shape() Shape { return t.shape }

// Buffer returns the memory that holds the tensor.
func (t *Tensor) Buffer() Buffer { return t.buf }

// Offset returns the position of the first element in the buffer.
func (t *Tensor) Offset() int { return t.off }

// ID is unique among the tensors of the process. Caches of derived data (packed
// weights) key on ID and Version.
func (t *Tensor) ID() uint64 { return t.id }

// Version counts the writes to the tensor that a backend reported with Touch.
func (t *Tensor) Version() uint64 { return t.version }

// Touch records that the tensor's elements changed.
func (t *Tensor) Touch() { t.version++ }

// Reshape returns a tensor over the same elements with another shape of the
// same size.
func (t *Tensor) Reshape(s Shape) *Tensor {
	if s.Elems() != t.shape.Elems() {
		panic(&ShapeError{Op: "tensor.Reshape", Msg: fmt.Sprintf("%v has %d elements, %v has %d", t.shape, t.shape.Elems(), s, s.Elems())})
	}
	v := *t
	v.shape = s
	return &v
}

// View returns a tensor over elements [from, from+s.Elems()) of t.
func (t *Tensor) View(from int, s Shape) *Tensor {
	if from < 0 || from+s.Elems() > t.shape.Elems() {
		panic(&ShapeError{Op: "tensor.View", Msg: fmt.Sprintf("elements %d to %d of %v", from, from+s.Elems(), t.shape)})
	}
	v := &Tensor{}
	v.Init(t.dtype, s, t.buf, t.off+from)
	return v
}

// Data returns the elements of a tensor in host memory. It panics if the
// tensor is elsewhere or has another element type. Only the backend that
// owns the tensor may call it.
func Data[T float32 | float64 | int32 | uint8](t *Tensor) []T {
	h, ok := t.buf.(*Host[T])
	if !ok {
		panic(&ShapeError{Op: "tensor.Data", Msg: fmt.Sprintf("%v tensor %v is not host memory of that type (buffer %T)", t.dtype, t.shape, t.buf)})
	}
	n := t.shape.Elems()
	if t.off+n > len(h.Elem) {
		panic(&ShapeError{Op: "tensor.Data", Msg: fmt.Sprintf("the memory of the %v tensor %v was freed", t.dtype, t.shape)})
	}
	return h.Elem[t.off : t.off+n : t.off+n]
}

// FreeHost drops the memory of a tensor in persistent host memory. It panics if t is a
// view, if its memory is not persistent, or if it was freed before. op is the name of
// the function in the message.
func FreeHost(op string, t *Tensor) {
	switch h := t.buf.(type) {
	case *Host[float32]:
		freeHost(op, t, h)
	case *Host[float64]:
		freeHost(op, t, h)
	case *Host[int32]:
		freeHost(op, t, h)
	case *Host[uint8]:
		freeHost(op, t, h)
	default:
		panic(&ShapeError{Op: op, Msg: fmt.Sprintf("tensor %v is not in host memory", t.shape)})
	}
}

func freeHost[T float32 | float64 | int32 | uint8](op string, t *Tensor, h *Host[T]) {
	switch {
	case !h.Persistent:
		panic(&ShapeError{Op: op, Msg: fmt.Sprintf("tensor %v was not made by Persist", t.shape)})
	case h.Elem == nil:
		panic(&ShapeError{Op: op, Msg: fmt.Sprintf("tensor %v was freed before", t.shape)})
	case t.off != 0 || t.shape.Elems() != len(h.Elem):
		panic(&ShapeError{Op: op, Msg: fmt.Sprintf("tensor %v is a view; free the whole tensor", t.shape)})
	}
	h.Elem = nil
}

// DType is the type of a tensor's elements.
type DType uint8

// The element types. BF16 is the upper half of a float32.
const (
	F32 DType = iota
	F64
	BF16
	I32
	U8
)

var dtypes = [...]struct {
	name string
	size int
}{F32: {"f32", 4}, F64: {"f64", 8}, BF16: {"bf16", 2}, I32: {"i32", 4}, U8: {"u8", 1}}

// Size returns the size of an element in bytes.
func (d DType) Size() int { return dtypes[d].size }

// String returns the short name of the type, such as "f32".
func (d DType) String() string {
	if int(d) >= len(dtypes) {
		return fmt.Sprintf("DType(%d)", uint8(d))
	}
	return dtypes[d].name
}
