package ops

import "github.com/godmae/godmae/tensor"

// Backend allocates tensors on one device and runs operations on them.
//
// Running is asynchronous in spirit: every method may return before its work is
// done, and only Download and Sync wait. An error of the device (it was lost, its
// memory is full) is kept until then, and for good: from the first error on every
// Download and Sync returns it until Close, and the contents of all tensors are
// undefined. So nobody uses a number of a device, or writes one to a file, before a
// Download or Sync behind it has returned nil. A mistake of the program (shapes
// that do not fit) panics with a [tensor.ShapeError]. A Backend is used by one
// goroutine at a time.
type Backend interface {
	// Name identifies the backend in messages, such as "cpu" or "ref".
	Name() string

	// Float returns the floating-point type of the backend's tensors.
	Float() tensor.DType

	// New returns a tensor that lives until the scope it was made in is
	// released. Its contents are undefined.
	New(dtype tensor.DType, shape tensor.Shape) *tensor.Tensor

	// Persist returns a zero-filled tensor that lives until Close, whatever
	// scopes are released: parameters, gradients, optimiser state.
	Persist(dtype tensor.DType, shape tensor.Shape) *tensor.Tensor

	// Mark opens a scope. Release frees every tensor made by New since the
	// matching Mark. Scopes nest.
	Mark() Scope
	Release(Scope)

	// Upload copies host numbers into a tensor, converting between float types:
	// src is a []float32, []float64 or []int32 as long as the tensor. It has been
	// read when Upload returns.
	Upload(dst *tensor.Tensor, src any)

	// Download waits for all work and copies a tensor to the host, converting
	// between float types: dst is a []float32, []float64 or []int32 as long as the
	// tensor. The error is that of Sync; what dst holds is undefined then.
	Download(dst any, src *tensor.Tensor) error

	// Run computes op from in into out, which exist already. Optional inputs
	// that are absent are nil. The slices and attributes are not kept.
	Run(op *Op, out, in []*tensor.Tensor, at *Attr)

	// Sync waits for all work and returns the first error there has been.
	Sync() error

	// Close releases the device and all memory.
	Close() error
}

// Scope numbers the open scopes of a backend, outermost 0.
type Scope int

// Splitter is a Backend that computes independent samples faster side by side,
// each on a thread of its own with its numbers in that thread's caches, than
// together with all threads on one operation after the other. By the numerics
// contract the results are the same.
type Splitter interface {
	Backend

	// Lanes returns the backends that work side by side, at least one. A lane has
	// memory of its own and may read the tensors of the others and of the
	// backend itself. They live until that is closed.
	Lanes() []Backend

	// Split calls f(lane, task) for every task in 0..tasks-1 and returns when all
	// calls have; f computes on Lanes()[lane], and no two calls with the same lane
	// overlap. A panic of f reaches the caller.
	Split(tasks int, f func(lane, task int))
}
