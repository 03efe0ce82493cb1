package hostile

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// ErrLost is the error after the device was lost.
var ErrLost = errors.New("the device was lost")

// Options configure the failures.
type Options struct {
	// LoseAt is the number of the call at which the device is lost, counted
	// from 1 as in Calls, or 0 for never.
	LoseAt int

	// Memory is the limit of live bytes of tensors; 0 for no limit.
	Memory int64
}

// Backend implements [ops.Backend].
type Backend struct {
	inner ops.Backend
	o     Options

	queue chan func() // pending work of the device
	done  sync.WaitGroup

	// Used by the caller's goroutine.
	calls  int
	waited int // calls up to the last that waited for the device
	closed bool
	scopes []scope
	live   int64 // bytes of all tensors
	peak   int64
	failed error // detected by the caller's side, not yet sent to the device

	fetches []*fetch // by ticket; nil after Await

	// Used by the device's goroutine.
	err error

	// lost is a copy of err for the caller's goroutine.
	lost atomic.Pointer[error]
}

// scope is an open scope. The wrapped backend has the same scope numbers.
type scope struct{ tensors []*buffer }

// buffer is the memory of a tensor and of all views of it.
type buffer struct {
	owner *Backend
	dtype tensor.DType
	elems int
	inner *tensor.Tensor // set by the device
	freed bool

	persistent bool // made by Persist
}

// Device names the owner.
func (m *buffer) Device() string { return "hostile " + m.owner.inner.Identity().Name }

func (m *buffer) bytes() int64 { return int64(m.dtype.Size()) * int64(m.elems) }

// New returns a backend that wraps inner and closes it.
func New(inner ops.Backend, o Options) *Backend {
	b := &Backend{inner: inner, o: o, queue: make(chan func(), 1<<12)}
	b.done.Go(func() {
		for f := range b.queue {
			f()
		}
	})
	return b
}

// Calls returns the number of calls so far that can lose the device: the range
// of [Options.LoseAt].
func (b *Backend) Calls() int { return b.calls }

// Waited returns the number of the last call that waited for the device. A later loss
// cannot be noticed, and changed nothing that was read.
func (b *Backend) Waited() int { return b.waited }

// Live returns the live bytes of tensors, now and at the peak.
func (b *Backend) Live() (now, peak int64) { return b.live, b.peak }

// Identity is that of the wrapped backend, because the results are too.
func (b *Backend) Identity() ops.Identity { return b.inner.Identity() }

// Has is that of the wrapped backend.
func (b *Backend) Has(op *ops.Op) bool { return b.inner.Has(op) }

// Float returns that of the wrapped backend.
func (b *Backend) Float() tensor.DType { return b.inner.Float() }

// later queues work for the device. A lost device skips it.
func (b *Backend) later(f func()) {
	b.always(func(lost error) {
		if lost == nil {
			f()
		}
	})
}

// always queues work that is done even if the device is lost.
func (b *Backend) always(f func(lost error)) {
	if b.closed {
		panic("hostile: the backend is used after Close")
	}
	b.queue <- func() { f(b.err) }
}

// known returns the first error that the device has met so far.
func (b *Backend) known() error {
	if err := b.lost.Load(); err != nil {
		return *err
	}
	return nil
}

// wait returns after the device has done all queued work.
func (b *Backend) wait() error {
	b.waited = b.calls
	ready := make(chan struct{})
	b.queue <- func() { close(ready) }
	<-ready
	return b.known()
}

// call counts a call and loses the device at call LoseAt.
func (b *Backend) call() {
	b.calls++
	if b.calls == b.o.LoseAt {
		b.fail(ErrLost)
	}
}

// fail sends an error to the device, which keeps the first one.
func (b *Backend) fail(err error) {
	b.later(func() {
		b.err = err
		b.lost.Store(&err)
	})
}

// New returns a tensor of the open scope, or one that lives until Close if no
// scope is open, filled with NaN.
func (b *Backend) New(dtype tensor.DType, shape tensor.Shape) *tensor.Tensor {
	m := b.take(dtype, shape)
	if n := len(b.scopes); n > 0 {
		b.scopes[n-1].tensors = append(b.scopes[n-1].tensors, m)
	}
	b.later(func() {
		m.inner = b.inner.New(dtype, tensor.Of(m.elems))
		b.scribble(m)
	})
	return m.tensor(shape)
}

// Persist returns a tensor of zeros that lives until Close.
func (b *Backend) Persist(dtype tensor.DType, shape tensor.Shape) *tensor.Tensor {
	m := b.take(dtype, shape)
	b.later(func() { m.inner = b.inner.Persist(dtype, tensor.Of(m.elems)) })
	m.persistent = true
	return m.tensor(shape)
}

// Free overwrites a tensor made by Persist and frees it.
func (b *Backend) Free(t *tensor.Tensor) {
	b.call()
	m := b.memory("hostile.Free", t)
	if !m.persistent || t.Offset() != 0 || t.Shape().Elems() != m.elems {
		panic(&tensor.ShapeError{Op: "hostile.Free", Msg: fmt.Sprintf("tensor %v is not a whole tensor made by Persist", t.Shape())})
	}
	m.freed = true
	b.live -= m.bytes()
	b.later(func() {
		b.scribble(m)
		b.inner.Free(m.inner)
	})
}

