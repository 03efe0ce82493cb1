package cpu

import "github.com/godmae/godmae/tensor"

const (
	chunkElems  = 4 << 20 // elements of a chunk, unless one tensor needs more
	headerChunk = 256     // tensor headers allocated at a time
	align       = 16      // elements: a cache line of float32
)

// arena allocates ranges of elements from chunks, which it keeps and reuses, so
// a training step after the first allocates nothing.
type arena[T float32 | int32 | uint8] struct {
	name   string
	chunks []*tensor.Host[T]
	chunk  int // chunk in use
	used   int // elements used of it
}

type arenaMark struct{ chunk, used int }

func (a *arena[T]) mark() arenaMark     { return arenaMark{a.chunk, a.used} }
func (a *arena[T]) release(m arenaMark) { a.chunk, a.used = m.chunk, m.used }

// take returns a buffer and an offset with room for n elements.
func (a *arena[T]) take(n int) (*tensor.Host[T], int) {
	n = (n + align - 1) &^ (align - 1)
	for ; a.chunk < len(a.chunks); a.chunk, a.used = a.chunk+1, 0 {
		c := a.chunks[a.chunk]
		if a.used+n <= len(c.Elem) {
			off := a.used
			a.used += n
			return c, off
		}
		if a.used == 0 {
			// An empty chunk that is too small: replace it by one that fits, so
			// that repeated large steps do not skip it each time.
			a.chunks[a.chunk] = a.newChunk(n)
			a.used = n
			return a.chunks[a.chunk], 0
		}
	}
	a.chunks = append(a.chunks, a.newChunk(n))
	a.used = n
	return a.chunks[a.chunk], 0
}

func (a *arena[T]) newChunk(n int) *tensor.Host[T] {
	return &tensor.Host[T]{Name: a.name, Elem: make([]T, max(n, chunkElems))}
}

// headers recycles tensor headers in the order they were taken.
type headers struct {
	chunks [][]tensor.Tensor
	used   int
}

func (h *headers) take() *tensor.Tensor {
	c, i := h.used/headerChunk, h.used%headerChunk
	if c == len(h.chunks) {
		h.chunks = append(h.chunks, make([]tensor.Tensor, headerChunk))
	}
	h.used++
	return &h.chunks[c][i]
}
