package vulkan

import (
	"fmt"
	"math"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/pixelnoise"
	"github.com/godmae/godmae/tensor"
)

// Backend runs operations on a device. It implements [ops.Backend].
type Backend struct {
	d         *device
	memory    *memory
	recorder  *recorder
	pipelines *pipelines
	staging   *staging
	cmd       command
	shards    ops.Shards

	slots  []*slot // of open scopes, in the order in which they were taken
	spare  []*slot
	scopes []int // number of slots when the scope was opened

	// What operations keep on the device.
	taps      map[[2]int]taps
	noise     map[*pixelnoise.Gaussian]noiseTables
	undecided *block // a word that add_pixel_noise sets where it cannot decide; nil before it ran

	tickets ops.Ticket
	fetches map[ops.Ticket]*fetch

	err    error // the first there was
	closed bool
}

var _ ops.Backend = (*Backend)(nil)

// slot is a tensor made by New with its memory, kept for the next one.
type slot struct {
	t tensor.Tensor
	m buffer
}

// buffer is the memory of a tensor and of its views.
type buffer struct {
	owner      *Backend
	place      place // without a block when there was no memory
	elems      int
	persistent bool
	freed      bool
}

// Device names the device.
func (m *buffer) Device() string { return Name + " " + m.owner.d.info.Name }

// Info describes the device.
func (b *Backend) Info() DeviceInfo { return b.d.info }

// Identity names device and driver in the contract: results of two devices, or of two
// versions of a driver, need not be the same bits.
func (b *Backend) Identity() ops.Identity {
	i := &b.d.info
	return ops.Identity{
		Name: Name, Device: i.Name, Driver: i.Driver, Precision: "f32",
		Contract: fmt.Sprintf("%s on %s (%s)", contractOfDevice, i.Name, i.Driver),
	}
}

// contractOfDevice changes when a kernel gives other bits than before.
const contractOfDevice = "f32-vulkan/1"

// Float returns F32.
func (b *Backend) Float() tensor.DType { return tensor.F32 }

// Has reports whether there is a kernel for the operation.
func (b *Backend) Has(op *ops.Op) bool { return kernels[op] != nil }

// Memory returns the bytes of the tensors that live, the most there have been, and
// the bytes of the blocks that were taken from the device.
func (b *Backend) Memory() (live, peak, blocks int64) {
	return int64(b.memory.live), int64(b.memory.peak), int64(b.memory.reserved)
}

// fail keeps the first error.
func (b *Backend) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

// check keeps an error, and reports whether there has been none.
func (b *Backend) check(err error) bool {
	if err != nil {
		b.fail(err)
	}
	return b.err == nil
}

// New returns a tensor of the open scope, or one that lives until Close when there is
// none.
func (b *Backend) New(dtype tensor.DType, shape tensor.Shape) *tensor.Tensor {
	var s *slot
	if n := len(b.spare); n > 0 {
		s, b.spare = b.spare[n-1], b.spare[:n-1]
	} else {
		s = &slot{}
	}
	s.m = b.allocate("vulkan.New", dtype, shape)
	b.slots = append(b.slots, s)
	s.t.Init(dtype, shape, &s.m, 0)
	return &s.t
}

// Persist returns a tensor of zeros that lives until Free or Close.
func (b *Backend) Persist(dtype tensor.DType, shape tensor.Shape) *tensor.Tensor {
	m := b.allocate("vulkan.Persist", dtype, shape)
	m.persistent = true
	if b.err == nil {
		b.check(b.recorder.zero(m.place))
	}
	t := &tensor.Tensor{}
	t.Init(dtype, shape, &m, 0)
	return t
}

func (b *Backend) allocate(op string, dtype tensor.DType, shape tensor.Shape) buffer {
	n := shape.Elems()
	switch {
	case b.closed:
		panic(&tensor.ShapeError{Op: op, Msg: "the backend is closed"})
	case dtype != tensor.F32 && dtype != tensor.I32 && dtype != tensor.U8:
		panic(&tensor.ShapeError{Op: op, Msg: fmt.Sprintf("element type %v; the Vulkan backend holds f32, i32 and u8", dtype)})
	case n > math.MaxInt32:
		b.fail(fmt.Errorf("a tensor %v has %d elements and the Vulkan backend's kernels count to %d; use a smaller batch", shape, n, math.MaxInt32))
	}
	m := buffer{owner: b, elems: n}
	if b.err == nil {
		var err error
		m.place, err = b.memory.take(uint64(n) * uint64(dtype.Size()))
		b.check(err)
	}
	return m
}