func (b *Backend) take(dtype tensor.DType, shape tensor.Shape) *buffer {
	b.call()
	if dtype != tensor.I32 && dtype != tensor.U8 && dtype != b.Float() {
		panic(&tensor.ShapeError{Op: "hostile.New", Msg: fmt.Sprintf("element type %v; the backend has %v, i32 and u8", dtype, b.Float())})
	}
	m := &buffer{owner: b, dtype: dtype, elems: shape.Elems()}
	b.live += m.bytes()
	b.peak = max(b.peak, b.live)
	if b.o.Memory > 0 && b.live > b.o.Memory && b.failed == nil {
		b.failed = &ops.MemoryError{Need: m.bytes(), Used: b.live - m.bytes(), Limit: b.o.Memory}
		b.fail(b.failed)
	}
	return m
}

func (m *buffer) tensor(shape tensor.Shape) *tensor.Tensor {
	t := &tensor.Tensor{}
	t.Init(m.dtype, shape, m, 0)
	return t
}

// scribble fills device memory with values that make its use visible.
func (b *Backend) scribble(m *buffer) {
	switch m.dtype {
	case tensor.I32:
		v := make([]int32, m.elems)
		fill(v, math.MinInt32)
		b.inner.Upload(m.inner, v)
	case tensor.U8:
		v := make([]uint8, m.elems)
		fill(v, 0xAA)
		b.inner.Upload(m.inner, v)
	default:
		v := make([]float32, m.elems)
		fill(v, float32(math.NaN()))
		b.inner.Upload(m.inner, v)
	}
}

// Mark opens a scope.
func (b *Backend) Mark() ops.Scope {
	b.call()
	n := len(b.scopes)
	b.scopes = append(b.scopes, scope{})
	b.later(func() { b.inner.Mark() })
	return ops.Scope(n)
}

// Release overwrites the tensors of a scope and of those inside it, and frees
// them.
func (b *Backend) Release(s ops.Scope) {
	b.call()
	if s < 0 || int(s) >= len(b.scopes) {
		panic(&tensor.ShapeError{Op: "hostile.Release", Msg: fmt.Sprintf("scope %d of %d open ones", s, len(b.scopes))})
	}
	var freed []*buffer
	for _, open := range b.scopes[s:] {
		freed = append(freed, open.tensors...)
	}
	b.scopes = b.scopes[:s]
	for _, m := range freed {
		m.freed = true
		b.live -= m.bytes()
	}
	b.later(func() {
		for _, m := range freed {
			b.scribble(m)
		}
		b.inner.Release(s)
	})
}

// memory returns the buffer of a live tensor of b.
func (b *Backend) memory(op string, t *tensor.Tensor) *buffer {
	m, ok := t.Buffer().(*buffer)
	switch {
	case !ok || m.owner != b:
		panic(&tensor.ShapeError{Op: op, Msg: fmt.Sprintf("a tensor %v of the backend %q", t.Shape(), t.Buffer().Device())})
	case m.freed:
		panic(&tensor.ShapeError{Op: op, Msg: fmt.Sprintf("a tensor %v that was freed, or of a scope that was released", t.Shape())})
	}
	return m
}

// on returns a function that gives the device's tensor with the current memory,
// offset and shape of t.
func (b *Backend) on(op string, t *tensor.Tensor) func() *tensor.Tensor {
	m, from, shape := b.memory(op, t), t.Offset(), t.Shape()
	return func() *tensor.Tensor { return m.inner.View(from, shape) }
}

// Run queues an operation. Invalid arguments panic at once.
func (b *Backend) Run(op *ops.Op, out, in []*tensor.Tensor, at *ops.Attr) {
	b.call()
	ops.Check(b.Float(), op, out, in, at)
	collect := func(list []*tensor.Tensor) []func() *tensor.Tensor {
		views := make([]func() *tensor.Tensor, len(list))
		for i, t := range list {
			if t != nil {
				views[i] = b.on(op.Name, t)
			}
		}
		return views
	}
	outs, ins, attr := collect(out), collect(in), *at
	for _, t := range out {
		t.Touch()
	}
	b.later(func() {
		resolve := func(views []func() *tensor.Tensor) []*tensor.Tensor {
			list := make([]*tensor.Tensor, len(views))
			for i, view := range views {
				if view != nil {
					list[i] = view()
				}
			}
			return list
		}
		b.inner.Run(op, resolve(outs), resolve(ins), &attr)
	})
}

// Sync waits and returns the first error.
func (b *Backend) Sync() error {
	b.call()
	return b.wait()
}

// Close waits and closes the wrapped backend.
func (b *Backend) Close() error {
	if b.closed {
		return nil
	}
	b.closed = true
	close(b.queue)
	b.done.Wait()
	return b.inner.Close()
}
