package tensor

import "fmt"

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
