package simd

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// Pool is a fixed set of worker threads with one [Workspace] each. It runs one
// job at a time; concurrent calls wait for each other. A task must not start
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

	// door is the number of workers in the job, plus doorOpen while workers may
	// enter it.
	door     atomic.Int64
	empty    chan struct{} // the last worker has left the job
	patience time.Duration // how long a thread polls before it sleeps

	// Jobs of the kernels of this package, which therefore allocate nothing.
	gemm    gemmJob
	heads   attentionJob
	runHead func(worker, task int)
}

// NewPool starts a pool of the given number of threads, including the caller of
// [Pool.Run]; 0 or less means one for each CPU that Go may use.
func NewPool(threads int) *Pool {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	p := &Pool{workspaces: make([]*Workspace, threads), wake: make([]chan struct{}, threads-1), empty: make(chan struct{}, 1)}
	if threads <= runtime.GOMAXPROCS(0) {
		p.patience = patience // otherwise a polling thread delays the one it waits for
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

// Threads returns the number of threads, including the caller of Run.
func (p *Pool) Threads() int {
	if p == nil {
		return 1
	}
	return len(p.workspaces)
}

// Run calls f(worker, task) once for every task in 0..tasks-1 and returns after
// the last call. Free workers take the tasks in ascending order. worker is in
// 0..Threads()-1, and no two calls with the same worker overlap. A panic of f
// stops the job: tasks that have not started are dropped, and Run panics after
// the other workers have stopped.
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
		default: // has not yet received an earlier wake-up
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

// doorOpen is the flag in door; the lower bits are the count.
const doorOpen = 1 << 32

// work is the loop of a worker. A worker that wakes up after the end of its job
// sleeps again, or works on the next job; no thread waits for it.
func (p *Pool) work(worker int, wake <-chan struct{}) {
	for p.await(wake) {
		if p.enter() {
			p.drain(worker)
			p.leave()
		}
	}
}

// patience is how long a thread polls for the next job, or for the end of the
// running one, before it sleeps. Waking a thread takes about 70 us, more than
// many operations of a small network and than the time between two of them.
const patience = 50 * time.Microsecond

// await receives from a channel, first by polling, and returns false if it is
// closed.
func (p *Pool) await(c <-chan struct{}) bool {
	for start := time.Now(); time.Since(start) < p.patience; {
		for range 64 { // reading the clock is slower than one poll
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

// enter reports whether there is a job, which then does not end before leave.
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

// leave allows the job to end.
func (p *Pool) leave() {
	if p.door.Add(-1) == 0 {
		p.empty <- struct{}{}
	}
}

// drain runs tasks of the job until none is left, and records the first panic.
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

// fail records the first panic and drops the tasks that have not started.
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
// the score matrices of attention. It grows to the size of the largest call and
// is reused. The zero value is ready to use. A workspace must not be used by
// two calls at the same time.
type Workspace struct {
	a, b   []float32 // packed panels of op(A) and op(B)
	tile   []float32 // a tile of C that extends beyond the edge
	scores [2][]float32
	mask   rowMask // of a softmax over scores
}

// floats returns n numbers of *buf on a cache line boundary; it grows a short
// buffer. The contents are undefined.
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

// spare holds workspaces for callers without a pool.
var spare = sync.Pool{New: func() any { return new(Workspace) }}
