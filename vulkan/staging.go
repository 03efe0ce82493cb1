package vulkan

import "unsafe"

const (
	stagingChunk = 4 << 20 // bytes of a chunk, and the most that is copied at once
	stagingLimit = 8       // chunks, beyond which an upload waits for the device
)

// chunk is memory that the host and the device see. It is used up from its start and
// begun again when the device is done with it and no fetch is to be read from it.
type chunk struct {
	*block
	used   uint64
	value  uint64 // the last submission that uses it
	pinned int    // fetches that have not been awaited
}

// staging hands out memory through which numbers travel.
type staging struct {
	m      *memory
	r      *recorder
	chunks []*chunk
	at     int // chunk in use
}

// take returns a chunk with room for bytes, at most stagingChunk, and where in it.
func (s *staging) take(bytes uint64, pin bool) (*chunk, uint64, error) {
	c, err := s.room(bytes)
	if err != nil {
		return nil, 0, err
	}
	from := c.used
	c.used = (c.used + bytes + grain - 1) / grain * grain
	c.value = s.r.next()
	if pin {
		c.pinned++
	}
	return c, from, nil
}

func (s *staging) room(bytes uint64) (*chunk, error) {
	if len(s.chunks) > 0 && s.chunks[s.at].used+bytes <= s.chunks[s.at].size {
		return s.chunks[s.at], nil
	}
	if err := s.r.poll(); err != nil {
		return nil, err
	}
	if c := s.reuse(); c != nil {
		return c, nil
	}
	if len(s.chunks) >= stagingLimit {
		if oldest := s.oldest(); oldest != nil {
			if err := s.r.wait(oldest.value); err != nil {
				return nil, err
			}
			if c := s.reuse(); c != nil {
				return c, nil
			}
		}
	}
	b, err := s.m.newBlock(stagingChunk, true)
	if err != nil {
		return nil, err
	}
	s.chunks = append(s.chunks, &chunk{block: b})
	s.at = len(s.chunks) - 1
	return s.chunks[s.at], nil
}

// reuse begins a chunk again that nothing needs any more, if there is one.
func (s *staging) reuse() *chunk {
	for i, c := range s.chunks {
		if c.pinned == 0 && c.value <= s.r.done {
			c.used, s.at = 0, i
			return c
		}
	}
	return nil
}

// oldest returns the chunk that the device is done with first, or nil when all are
// pinned.
func (s *staging) oldest() (first *chunk) {
	for _, c := range s.chunks {
		if c.pinned == 0 && (first == nil || c.value < first.value) {
			first = c
		}
	}
	return first
}

func (s *staging) close() {
	for _, c := range s.chunks {
		s.m.free(c.block)
	}
	s.chunks = nil
}

// hostSlice returns bytes of a block as the host sees them.
func hostSlice[T float32 | int32 | uint8](b *block, from, bytes uint64) []T {
	var t T
	return unsafe.Slice((*T)(unsafe.Add(b.host, from)), bytes/uint64(unsafe.Sizeof(t)))
}
