package ops

import (
	"slices"

	"github.com/godmae/godmae/tensor"
)

// Arena is a Backend that remembers what Persist made on it, so that a job can give
// all of it back to the backend it was lent, however the job ends.
type Arena struct {
	Backend
	made []*tensor.Tensor
}

// NewArena returns an arena on a backend, which the caller closes.
func NewArena(b Backend) *Arena { return &Arena{Backend: b} }

// Persist is that of the backend.
func (a *Arena) Persist(dtype tensor.DType, shape tensor.Shape) *tensor.Tensor {
	t := a.Backend.Persist(dtype, shape)
	a.made = append(a.made, t)
	return t
}

// Free is that of the backend.
func (a *Arena) Free(t *tensor.Tensor) {
	a.made = slices.DeleteFunc(a.made, func(m *tensor.Tensor) bool { return m.Buffer() == t.Buffer() && m.Offset() == t.Offset() })
	a.Backend.Free(t)
}

// FreeAll frees what Persist made and Free did not free.
func (a *Arena) FreeAll() {
	for _, t := range a.made {
		a.Backend.Free(t)
	}
	a.made = nil
}
