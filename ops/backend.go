package ops

import (
	"fmt"

	"github.com/godmae/godmae/tensor"
)

// Backend allocates tensors on one device and runs operations on them.
//
// Every method may return before its work is done; only Await, Download and Sync
// wait. They also report errors of the device, such as a lost device or full memory
// ([MemoryError]). Errors are permanent: after the first one, every Await, Download
// and Sync returns it until Close, and the contents of all tensors are undefined.
// Callers must not use or save a result before a later Await, Download or Sync has
// returned nil. A mistake of the program (arguments that [Check] refuses, a freed
// tensor) panics with a [tensor.ShapeError]. A Backend is used by one goroutine at a
// time.
type Backend interface {
	// Identity describes the backend and names its numerics contract.
	Identity() Identity

	// Float returns the floating-point type of the backend's tensors.
	Float() tensor.DType

	// Has reports whether the backend can run an operation.
	Has(op *Op) bool

	// New returns a tensor that lives until the scope in which it was made is
	// released. Its contents are undefined. The type is Float, I32 or U8.
	New(dtype tensor.DType, shape tensor.Shape) *tensor.Tensor

	// Persist returns a zero-filled tensor that lives until Free or Close,
	// independent of scopes: parameters, gradients, optimiser state.
	Persist(dtype tensor.DType, shape tensor.Shape) *tensor.Tensor

	// Free releases the memory of a tensor made by Persist, after all earlier
	// work is done. It takes the whole tensor and not a view. Views of the
	// tensor must not be used afterwards.
	Free(t *tensor.Tensor)

	// Mark opens a scope. Release frees every tensor made by New since the
	// matching Mark. Scopes nest.
	Mark() Scope
	Release(Scope)

	// Upload copies host numbers into a tensor, converting between float types:
	// src is a []float32, []float64, []int32 or []uint8 with the length of the
	// tensor. Upload reads src before it returns, so the caller may change it
	// afterwards.
	Upload(dst *tensor.Tensor, src any)

	// Fetch starts copying a tensor to the host, converting between float types. It
	// copies the contents after all earlier work. dst is a []float32, []float64,
	// []int32 or []uint8 with the length of the tensor. dst belongs to the backend
	// until Await for the ticket returns. After an error its contents are undefined.
	Fetch(dst any, src *tensor.Tensor) Ticket

	// Await waits until the fetch of the ticket is done. It need not wait for
	// later work. It returns the same error as Sync.
	Await(Ticket) error

	// Download is Await of Fetch.
	Download(dst any, src *tensor.Tensor) error

	// Run calls [Check] and then computes op from in into the existing tensors out.
	// Absent optional inputs are nil. Run does not keep the slices and attributes. Run
	// calls Touch on each of out, as Upload does on dst. It panics with a
	// [tensor.ShapeError] if Has is false for op.
	Run(op *Op, out, in []*tensor.Tensor, at *Attr)

	// Sync waits for all work and returns the first error since the backend was
	// opened.
	Sync() error

	// Close releases the device and all memory.
	Close() error
}

// Scope is the number of an open scope of a backend; the outermost is 0.
type Scope int

// Ticket is the number of a fetch of a backend, counted from 1. The zero value
// is no fetch: Await returns at once.
type Ticket uint64

// Splitter is a Backend that computes independent samples faster in parallel
// than as a batch. Each thread then has the data of one sample in its caches,
// instead of all threads working on each operation. By the numerics contract
// the results are the same.
type Splitter interface {
	Backend

	// Lanes returns the backends that work in parallel, at least one. A lane has
	// its own memory, and may read tensors of the other lanes and of the backend
	// itself. Lanes live until the backend is closed.
	Lanes() []Backend

	// Split calls f(lane, task) for every task in 0..tasks-1 and returns when all
	// calls have; f computes on Lanes()[lane], and no two calls with the same lane
	// overlap. A lane sees the results of all work that was handed to the backend
	// before Split, and the backend, after Split, those of the lanes. A panic of f
	// reaches the caller.
	Split(tasks int, f func(lane, task int))
}

// Contract is the name of the numerics contract for float32: all backends with this
// contract compute the same bits. docs/numerics.md defines it, and package
// conformance has the hashes that test it.
const Contract = "f32/1"

// Identity describes a backend.
type Identity struct {
	// Name is the kind of backend, a value of --backend, such as "cpu" or
	// "ref".
	Name string

	// Device and Driver are descriptions for people: the processor with its
	// instruction set, or the graphics card; and the program or driver that
	// computes.
	Device, Driver string

	// Contract is the name of the numerics contract of the results. Results under the
	// same contract are the same bits. If a device's results are not equal to those of
	// other devices, the name contains device and driver.
	Contract string

	// Precision is the profile of the contract, such as "f32" or "f64".
	Precision string
}

// DType returns the float type of tensors of a precision.
func (id Identity) DType() tensor.DType {
	if id.Precision == "f64" {
		return tensor.F64
	}
	return tensor.F32
}

// MemoryError is the error of a device whose memory is full. Callers that know what
// needed the memory add a remedy.
type MemoryError struct {
	Need  int64 // bytes of the tensor that did not fit
	Used  int64 // bytes of live tensors
	Limit int64 // limit of live bytes
}

// Error states need, use and limit.
func (e *MemoryError) Error() string {
	return fmt.Sprintf("out of device memory: a tensor of %d bytes does not fit, with %d bytes in use and a limit of %d", e.Need, e.Used, e.Limit)
}
