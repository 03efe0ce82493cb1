package simd

import (
	"testing"
	"time"
)

// BenchmarkPool times jobs of one short task a thread, in turns with one task
// without a pool: tasks/op is how many tasks' time a job takes, 1 if the threads
// meet at once and 2 where the second thread comes too late to help.
func BenchmarkPool(b *testing.B) {
	const threads = 2
	p := NewPool(threads)
	defer p.Close()
	var sums [threads]float64
	task := func(_, task int) {
		sum := 0.0
		for i := range 20_000 {
			sum += float64(i)
		}
		sums[task] = sum
	}
	var together, alone time.Duration
	for b.Loop() {
		start := time.Now() // not the benchmark's timer: to stop it takes longer than the threads wait
		p.Run(threads, task)
		middle := time.Now()
		task(0, 0)
		together += middle.Sub(start)
		alone += time.Since(middle)
	}
	b.ReportMetric(together.Seconds()/alone.Seconds(), "tasks/op")
}
