package simd

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPoolRunsEveryTaskOnce(t *testing.T) {
	for _, threads := range []int{1, 2, 7} {
		p := NewPool(threads)
		require.Equal(t, threads, p.Threads())
		for _, tasks := range []int{0, 1, 2, 3, 100} {
			counts := make([]atomic.Int32, tasks)
			busy := make([]atomic.Int32, threads)
			p.Run(tasks, func(worker, task int) {
				if busy[worker].Add(1) != 1 {
					t.Error("two tasks of one worker overlap")
				}
				counts[task].Add(1)
				busy[worker].Add(-1)
			})
			for i := range counts {
				require.EqualValues(t, 1, counts[i].Load(), "task %d of %d", i, tasks)
			}
		}
		p.Close()
	}
}

func TestNilPool(t *testing.T) {
	var p *Pool
	var order []int
	p.Run(3, func(worker, task int) {
		require.Zero(t, worker)
		order = append(order, task)
	})
	require.Equal(t, []int{0, 1, 2}, order)
	require.Equal(t, 1, p.Threads())
	p.Close()
}

func TestPoolCallsQueueUp(t *testing.T) {
	p := NewPool(3)
	defer p.Close()
	var running, total atomic.Int32
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for range 20 {
				p.Run(5, func(_, _ int) {
					if running.Add(1) > 3 {
						t.Error("more tasks at a time than threads")
					}
					total.Add(1)
					running.Add(-1)
				})
			}
		})
	}
	callers.Wait()
	require.EqualValues(t, 8*20*5, total.Load())
}

func TestPoolPanic(t *testing.T) {
	failure := errors.New("a task failed")
	for _, threads := range []int{1, 2, 5} {
		p := NewPool(threads)
		for range 20 {
			require.PanicsWithValue(t, failure, func() {
				p.Run(50, func(_, task int) {
					if task == 13 {
						panic(failure)
					}
				})
			})
			// The pool can still be used.
			var n atomic.Int32
			p.Run(9, func(_, _ int) { n.Add(1) })
			require.EqualValues(t, 9, n.Load())
		}
		p.Close()
	}
}

// A product on a pool allocates nothing after the workspaces have grown.
func TestPoolGemmAllocatesNothing(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	m := func(n int) []float32 { return make([]float32, n) }
	epilogue := Epilogue{Bias: m(96), Gelu: true, Pre: m(90 * 96), LDPre: 96}
	g := Gemm{M: 90, N: 96, K: 64, A: m(90 * 64), LDA: 64, B: m(96 * 64), LDB: 64, TransB: true, C: m(90 * 96), LDC: 96, Epilogue: &epilogue}
	out, qkv := m(2*20*8), m(2*20*24)
	for _, ws := range p.workspaces { // any worker may get the tasks
		GemmSerial(ws, &g)
		(&attentionJob{out: out, qkv: qkv, tokens: 20, width: 8, heads: 2}).head(ws, 0)
	}
	require.Zero(t, testing.AllocsPerRun(100, func() { p.Gemm(&g) }))
	require.Zero(t, testing.AllocsPerRun(100, func() { Attention(p, out, qkv, 2, 20, 8, 2) }))
}

// BenchmarkPool times jobs of one short task per thread, alternating with one
// task without a pool. tasks/op is the time of a job divided by that of a task:
// 1 if the threads start at once, 2 if the second thread starts too late to
// help.
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
		start := time.Now() // not the benchmark's timer, which takes longer to stop than the threads poll
		p.Run(threads, task)
		middle := time.Now()
		task(0, 0)
		together += middle.Sub(start)
		alone += time.Since(middle)
	}
	b.ReportMetric(together.Seconds()/alone.Seconds(), "tasks/op")
}
