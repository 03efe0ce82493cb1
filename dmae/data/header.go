package data

import (
	"bytes"
	"io"
)

// header reads the beginning of a file. Apart from a first small read, it reads
// no more than is needed.
type header struct {
	r     io.Reader
	ahead []byte
}

// readAhead is enough for all formats unless a comment or another segment
// precedes the size.
const readAhead = 512

func newHeader(r io.Reader) *header {
	first := make([]byte, readAhead)
	n, _ := io.ReadFull(r, first) // a later read returns the error
	return &header{r: r, ahead: first[:n]}
}

// newHeaderOf reads the header of a file that is in memory.
func newHeaderOf(file []byte) *header { return &header{r: bytes.NewReader(nil), ahead: file} }

// peek returns up to n of the next bytes without reading them. There are fewer
// where the file or the first read ends.
func (h *header) peek(n int) []byte { return h.ahead[:min(n, len(h.ahead))] }

// Read implements io.Reader.
func (h *header) Read(p []byte) (int, error) {
	if len(h.ahead) == 0 {
		return h.r.Read(p)
	}
	n := copy(p, h.ahead)
	h.ahead = h.ahead[n:]
	return n, nil
}

// ReadByte implements io.ByteReader.
func (h *header) ReadByte() (byte, error) {
	if len(h.ahead) == 0 {
		more := make([]byte, readAhead)
		n, err := io.ReadAtLeast(h.r, more, 1)
		if err != nil {
			return 0, err
		}
		h.ahead = more[:n]
	}
	b := h.ahead[0]
	h.ahead = h.ahead[1:]
	return b, nil
}

// next returns the next n bytes, a small number.
func (h *header) next(n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(h, b)
	return b, err
}

// Discard skips n bytes.
func (h *header) Discard(n int) (int, error) {
	k := min(n, len(h.ahead))
	h.ahead = h.ahead[k:]
	if k == n {
		return n, nil
	}
	if s, ok := h.r.(io.Seeker); ok {
		if _, err := s.Seek(int64(n-k), io.SeekCurrent); err == nil {
			return n, nil
		}
	}
	m, err := io.CopyN(io.Discard, h.r, int64(n-k))
	return k + int(m), err
}
