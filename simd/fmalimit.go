package simd

import (
	"runtime"
	"sync/atomic"
	"time"
)

// FMALimit measures how fast the threads of the pool can issue fused
// multiply-adds of the selected instruction set when nothing leaves the
// registers, for about the given duration. It returns the best rate seen, in
// 1e9 floating point operations a second over all threads (a multiply-add counts
// as two): the limit that the rate of a matrix product is to be compared with.
//
// The threads wait for each other before they begin, so that waking them up does
// not count: a limit that is too low would flatter every product.
func FMALimit(p *Pool, duration time.Duration) float64 {
	k := use().gemm
	l := fmaLimit{loop: k.fmaLoop, turns: fmaTurns(k.fmaLoop), threads: p.Threads()}
	flops := float64(l.threads) * float64(l.turns) * float64(k.fmaFlops)
	best := 0.0
	for start := time.Now(); best == 0 || time.Since(start) < duration; {
		best = max(best, flops/l.measure(p).Seconds()/1e9)
	}
	return best
}

// fmaTime is the least time of one measurement: a thousand times what the
// threads need to meet, and short enough to fall between the time slices of
// other processes now and then.
const fmaTime = 2 * time.Millisecond

// fmaTurns returns how many turns of the loop take fmaTime or more.
func fmaTurns(loop func(n int)) int {
	for turns := 1000; ; turns *= 2 {
		from := time.Now()
		loop(turns)
		if time.Since(from) >= fmaTime {
			return turns
		}
	}
}

// fmaLimit is a measurement of all threads at a time.
type fmaLimit struct {
	loop    func(n int)
	turns   int // of the loop, for each thread
	threads int

	ready atomic.Int64 // threads that have arrived
	begin atomic.Int64 // when the last one did, in nanoseconds after from
	end   atomic.Int64 // when the last one was done
}

// measure returns the time from the moment at which all threads were there until
// the last one was done.
func (l *fmaLimit) measure(p *Pool) time.Duration {
	l.ready.Store(0)
	l.begin.Store(0)
	l.end.Store(0)
	from := time.Now()
	p.Run(l.threads, func(_, _ int) {
		// A thread that waits here takes no second task: each runs one.
		if l.ready.Add(1) == int64(l.threads) {
			l.begin.Store(max(int64(time.Since(from)), 1))
		}
		for l.begin.Load() == 0 {
			runtime.Gosched() // for pools of more threads than processors
		}
		l.loop(l.turns)
		latest(&l.end, int64(time.Since(from)))
	})
	return time.Duration(l.end.Load() - l.begin.Load())
}

// latest sets at to the later one of itself and now.
func latest(at *atomic.Int64, now int64) {
	for old := at.Load(); now > old && !at.CompareAndSwap(old, now); old = at.Load() {
	}
}
