package ops

import (
	"slices"

	"github.com/godmae/godmae/tensor"
)

// Arena is a Backend that records the tensors made by its Persist, so a job can
// free all of them on a backend that it does not own, also after an error.
//
// It hides whether the backend is a [Splitter].
type Arena struct {
	Backend
	made []*tensor.Tensor
}

// NewArena returns an arena on a backend, which the caller closes.
func NewArena(b Backend) *Arena { return &Arena{Backend: b} }

// Persist calls the backend's Persist and records the tensor.
func (a *Arena) Persist(dtype tensor.DType, shape tensor.Shape) *tensor.Tensor {
	t := a.Backend.Persist(dtype, shape)
	a.made = append(a.made, t)
	return t
}

// Free calls the backend's Free and removes the record.
func (a *Arena) Free(t *tensor.Tensor) {
	a.made = slices.DeleteFunc(a.made, func(m *tensor.Tensor) bool { return m.Buffer() == t.Buffer() && m.Offset() == t.Offset() })
	a.Backend.Free(t)
}

// FreeAll frees the recorded tensors.
func (a *Arena) FreeAll() {
	for _, t := range a.made {
		a.Backend.Free(t)
	}
	a.made = nil
}
