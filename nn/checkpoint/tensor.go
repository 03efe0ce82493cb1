package checkpoint

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// Tensor is a named array to be written. It is made by Float32s, Float64s,
// Int64s, Int32s, Bytes or [File.Tensor]. It keeps the caller's slice, which
// must not change until the tensor is written.
type Tensor struct {
	Name  string
	DType DType
	Shape []int // no dimension: a scalar, which holds one element

	f32 []float32
	f64 []float64
	i64 []int64
	i32 []int32
	raw []byte

	stream func(io.Writer) error // writes the bytes, for a tensor of a file
}

// Float32s returns an F32 tensor over v, in row-major order.
func Float32s(name string, shape []int, v []float32) Tensor {
	return checkLen(Tensor{Name: name, DType: F32, Shape: shape, f32: v}, len(v))
}

// Float64s returns an F64 tensor over v, in row-major order.
func Float64s(name string, shape []int, v []float64) Tensor {
	return checkLen(Tensor{Name: name, DType: F64, Shape: shape, f64: v}, len(v))
}

// Int64s returns an I64 tensor over v, in row-major order.
func Int64s(name string, shape []int, v []int64) Tensor {
	return checkLen(Tensor{Name: name, DType: I64, Shape: shape, i64: v}, len(v))
}

// Int32s returns an I32 tensor over v, in row-major order.
func Int32s(name string, shape []int, v []int32) Tensor {
	return checkLen(Tensor{Name: name, DType: I32, Shape: shape, i32: v}, len(v))
}

// Bytes returns a tensor of any type over its little-endian bytes.
func Bytes(name string, dtype DType, shape []int, v []byte) Tensor {
	if dtype.Size() == 0 {
		panic(ShapeError{Name: name, DType: dtype, Shape: shape, Len: len(v)})
	}
	t := Tensor{Name: name, DType: dtype, Shape: shape, raw: v}
	if len(v)%dtype.Size() != 0 {
		panic(ShapeError{Name: name, DType: dtype, Shape: shape, Len: len(v)})
	}
	return checkLen(t, len(v)/dtype.Size())
}

// ShapeError is the panic value for a tensor whose data do not match its shape.
type ShapeError struct {
	Name  string
	DType DType
	Shape []int
	Len   int // elements (bytes for Bytes) given
}

func (e ShapeError) Error() string {
	return fmt.Sprintf("checkpoint: tensor %q of type %s and shape %v cannot hold %d elements", e.Name, e.DType, e.Shape, e.Len)
}

func checkLen(t Tensor, n int) Tensor {
	if want, ok := elements(t.Shape); !ok || want != int64(n) {
		panic(ShapeError{Name: t.Name, DType: t.DType, Shape: t.Shape, Len: n})
	}
	return t
}

// elements returns the product of a shape, and false when a dimension is
// negative or the product times 8 bytes does not fit an int64.
func elements(shape []int) (int64, bool) {
	n := int64(1)
	zero := false
	for _, d := range shape {
		switch {
		case d < 0:
			return 0, false
		case d == 0:
			zero = true
		case n > math.MaxInt64/8/int64(d):
			return 0, false
		default:
			n *= int64(d)
		}
	}
	if zero {
		return 0, true
	}
	return n, true
}

// byteLen returns the length of the stored data.
func (t Tensor) byteLen() int64 {
	n, _ := elements(t.Shape)
	return n * int64(t.DType.Size())
}

// encode writes the little-endian bytes of the tensor through buf.
func (t Tensor) encode(w io.Writer, buf []byte) error {
	switch {
	case t.f32 != nil:
		return encodeSlice(w, buf, t.f32, 4, func(b []byte, v float32) { binary.LittleEndian.PutUint32(b, math.Float32bits(v)) })
	case t.f64 != nil:
		return encodeSlice(w, buf, t.f64, 8, func(b []byte, v float64) { binary.LittleEndian.PutUint64(b, math.Float64bits(v)) })
	case t.i64 != nil:
		return encodeSlice(w, buf, t.i64, 8, func(b []byte, v int64) { binary.LittleEndian.PutUint64(b, uint64(v)) })
	case t.i32 != nil:
		return encodeSlice(w, buf, t.i32, 4, func(b []byte, v int32) { binary.LittleEndian.PutUint32(b, uint32(v)) })
	}
	if t.stream != nil {
		return t.stream(w)
	}
	_, err := w.Write(t.raw)
	return err
}

func encodeSlice[T any](w io.Writer, buf []byte, v []T, size int, put func([]byte, T)) error {
	for len(v) > 0 {
		n := min(len(v), len(buf)/size)
		for i, x := range v[:n] {
			put(buf[i*size:], x)
		}
		if _, err := w.Write(buf[:n*size]); err != nil {
			return err
		}
		v = v[n:]
	}
	return nil
}
