package checkpoint

import (
	"encoding/binary"
	"errors"
)

// errNotFinite ends the reading of a tensor.
var errNotFinite = errors.New("not finite")

// finite is an io.Writer for the little-endian bytes of whole elements. It
// fails with errNotFinite at an infinity or NaN.
type finite struct {
	size     int
	bits     func([]byte) uint64
	exponent uint64 // a number is finite unless all of these bits are set
}

// newFinite returns the writer for a type, and false for a type that is not
// floating point or can only be copied.
func newFinite(t DType) (finite, bool) {
	le := binary.LittleEndian
	half := func(b []byte) uint64 { return uint64(le.Uint16(b)) }
	switch t {
	case F64:
		return finite{8, le.Uint64, 0x7ff << 52}, true
	case F32:
		return finite{4, func(b []byte) uint64 { return uint64(le.Uint32(b)) }, 0xff << 23}, true
	case F16:
		return finite{2, half, 0x1f << 10}, true
	case BF16:
		return finite{2, half, 0xff << 7}, true
	}
	return finite{}, false
}

func (w finite) Write(b []byte) (int, error) {
	for at := 0; at < len(b); at += w.size {
		if w.bits(b[at:])&w.exponent == w.exponent {
			return at, errNotFinite
		}
	}
	return len(b), nil
}

// Finite reports whether all values of a tensor are finite. It is true for types
// that are not floating point and for those that can only be copied.
func (f *File) Finite(name string) (bool, error) {
	t, err := f.Tensor(name, name)
	if err != nil {
		return false, err
	}
	return t.Finite()
}

// Finite is [File.Finite] for a tensor that is to be written.
func (t Tensor) Finite() (bool, error) {
	w, ok := newFinite(t.DType)
	if !ok {
		return true, nil
	}
	err := t.encode(w, make([]byte, chunk))
	if errors.Is(err, errNotFinite) {
		return false, nil
	}
	return err == nil, err
}
