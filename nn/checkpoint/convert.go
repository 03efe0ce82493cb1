package checkpoint

import (
	"encoding/binary"
	"math"
)

// ReadFloat32 reads a tensor of any floating point type into dst, which has
// its number of elements; F64 is rounded to the nearest float32.
func (f *File) ReadFloat32(name string, dst []float32) error {
	info, err := f.lookup(name, len(dst), DType.IsFloat, "floating point numbers")
	if err != nil {
		return err
	}
	le := binary.LittleEndian
	switch info.DType {
	case F32:
		return decode(f, info, dst, func(dst []float32, b []byte) {
			for i := range dst {
				dst[i] = math.Float32frombits(le.Uint32(b[4*i:]))
			}
		})
	case F64:
		return decode(f, info, dst, func(dst []float32, b []byte) {
			for i := range dst {
				dst[i] = float32(math.Float64frombits(le.Uint64(b[8*i:])))
			}
		})
	case F16:
		return decode(f, info, dst, func(dst []float32, b []byte) {
			for i := range dst {
				dst[i] = float16ToFloat32(le.Uint16(b[2*i:]))
			}
		})
	default: // BF16
		return decode(f, info, dst, func(dst []float32, b []byte) {
			for i := range dst {
				dst[i] = bfloat16ToFloat32(le.Uint16(b[2*i:]))
			}
		})
	}
}

// Float32 reads a tensor of any floating point type as float32.
func (f *File) Float32(name string) ([]float32, error) {
	return allocate(f, name, f.ReadFloat32)
}

// Float64 reads a tensor of any floating point type as float64, exactly.
func (f *File) Float64(name string) ([]float64, error) {
	return allocate(f, name, func(name string, dst []float64) error {
		info, err := f.lookup(name, len(dst), DType.IsFloat, "floating point numbers")
		if err != nil {
			return err
		}
		if info.DType == F64 {
			return decode(f, info, dst, func(dst []float64, b []byte) {
				for i := range dst {
					dst[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
				}
			})
		}
		narrow := make([]float32, len(dst))
		if err := f.ReadFloat32(name, narrow); err != nil {
			return err
		}
		for i, v := range narrow {
			dst[i] = float64(v)
		}
		return nil
	})
}

// Int64 reads a tensor of any integer type but U64 (BOOL as 0 and 1).
func (f *File) Int64(name string) ([]int64, error) {
	return allocate(f, name, func(name string, dst []int64) error {
		le := binary.LittleEndian
		readers := map[DType]func(b []byte) int64{
			I64:  func(b []byte) int64 { return int64(le.Uint64(b)) },
			I32:  func(b []byte) int64 { return int64(int32(le.Uint32(b))) },
			I16:  func(b []byte) int64 { return int64(int16(le.Uint16(b))) },
			I8:   func(b []byte) int64 { return int64(int8(b[0])) },
			U32:  func(b []byte) int64 { return int64(le.Uint32(b)) },
			U16:  func(b []byte) int64 { return int64(le.Uint16(b)) },
			U8:   func(b []byte) int64 { return int64(b[0]) },
			Bool: func(b []byte) int64 { return int64(min(b[0], 1)) },
		}
		isInt := func(d DType) bool { return readers[d] != nil }
		info, err := f.lookup(name, len(dst), isInt, "integers of at most 64 bits with sign")
		if err != nil {
			return err
		}
		get := readers[info.DType]
		size := info.DType.Size()
		return decode(f, info, dst, func(dst []int64, b []byte) {
			for i := range dst {
				dst[i] = get(b[i*size:])
			}
		})
	})
}

func allocate[T any](f *File, name string, read func(string, []T) error) ([]T, error) {
	info, ok := f.Info(name)
	if !ok {
		return nil, f.missing(name)
	}
	v := make([]T, info.Elements())
	if err := read(name, v); err != nil {
		return nil, err
	}
	return v, nil
}

// decode converts a tensor chunk by chunk: convert fills all of its dst.
func decode[T any](f *File, info Info, dst []T, convert func(dst []T, b []byte)) error {
	size := info.DType.Size()
	return f.chunks(info, func(b []byte) error {
		n := len(b) / size
		convert(dst[:n], b)
		dst = dst[n:]
		return nil
	})
}
