package ops

import (
	"fmt"

	"github.com/godmae/godmae/tensor"
)

// Backend allocates tensors on one device and runs operations on them.
//
// Every method may return before its work is done; only Await, Download and Sync
// wait. An error of the device (it was lost, its memory is full: [MemoryError]) is kept until
// then, and for good: from the first error on every Await, Download and Sync
// returns it until Close, and the contents of all tensors are undefined. So nobody
// uses a number of a device, or writes one to a file, before an Await, Download or
// Sync behind it has returned nil. A mistake of the program (what [Check] refuses, a
// tensor that was freed) panics with a [tensor.ShapeError]. A Backend is used by one
// goroutine at a time.
type Backend interface {
	// Identity says what the backend is and under which contract it computes.
	Identity() Identity

	// Float returns the floating-point type of the backend's tensors.
	Float() tensor.DType

	// Has reports whether the backend can run an operation.
	Has(op *Op) bool

	// New returns a tensor that lives until the scope it was made in is
	// released. Its contents are undefined. The type is Float, I32 or U8.
	New(dtype tensor.DType, shape tensor.Shape) *tensor.Tensor

	// Persist returns a zero-filled tensor that lives until Free or Close, whatever
	// scopes are released: parameters, gradients, optimiser state.
	Persist(dtype tensor.DType, shape tensor.Shape) *tensor.Tensor

	// Free releases the memory of a tensor made by Persist, given as a whole, when
	// the work handed over before is done. Its views must not be used any more.
	Free(t *tensor.Tensor)

	// Mark opens a scope. Release frees every tensor made by New since the
	// matching Mark. Scopes nest.
	Mark() Scope
	Release(Scope)

	// Upload copies host numbers into a tensor, converting between float types:
	// src is a []float32, []float64, []int32 or []uint8 as long as the tensor. It
	// has been read when Upload returns: the caller may change it at once.
	Upload(dst *tensor.Tensor, src any)

	// Fetch begins to copy a tensor, as it is after the work handed over before, to
	// the host, converting between float types: dst is a []float32, []float64, []int32
	// or []uint8 as long as the tensor. dst belongs to the backend until Await with the
	// ticket has returned; what it holds after an error is undefined.
	Fetch(dst any, src *tensor.Tensor) Ticket

	// Await waits until what the ticket stands for is done, and may leave work that
	// was handed over later unfinished. The error is that of Sync.
	Await(Ticket) error

	// Download is Await of Fetch.
	Download(dst any, src *tensor.Tensor) error

	// Run computes op from in into out, which exist already, after it has called
	// [Check]. Optional inputs that are absent are nil. The slices and attributes are
	// not kept.
	Run(op *Op, out, in []*tensor.Tensor, at *Attr)

	// Sync waits for all work and returns the first error there has been.
	Sync() error

	// Close releases the device and all memory.
	Close() error
}

// Scope numbers the open scopes of a backend, outermost 0.
type Scope int

// Ticket numbers the fetches of a backend, from 1 in their order. The zero value
// stands for nothing, and Await returns at once.
type Ticket uint64

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

// Contract is the name of the numerics contract for float32: what one backend
// computes under it is, bit for bit, what every other one computes. docs/numerics.md
// is its text, and package conformance holds the hashes that prove it.
const Contract = "f32/1"

// Identity says what a backend is.
type Identity struct {
	// Name is the kind of backend, as --backend takes it, such as "cpu" or "ref".
	Name string

	// Device and Driver are what it runs on, for people: a processor with its
	// instruction set, or a graphics card; the program or driver that computes.
	Device, Driver string

	// Contract names the numerics contract that results are computed under. Results
	// under the same contract are the same bits. Where a device's are not those of any
	// other, the name contains device and driver.
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

// MemoryError is the error of a device whose memory is full. Who knows what asked for
// so much says what helps.
type MemoryError struct {
	Need  int64 // bytes of the tensor that did not fit
	Used  int64 // bytes of those that lived
	Limit int64 // bytes that may live at a time
}

// Error says how much is missing.
func (e *MemoryError) Error() string {
	return fmt.Sprintf("out of device memory: a tensor of %d bytes does not fit beside %d bytes; the limit is %d", e.Need, e.Used, e.Limit)
}
