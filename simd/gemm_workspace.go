package simd

import (
	"sync"
	"unsafe"
)

// Workspace is the scratch memory of one thread: packed panels of a product and
// the score matrices of attention. It grows to what the largest call needed and
// is reused from then on. The zero value is ready; one workspace must not serve
// two calls at a time.
type Workspace struct {
	a, b   []float32 // packed panels of op(A) and op(B)
	tile   []float32 // a tile of C that hangs over the edge
	scores [2][]float32
	mask   rowMask // of a softmax over scores
}

// floats returns n numbers of *buf on a cache line boundary, growing it when it
// is too short. What they hold is unspecified.
func floats(buf *[]float32, n int) []float32 {
	if len(*buf) < n {
		const line = 16 // float32 numbers in 64 bytes
		grown := make([]float32, n+line)
		skip := 0
		if at := uintptr(unsafe.Pointer(&grown[0])) % 64; at != 0 {
			skip = int(64-at) / 4
		}
		*buf = grown[skip : skip+n : skip+n]
	}
	return (*buf)[:n]
}

// spare holds workspaces for callers that have no pool.
var spare = sync.Pool{New: func() any { return new(Workspace) }}