// Free frees a tensor made by Persist. Work on the device that still uses its memory
// is done before work that gets it next.
func (b *Backend) Free(t *tensor.Tensor) {
	m := b.buffer("vulkan.Free", t)
	if !m.persistent || t.Offset() != 0 || t.Shape().Elems() != m.elems {
		panic(&tensor.ShapeError{Op: "vulkan.Free", Msg: fmt.Sprintf("tensor %v is not one that Persist made, as a whole", t.Shape())})
	}
	b.release(m)
}

func (b *Backend) release(m *buffer) {
	m.freed = true
	if m.place.block != nil {
		b.memory.give(m.place)
	}
}

// Mark opens a scope.
func (b *Backend) Mark() ops.Scope {
	b.scopes = append(b.scopes, len(b.slots))
	return ops.Scope(len(b.scopes) - 1)
}

// Release frees every tensor made by New since the matching Mark.
func (b *Backend) Release(s ops.Scope) {
	if s < 0 || int(s) >= len(b.scopes) {
		panic(&tensor.ShapeError{Op: "vulkan.Release", Msg: fmt.Sprintf("scope %d of %d open ones", s, len(b.scopes))})
	}
	first := b.scopes[s]
	for i := len(b.slots) - 1; i >= first; i-- {
		b.release(&b.slots[i].m)
		b.spare = append(b.spare, b.slots[i])
	}
	b.slots, b.scopes = b.slots[:first], b.scopes[:s]
}

// buffer returns the memory of a tensor, which must be one of b that lives. A tensor of
// a released scope is recognised until New makes another one in its place.
func (b *Backend) buffer(op string, t *tensor.Tensor) *buffer {
	m, ok := t.Buffer().(*buffer)
	switch {
	case !ok || m.owner != b:
		panic(&tensor.ShapeError{Op: op, Msg: fmt.Sprintf("a tensor %v of the backend %q", t.Shape(), t.Buffer().Device())})
	case m.freed || b.closed:
		panic(&tensor.ShapeError{Op: op, Msg: fmt.Sprintf("a tensor %v that was freed, or of a scope that was released", t.Shape())})
	}
	return m
}

// span returns the bytes of a tensor as kernels see them.
func (b *Backend) span(op string, t *tensor.Tensor) span {
	m, size := b.buffer(op, t), uint64(t.DType().Size())
	if m.place.block == nil {
		return span{}
	}
	lo := m.place.address() + uint64(t.Offset())*size
	return span{lo, lo + uint64(t.Shape().Elems())*size}
}

// Sync waits for all work and returns the first error there has been.
func (b *Backend) Sync() error {
	if !b.closed {
		b.wait(b.recorder.next())
	}
	return b.err
}

// wait waits for a submission and looks at what kernels report.
func (b *Backend) wait(submission uint64) {
	if b.err == nil && b.check(b.recorder.wait(submission)) && b.undecided != nil &&
		hostSlice[int32](b.undecided, 0, 4)[0] != 0 {
		b.fail(errUndecided)
	}
}

// Close waits for the device and gives everything back. It returns no error: what was
// computed has been awaited by whoever needs it.
func (b *Backend) Close() error {
	if b.closed {
		return nil
	}
	b.closed = true
	b.destroy()
	b.d.instance.close()
	return nil
}

// destroy gives back what there is of a backend, and closes the device but not its
// instance.
func (b *Backend) destroy() {
	b.d.idle()
	if b.staging != nil {
		b.staging.close()
	}
	if b.undecided != nil {
		b.memory.free(b.undecided)
	}
	b.memory.close()
	if b.pipelines != nil {
		b.pipelines.close()
	}
	if b.recorder != nil {
		b.recorder.close()
	}
	b.d.close()
}
