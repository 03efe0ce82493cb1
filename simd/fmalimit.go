package simd

import "time"

// FMALimit measures how fast the threads of the pool can issue fused
// multiply-adds of the selected instruction set when nothing leaves the
// registers, for about the given duration. It returns the best rate seen, in
// 1e9 floating point operations a second over all threads (a multiply-add counts
// as two): the limit that the rate of a matrix product is to be compared with.
func FMALimit(p *Pool, duration time.Duration) float64 {
	k := active.gemm
	threads := p.Threads()
	loop := func(_, _ int) { k.fmaLoop(fmaTurns) }
	best := 0.0
	for start := time.Now(); best == 0 || time.Since(start) < duration; {
		from := time.Now()
		p.Run(threads, loop)
		rate := float64(threads) * fmaTurns * float64(k.fmaFlops) / time.Since(from).Seconds() / 1e9
		best = max(best, rate)
	}
	return best
}

// fmaTurns makes one measurement last about a millisecond with vectors, long
// enough for the start of the threads not to count.
const fmaTurns = 100_000
