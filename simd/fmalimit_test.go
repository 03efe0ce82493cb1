package simd

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A limit that includes the time to wake threads is too low. On a busy machine
// two threads may share one processor; then they are as fast as one.
func TestFMALimit(t *testing.T) {
	one, two := NewPool(1), NewPool(2)
	defer one.Close()
	defer two.Close()
	require.Positive(t, FMALimit(nil, time.Millisecond))
	var single, double float64
	for range 10 { // other processes may interfere
		single = max(single, FMALimit(one, 5*time.Millisecond))
		double = max(double, FMALimit(two, 5*time.Millisecond))
		if double >= 0.9*single {
			return
		}
	}
	t.Errorf("two threads reach %.1f GFLOP/s, one %.1f", double, single)
}

// The loop sleeps instead of computing, so the test does not depend on the
// number of processors. Every thread runs the loop once, in parallel, and the
// measurement includes all of it.
func TestFMALimitMeasuresAllThreads(t *testing.T) {
	const nap = 4 * time.Millisecond
	for _, threads := range []int{1, 2, 7} {
		pool := NewPool(threads)
		l := fmaLimit{loop: func(turns int) { time.Sleep(time.Duration(turns) * nap / 2) }, turns: 2, threads: threads}
		fastest := time.Duration(1 << 62)
		for range 20 {
			took := l.measure(pool)
			require.GreaterOrEqual(t, took, nap, "%d threads", threads)
			fastest = min(fastest, took)
			if fastest < 2*nap {
				break
			}
		}
		require.Less(t, fastest, 2*nap, "%d threads sleep one after the other", threads)
		pool.Close()
	}
}

// The number of iterations is doubled until a measurement is long enough.
func TestFMATurns(t *testing.T) {
	var asked []int
	turns := fmaTurns(func(turns int) {
		asked = append(asked, turns)
		time.Sleep(time.Duration(turns) * time.Microsecond / 2)
	})
	require.LessOrEqual(t, turns, 4000)
	require.Equal(t, []int{1000, 2000, 4000}[:len(asked)], asked) // a sleep may take longer than asked
	require.Equal(t, turns, asked[len(asked)-1])
}
