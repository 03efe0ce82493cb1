package vulkan

import (
	"errors"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// Upload copies host numbers to memory that the device sees too, and has them copied
// on in the order of the work.
func (b *Backend) Upload(dst *tensor.Tensor, src any) {
	m := b.buffer("vulkan.Upload", dst)
	ops.CheckTransfer("vulkan.Upload", dst, src)
	dst.Touch()
	size := uint64(dst.DType().Size())
	to := m.place.span.lo + uint64(dst.Offset())*size
	for first, n := 0, dst.Shape().Elems(); first < n && b.err == nil; {
		count := min(n-first, int(stagingChunk/size))
		bytes := uint64(count) * size
		c, from, err := b.staging.take(bytes, false)
		if !b.check(err) {
			return
		}
		put(c.block, from, bytes, src, first)
		b.check(b.recorder.copy(m.place.block, to+uint64(first)*size, c.block, from, bytes))
		first += count
	}
}

// put writes elements of src, from the given one on, to a block.
func put(c *block, from, bytes uint64, src any, first int) {
	switch src := src.(type) {
	case []float32:
		copy(hostSlice[float32](c, from, bytes), src[first:])
	case []float64:
		dst := hostSlice[float32](c, from, bytes)
		for i := range dst {
			dst[i] = float32(src[first+i])
		}
	case []int32:
		copy(hostSlice[int32](c, from, bytes), src[first:])
	case []uint8:
		copy(hostSlice[uint8](c, from, bytes), src[first:])
	}
}

// get reads elements of dst, from the given one on, from a block.
func get(c *block, from, bytes uint64, dst any, first int) {
	switch dst := dst.(type) {
	case []float32:
		copy(dst[first:], hostSlice[float32](c, from, bytes))
	case []float64:
		for i, v := range hostSlice[float32](c, from, bytes) {
			dst[first+i] = float64(v)
		}
	case []int32:
		copy(dst[first:], hostSlice[int32](c, from, bytes))
	case []uint8:
		copy(dst[first:], hostSlice[uint8](c, from, bytes))
	}
}

// fetch is a copy to the host under way.
type fetch struct {
	dst    any
	pieces []piece
	value  uint64 // the submission that the last piece is part of
}

// piece is a part of a fetch in memory that the host sees.
type piece struct {
	c           *chunk
	from, bytes uint64
	first       int // element
}

// Fetch has a tensor copied to memory that the host sees, and submits that.
func (b *Backend) Fetch(dst any, src *tensor.Tensor) ops.Ticket {
	m := b.buffer("vulkan.Fetch", src)
	ops.CheckTransfer("vulkan.Fetch", src, dst)
	b.tickets++
	f := &fetch{dst: dst}
	size := uint64(src.DType().Size())
	at := m.place.span.lo + uint64(src.Offset())*size
	for first, n := 0, src.Shape().Elems(); first < n && b.err == nil; {
		count := min(n-first, int(stagingChunk/size))
		bytes := uint64(count) * size
		c, from, err := b.staging.take(bytes, true)
		if !b.check(err) {
			break
		}
		f.pieces = append(f.pieces, piece{c, from, bytes, first})
		f.value = b.recorder.next()
		b.check(b.recorder.copy(c.block, from, m.place.block, at+uint64(first)*size, bytes))
		first += count
	}
	b.fetches[b.tickets] = f
	if b.err == nil {
		b.check(b.recorder.submit())
	}
	return b.tickets
}

// errClosed is the error of a fetch that nobody awaited in time.
var errClosed = errors.New("the Vulkan backend was closed before the numbers were fetched")

// Await waits for the submission that a fetch is part of, and copies the numbers to
// where they were wanted.
func (b *Backend) Await(t ops.Ticket) error {
	f := b.fetches[t]
	if f == nil { // it was awaited before, or stands for nothing
		return b.err
	}
	if b.closed {
		return errClosed
	}
	b.wait(f.value)
	delete(b.fetches, t)
	for _, p := range f.pieces {
		if b.err == nil {
			get(p.c.block, p.from, p.bytes, f.dst, p.first)
		}
		p.c.pinned--
	}
	return b.err
}

// Download is Await of Fetch.
func (b *Backend) Download(dst any, src *tensor.Tensor) error { return b.Await(b.Fetch(dst, src)) }
