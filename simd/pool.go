package simd

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// Pool is a fixed set of worker threads with one [Workspace] each. It runs one
// job at a time; calls from several goroutines queue up. A task must not start
// another job on its own pool.
//
// A nil *Pool is a pool of one thread.
type Pool struct {
	mu         sync.Mutex
	workspaces []*Workspace
	wake       []chan struct{} // of workers 1, 2, ...; the caller is worker 0

	// The running job. Workers may read f and tasks between enter and leave.
	f       func(worker, task int)
	tasks   int
	next    atomic.Int64        // next task to hand out
	failure atomic.Pointer[any] // first panic

	// door is doorOpen while there is a job, plus the number of workers inside.
	door     atomic.Int64
	empty    chan struct{} // the last worker has left a closed door
	patience time.Duration // how long a thread watches for the others before it sleeps

	// The kernels of this package keep their jobs here, so that they allocate
	// nothing.
	gemm    gemmJob
	heads   attentionJob
	runHead func(worker, task int)
}

// NewPool starts a pool of the given number of threads, the caller of [Pool.Run]
// being one of them; 0 or less means one for each CPU that Go may use.
func NewPool(threads int) *Pool {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	p := &Pool{workspaces: make([]*Workspace, threads), wake: make([]chan struct{}, threads-1), empty: make(chan struct{}, 1)}
	if threads <= runtime.GOMAXPROCS(0) {
		p.patience = patience // else a watching thread stands in the way of the one it waits for
	}
	for i := range p.workspaces {
		p.workspaces[i] = new(Workspace)
	}
	for i := range p.wake {
		p.wake[i] = make(chan struct{}, 1)
		go p.work(i+1, p.wake[i])
	}
	p.gemm.bind(p)
	p.runHead = func(worker, task int) { p.heads.head(p.workspaces[worker], task) }
	return p
}

// Close ends the workers. The pool must be idle and must not be used again.
func (p *Pool) Close() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, wake := range p.wake {
		close(wake)
	}
	p.wake = nil
	p.workspaces = p.workspaces[:1]
}

// Threads returns the number of threads, the caller of Run included.
func (p *Pool) Threads() int {
	if p == nil {
		return 1
	}
	return len(p.workspaces)
}

// Run calls f(worker, task) once for every task in 0..tasks-1 and returns when
// all calls have. Tasks are handed out in ascending order to whichever worker is
// free; worker is in 0..Threads()-1, and no two calls with the same worker
// overlap. A panic of f reaches the caller of Run after the other workers have
// stopped; tasks not yet handed out are dropped then.
func (p *Pool) Run(tasks int, f func(worker, task int)) {
	if p == nil {
		for task := range tasks {
			f(0, task)
		}
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.run(tasks, f)
}

// run is Run with the lock held.
func (p *Pool) run(tasks int, f func(worker, task int)) {
	helpers := min(len(p.wake), tasks-1)
	if helpers <= 0 {
		for task := range tasks {
			f(0, task)
		}
		return
	}
	p.f, p.tasks = f, tasks
	p.next.Store(0)
	p.door.Add(doorOpen)
	for _, wake := range p.wake[:helpers] {
		select {
		case wake <- struct{}{}:
		default: // has not yet seen an earlier call
		}
	}
	p.drain(0)
	if p.door.Add(-doorOpen) > 0 {
		p.await(p.empty)
	}
	p.f = nil
	if failure := p.failure.Swap(nil); failure != nil {
		panic(*failure)
	}
}

// doorOpen is the part of the door that is not a count.
const doorOpen = 1 << 32

// work is the life of a worker. One that wakes up so late that its job is over
// finds the door closed, or helps with the next job; nobody waits for it.
func (p *Pool) work(worker int, wake <-chan struct{}) {
	for p.await(wake) {
		if p.enter() {
			p.drain(worker)
			p.leave()
		}
	}
}

// patience is how long a thread looks for the next job, or for the end of the
// running one, before it sleeps. To wake a thread takes some 70 us, more than
// many operations of a small network; the time between two of them is shorter.
const patience = 50 * time.Microsecond

// await receives from a channel, and returns false if it is closed.
func (p *Pool) await(c <-chan struct{}) bool {
	for start := time.Now(); time.Since(start) < p.patience; {
		for range 64 { // some times as long as it takes to look at the clock
			select {
			case _, ok := <-c:
				return ok
			default:
			}
		}
	}
	_, ok := <-c
	return ok
}

// enter tells whether there is a job, and keeps it from ending if so.
func (p *Pool) enter() bool {
	for {
		door := p.door.Load()
		if door < doorOpen {
			return false
		}
		if p.door.CompareAndSwap(door, door+1) {
			return true
		}
	}
}

// leave lets the job end.
func (p *Pool) leave() {
	if p.door.Add(-1) == 0 {
		p.empty <- struct{}{}
	}
}

// drain works on tasks of the running job until none is left, and keeps the
// first panic.
func (p *Pool) drain(worker int) {
	defer func() {
		if failure := recover(); failure != nil {
			p.fail(failure)
		}
	}()
	for {
		task := int(p.next.Add(1)) - 1
		if task >= p.tasks {
			return
		}
		p.f(worker, task)
	}
}

// fail keeps the first panic and drops the tasks not yet handed out.
func (p *Pool) fail(failure any) {
	p.failure.CompareAndSwap(nil, &failure)
	p.next.Store(int64(p.tasks))
}

// Workspace returns the scratch memory of a worker, for use inside its tasks.
func (p *Pool) Workspace(worker int) *Workspace {
	if p == nil {
		return new(Workspace)
	}
	return p.workspaces[worker]
}

// Workspace is the scratch memory of one thread: packed panels of a product and
// the score matrices of attention. It grows to what the largest call needed and
// is reused from then on. The zero value is ready; one workspace must not serve
// two calls at a time.
type Workspace struct {
	a, b   []float32 // packed panels of op(A) and op(B)
	tile   []float32 // a tile of C that hangs over the edge
	scores [2][]float32
	mask   rowMask // of a softmax over scores
}

// floats returns n numbers of *buf on a cache line boundary, growing it when it
// is too short. What they hold is unspecified.
func floats(buf *[]float32, n int) []float32 {
	if len(*buf) < n {
		const line = 16 // float32 numbers in 64 bytes
		grown := make([]float32, n+line)
		skip := 0
		if at := uintptr(unsafe.Pointer(&grown[0])) % 64; at != 0 {
			skip = int(64-at) / 4
		}
		*buf = grown[skip : skip+n : skip+n]
	}
	return (*buf)[:n]
}

// spare holds workspaces for callers that have no pool.
var spare = sync.Pool{New: func() any { return new(Workspace) }}
