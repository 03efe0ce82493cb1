package checkpoint

import "math"

// DType is the element type of a stored tensor, spelled as in safetensors.
type DType string

// The element types this package reads and writes.
const (
	F64  DType = "F64"
	F32  DType = "F32"
	F16  DType = "F16"  // IEEE half precision
	BF16 DType = "BF16" // the upper half of a float32
	I64  DType = "I64"
	I32  DType = "I32"
	I16  DType = "I16"
	I8   DType = "I8"
	U64  DType = "U64"
	U32  DType = "U32"
	U16  DType = "U16"
	U8   DType = "U8"
	Bool DType = "BOOL" // one byte each
)

// Element types that are listed and copied bit for bit, but that no model uses.
const (
	F8E4M3 DType = "F8_E4M3" // PyTorch's float8_e4m3fn
	F8E5M2 DType = "F8_E5M2"
	F8E8M0 DType = "F8_E8M0" // PyTorch's float8_e8m0fnu
	C64    DType = "C64"     // two float32
)

// Size returns the bytes of one element, or 0 for a type that is not known.
func (d DType) Size() int {
	switch d {
	case F64, I64, U64, C64:
		return 8
	case F32, I32, U32:
		return 4
	case F16, BF16, I16, U16:
		return 2
	case I8, U8, Bool, F8E4M3, F8E5M2, F8E8M0:
		return 1
	}
	return 0
}

// IsFloat reports whether the type holds floating point numbers that can be
// read as such.
func (d DType) IsFloat() bool { return d == F64 || d == F32 || d == F16 || d == BF16 }

// IsCopied reports whether tensors of the type can only be copied.
func (d DType) IsCopied() bool { return d == F8E4M3 || d == F8E5M2 || d == F8E8M0 || d == C64 }

// float16ToFloat32 widens an IEEE half; every half is exact as a float32.
func float16ToFloat32(h uint16) float32 {
	sign := uint32(h>>15) << 31
	exp := uint32(h >> 10 & 0x1f)
	frac := uint32(h & 0x3ff)
	switch exp {
	case 0: // zero or subnormal: frac * 2^-24, exact
		f := float32(frac) * (1.0 / (1 << 24))
		return math.Float32frombits(math.Float32bits(f) | sign)
	case 0x1f: // infinity or NaN
		return math.Float32frombits(sign | 0x7f800000 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}

// bfloat16ToFloat32 widens a bfloat16, exactly.
func bfloat16ToFloat32(b uint16) float32 { return math.Float32frombits(uint32(b) << 16) }
