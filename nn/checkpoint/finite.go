package checkpoint

import (
	"encoding/binary"
	"errors"
)

// errNotFinite ends the reading of a tensor.
var errNotFinite = errors.New("not finite")

// Finite reports whether all values of a tensor are finite numbers. Of types that
// hold no floating point numbers, and of those that are only copied, all are taken
// to be.
func (f *File) Finite(name string) (bool, error) {
	info, ok := f.Info(name)
	if !ok {
		return false, f.missing(name)
	}
	if !info.DType.IsFloat() {
		return true, nil
	}
	size, le := info.DType.Size(), binary.LittleEndian
	// A number is finite unless all bits of its exponent are set.
	var exponent uint64
	var bits func([]byte) uint64
	switch info.DType {
	case F64:
		exponent, bits = 0x7ff<<52, le.Uint64
	case F32:
		exponent, bits = 0xff<<23, func(b []byte) uint64 { return uint64(le.Uint32(b)) }
	case F16:
		exponent, bits = 0x1f<<10, func(b []byte) uint64 { return uint64(le.Uint16(b)) }
	case BF16:
		exponent, bits = 0xff<<7, func(b []byte) uint64 { return uint64(le.Uint16(b)) }
	}
	err := f.chunks(info, func(b []byte) error {
		for ; len(b) > 0; b = b[size:] {
			if bits(b)&exponent == exponent {
				return errNotFinite
			}
		}
		return nil
	})
	if errors.Is(err, errNotFinite) {
		return false, nil
	}
	return err == nil, err
}
