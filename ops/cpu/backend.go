package cpu

import (
	"fmt"
	"runtime"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/tensor"
)

// Name is the name of the backend.
const Name = "cpu"

// Options configure a backend.
type Options struct {
	// Threads is the number of workers; 0 means one per usable CPU. It never
	// changes a result.
	Threads int
}

// Backend runs operations on the CPU. It implements [ops.Backend].
type Backend struct {
	pool     *simd.Pool
	floats   arena[float32]
	ints     arena[int32]
	bytes    arena[uint8]
	heads    headers
	marks    []backendMark
	calls    map[any]any             // a *call[T] for each (*T)(nil), see each
	work     work                    // the current work of the workers
	runPiece func(worker, piece int) // b.piece, bound once
	gemm     simd.Gemm               // the current matrix product; a field to avoid an allocation
	epilogue simd.Epilogue
	parts    []float32 // partial sums of samples
	shards   ops.Shards
	lanes    []ops.Backend
}

type backendMark struct {
	floats, ints, bytes arenaMark
	heads               int
}

var _ ops.Splitter = (*Backend)(nil)

// New returns a CPU backend with its own worker pool. Close stops it. It panics
// with the error of [simd.Err] if the environment selects kernels that this
// processor does not support.
func New(o Options) *Backend {
	if err := simd.Err(); err != nil {
		panic(err)
	}
	if o.Threads <= 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	b := &Backend{
		pool:   simd.NewPool(o.Threads),
		floats: arena[float32]{name: Name},
		ints:   arena[int32]{name: Name},
		bytes:  arena[uint8]{name: Name},
		calls:  make(map[any]any),
	}
	b.runPiece = b.piece
	return b
}

func init() {
	ops.Register(ops.BackendKind{
		Name: Name, Help: "the processors of this computer, float32",
		Open: func(o ops.OpenOptions) (ops.Backend, error) {
			if err := simd.Err(); err != nil {
				return nil, err
			}
			return New(Options{Threads: o.Threads}), nil
		},
	})
}

// Identity names the processor's architecture and instruction set. All CPUs
// have the same contract.
func (b *Backend) Identity() ops.Identity {
	return ops.Identity{
		Name: Name, Device: runtime.GOARCH + " " + simd.ISA(), Driver: runtime.Version(),
		Contract: ops.Contract, Precision: "f32",
	}
}

// Has reports whether there is a kernel for the operation.
func (b *Backend) Has(op *ops.Op) bool { return kernels[op] != nil }

// Float returns F32.
func (b *Backend) Float() tensor.DType { return tensor.F32 }

// Threads returns the number of workers.
func (b *Backend) Threads() int { return b.pool.Threads() }

// Pool returns the worker pool, for benchmarks.
func (b *Backend) Pool() *simd.Pool { return b.pool }

// Lanes returns one backend of a single thread for each thread of b.
func (b *Backend) Lanes() []ops.Backend {
	for len(b.lanes) < b.Threads() {
		b.lanes = append(b.lanes, New(Options{Threads: 1}))
	}
	return b.lanes
}

// Split runs the tasks on the threads of b; thread i uses lane i.
func (b *Backend) Split(tasks int, f func(lane, task int)) { b.pool.Run(tasks, f) }

// New returns a tensor that lives until the scope is released.
func (b *Backend) New(dt tensor.DType, s tensor.Shape) *tensor.Tensor {
	t := b.heads.take()
	switch dt {
	case tensor.F32:
		h, off := b.floats.take(s.Elems())
		t.Init(dt, s, h, off)
	case tensor.I32:
		h, off := b.ints.take(s.Elems())
		t.Init(dt, s, h, off)
	case tensor.U8:
		h, off := b.bytes.take(s.Elems())
		t.Init(dt, s, h, off)
	default:
		panic(&tensor.ShapeError{Op: "cpu.New", Msg: fmt.Sprintf("element type %v; the CPU backend holds f32, i32 and u8", dt)})
	}
	return t
}

// Persist returns a zero-filled tensor that lives until Close.
func (b *Backend) Persist(dt tensor.DType, s tensor.Shape) *tensor.Tensor {
	t := &tensor.Tensor{}
	switch dt {
	case tensor.F32:
		t.Init(dt, s, &tensor.Host[float32]{Name: Name, Elem: make([]float32, s.Elems()), Persistent: true}, 0)
	case tensor.I32:
		t.Init(dt, s, &tensor.Host[int32]{Name: Name, Elem: make([]int32, s.Elems()), Persistent: true}, 0)
	case tensor.U8:
		t.Init(dt, s, &tensor.Host[uint8]{Name: Name, Elem: make([]uint8, s.Elems()), Persistent: true}, 0)
	default:
		panic(&tensor.ShapeError{Op: "cpu.Persist", Msg: fmt.Sprintf("element type %v; the CPU backend holds f32, i32 and u8", dt)})
	}
	return t
}

// Free releases the memory of a tensor made by Persist to the garbage
// collector. Using a view of it afterwards panics.
func (b *Backend) Free(t *tensor.Tensor) { tensor.FreeHost("cpu.Free", t) }

// Mark opens a scope.
func (b *Backend) Mark() ops.Scope {
	b.marks = append(b.marks, backendMark{b.floats.mark(), b.ints.mark(), b.bytes.mark(), b.heads.used})
	return ops.Scope(len(b.marks) - 1)
}

// Release frees every tensor made by New since the matching Mark.
func (b *Backend) Release(s ops.Scope) {
	if s < 0 || int(s) >= len(b.marks) {
		panic(&tensor.ShapeError{Op: "cpu.Release", Msg: fmt.Sprintf("scope %d of %d open ones", s, len(b.marks))})
	}
	m := b.marks[s]
	b.marks = b.marks[:s]
	b.floats.release(m.floats)
	b.ints.release(m.ints)
	b.bytes.release(m.bytes)
	b.heads.used = m.heads
}

// Upload copies host numbers into a tensor.
func (b *Backend) Upload(dst *tensor.Tensor, src any) {
	ops.CheckTransfer("cpu.Upload", dst, src)
	dst.Touch()
	switch src := src.(type) {
	case []float32:
		copy(floats(dst), src)
	case []float64:
		d := floats(dst)
		for i, v := range src {
			d[i] = float32(v)
		}
	case []int32:
		copy(ints(dst), src)
	case []uint8:
		copy(tensor.Data[uint8](dst), src)
	}
}

// Fetch copies a tensor to the host at once.
func (b *Backend) Fetch(dst any, src *tensor.Tensor) ops.Ticket {
	ops.CheckTransfer("cpu.Fetch", src, dst)
	switch dst := dst.(type) {
	case []float32:
		copy(dst, floats(src))
	case []float64:
		for i, v := range floats(src) {
			dst[i] = float64(v)
		}
	case []int32:
		copy(dst, ints(src))
	case []uint8:
		copy(dst, tensor.Data[uint8](src))
	}
	return 0
}

// Await returns nil: Fetch has copied already, and host memory cannot be lost.
func (b *Backend) Await(ops.Ticket) error { return nil }

// Download is Await of Fetch.
func (b *Backend) Download(dst any, src *tensor.Tensor) error { return b.Await(b.Fetch(dst, src)) }

// Sync returns nil: operations on the CPU are done when Run returns.
func (b *Backend) Sync() error { return nil }

// Close stops the workers.
func (b *Backend) Close() error {
	b.pool.Close()
	return nil
}
