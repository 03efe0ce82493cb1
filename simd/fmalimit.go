package simd

import (
	"runtime"
	"sync/atomic"
	"time"
)

// FMALimit measures the rate of fused multiply-adds in registers, on all threads
// of the pool with the selected instruction set, for about the given duration.
// It returns the best rate, in 1e9 floating point operations per second over all
// threads; a multiply-add counts as two. This is the upper limit of the rate of
// a matrix product.
//
// The threads wait for each other before the measurement starts, so the time to
// wake them does not count. Otherwise the limit would be too low, and products
// would seem too good.
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

// fmaTime is the minimal time of one measurement. It is a thousand times as
// long as the synchronisation of the threads, and short enough that some
// measurements are not interrupted by other processes.
const fmaTime = 2 * time.Millisecond

// fmaTurns returns a number of iterations of the loop that takes at least
// fmaTime.
func fmaTurns(loop func(n int)) int {
	for turns := 1000; ; turns *= 2 {
		from := time.Now()
		loop(turns)
		if time.Since(from) >= fmaTime {
			return turns
		}
	}
}

// fmaLimit is a simultaneous measurement of all threads.
type fmaLimit struct {
	loop    func(n int)
	turns   int // iterations of the loop in each thread
	threads int

	ready atomic.Int64 // threads that have arrived
	begin atomic.Int64 // when the last one arrived, in nanoseconds after from
	end   atomic.Int64 // when the last one finished
}

// measure returns the time from the arrival of the last thread until the last
// one has finished.
func (l *fmaLimit) measure(p *Pool) time.Duration {
	l.ready.Store(0)
	l.begin.Store(0)
	l.end.Store(0)
	from := time.Now()
	p.Run(l.threads, func(_, _ int) {
		// A thread that waits here takes no second task, so each runs one.
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
