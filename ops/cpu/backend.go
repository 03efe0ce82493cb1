package cpu

import (
	"fmt"
	"runtime"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/tensor"
)

// Name is what the backend calls itself.
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
	heads    headers
	marks    []backendMark
	calls    map[any]any             // a *call[T] for each (*T)(nil), see each
	work     work                    // what the workers are doing
	runPiece func(worker, piece int) // b.piece, bound once
	gemm     simd.Gemm               // the matrix product being run; here so that it is not allocated
	epilogue simd.Epilogue
	parts    []float32 // partial sums of samples
	lanes    []ops.Backend
}

type backendMark struct {
	floats, ints arenaMark
	heads        int
}

var _ ops.Splitter = (*Backend)(nil)

// New returns a CPU backend with its own worker pool. Close stops it. It panics
// with the error of [simd.Err] where the environment asks for kernels that this
// processor does not have.
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
		calls:  make(map[any]any),
	}
	b.runPiece = b.piece
	return b
}

// Name returns "cpu".
func (b *Backend) Name() string { return Name }

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
	default:
		panic(&tensor.ShapeError{Op: "cpu.New", Msg: fmt.Sprintf("element type %v; the CPU backend holds f32 and i32", dt)})
	}
	return t
}

// Persist returns a zero-filled tensor that lives until Close.
func (b *Backend) Persist(dt tensor.DType, s tensor.Shape) *tensor.Tensor {
	t := &tensor.Tensor{}
	switch dt {
	case tensor.F32:
		t.Init(dt, s, &tensor.Host[float32]{Name: Name, Elem: make([]float32, s.Elems())}, 0)
	case tensor.I32:
		t.Init(dt, s, &tensor.Host[int32]{Name: Name, Elem: make([]int32, s.Elems())}, 0)
	default:
		panic(&tensor.ShapeError{Op: "cpu.Persist", Msg: fmt.Sprintf("element type %v; the CPU backend holds f32 and i32", dt)})
	}
	return t
}

// Mark opens a scope.
func (b *Backend) Mark() ops.Scope {
	b.marks = append(b.marks, backendMark{b.floats.mark(), b.ints.mark(), b.heads.used})
	return ops.Scope(len(b.marks) - 1)
}

// Release frees every tensor made by New since the matching Mark.
func (b *Backend) Release(s ops.Scope) {
	m := b.marks[s]
	b.marks = b.marks[:s]
	b.floats.release(m.floats)
	b.ints.release(m.ints)
	b.heads.used = m.heads
}

// Upload copies host numbers into a tensor.
func (b *Backend) Upload(dst *tensor.Tensor, src any) {
	defer dst.Touch()
	switch src := src.(type) {
	case []float32:
		d := floats(dst)
		checkLen("cpu.Upload", len(d), len(src), dst)
		copy(d, src)
	case []float64:
		d := floats(dst)
		checkLen("cpu.Upload", len(d), len(src), dst)
		for i, v := range src {
			d[i] = float32(v)
		}
	case []int32:
		d := tensor.Data[int32](dst)
		checkLen("cpu.Upload", len(d), len(src), dst)
		copy(d, src)
	default:
		panic(&tensor.ShapeError{Op: "cpu.Upload", Msg: fmt.Sprintf("cannot upload %T", src)})
	}
}

// Download copies a tensor to the host. It returns nil: host memory cannot be lost.
func (b *Backend) Download(dst any, src *tensor.Tensor) error {
	switch dst := dst.(type) {
	case []float32:
		s := floats(src)
		checkLen("cpu.Download", len(s), len(dst), src)
		copy(dst, s)
	case []float64:
		s := floats(src)
		checkLen("cpu.Download", len(s), len(dst), src)
		for i, v := range s {
			dst[i] = float64(v)
		}
	case []int32:
		s := tensor.Data[int32](src)
		checkLen("cpu.Download", len(s), len(dst), src)
		copy(dst, s)
	default:
		panic(&tensor.ShapeError{Op: "cpu.Download", Msg: fmt.Sprintf("cannot download into %T", dst)})
	}
	return nil
}

func checkLen(op string, have, got int, t *tensor.Tensor) {
	if have != got {
		panic(&tensor.ShapeError{Op: op, Msg: fmt.Sprintf("tensor %v has %d elements, the host slice %d", t.Shape(), have, got)})
	}
}

// Sync returns nil: operations on the CPU are done when Run returns.
func (b *Backend) Sync() error { return nil }

// Close stops the workers.
func (b *Backend) Close() error {
	b.pool.Close()
	return nil
}
