//go:build unix

package simd

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/philox"
)

// cpuTime returns the processor time of this process. Rates are reported for
// wall time and for processor time, which is not affected by other processes.
func cpuTime(tb testing.TB) time.Duration {
	var u syscall.Rusage
	require.NoError(tb, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// reportRate runs f repeatedly, alternating with the FMA limit, and reports its
// rate in GFLOP/s and its share of the limit, both per second of processor
// time.
func reportRate(b *testing.B, pool *Pool, flops float64, f func()) {
	k := active.gemm
	turns := max(1, int(flops/float64(k.fmaFlops)/float64(pool.Threads())/8))
	var own, limit time.Duration
	b.ReportAllocs()
	for b.Loop() {
		at := cpuTime(b)
		f()
		own += cpuTime(b) - at
		b.StopTimer()
		at = cpuTime(b)
		pool.Run(pool.Threads(), func(_, _ int) { k.fmaLoop(turns) })
		limit += cpuTime(b) - at
		b.StartTimer()
	}
	n := float64(b.N)
	rate := flops * n / own.Seconds() / 1e9
	most := float64(turns) * float64(k.fmaFlops) * float64(pool.Threads()) * n / limit.Seconds() / 1e9
	b.ReportMetric(flops*n/b.Elapsed().Seconds()/1e9, "GFLOP/s")
	b.ReportMetric(rate, "GFLOP/cpu-s")
	b.ReportMetric(rate/most, "of-limit")
}

func BenchmarkGemm(b *testing.B) {
	for _, s := range []struct {
		m, n, k        int
		transA, transB bool
		serial         bool // one thread, as in attention
	}{
		{3200, 768, 3072, false, true, false}, // second layer of the ViT-B MLP
		{3200, 3072, 768, false, true, false}, // first layer
		{768, 788, 768, false, false, false},
		{6272, 128, 384, false, true, false}, // small ViT
		{6272, 384, 128, false, true, false},
		{128, 384, 6272, true, false, false}, // weight gradient of the small ViT
		{3072, 768, 3200, true, false, false},
		{3200, 3072, 768, false, false, false}, // input gradient
		{50, 768, 768, false, true, false},     // one image
		{49, 49, 32, false, true, true},        // scores
		{49, 32, 49, false, false, true},       // values
		{49, 32, 49, true, false, true},        // their gradient
		{197, 197, 64, false, true, true},
		{197, 64, 197, false, false, true},
		{197, 64, 197, true, false, true},
	} {
		name := fmt.Sprintf("%dx%dx%d", s.m, s.n, s.k)
		threads := 2
		if s.transA {
			name += "_transA"
		}
		if s.transB {
			name += "_transB"
		}
		if s.serial {
			threads = 1
		}
		b.Run(name, func(b *testing.B) {
			pool := NewPool(threads)
			defer pool.Close()
			p := (&numbers{addr: philox.Addr{Seed: 4}}).product(s.m, s.n, s.k, s.transA, s.transB, false, 0)
			p.C = p.c.view()
			f := func() { pool.Gemm(&p.Gemm) }
			if s.serial {
				var ws Workspace
				g := p.Gemm
				f = func() {
					for range 100 {
						GemmSerial(&ws, &g)
					}
				}
			}
			flops := 2 * float64(s.m) * float64(s.n) * float64(s.k)
			if s.serial {
				flops *= 100
			}
			reportRate(b, pool, flops, f)
		})
	}
}

func BenchmarkAttention(b *testing.B) {
	pool := NewPool(2)
	defer pool.Close()
	for _, c := range []attentionCase{{128, 49, 128, 4}, {128, 65, 192, 3}, {16, 197, 768, 12}, {16, 50, 768, 12}} {
		s := &numbers{addr: philox.Addr{Seed: 3}}
		qkv, dout := s.matrix(c.B*c.T, 3*c.D, 0).view(), s.matrix(c.B*c.T, c.D, 0).view()
		for i := range qkv {
			qkv[i] /= 16
		}
		out, dqkv := make([]float32, len(dout)), make([]float32, len(qkv))
		flops := 4 * float64(c.B*c.T*c.T*c.D)
		b.Run("forward_"+c.String(), func(b *testing.B) {
			reportRate(b, pool, flops, func() { Attention(pool, out, qkv, c.B, c.T, c.D, c.heads) })
		})
		b.Run("backward_"+c.String(), func(b *testing.B) {
			reportRate(b, pool, 2.5*flops, func() { AttentionGrad(pool, dqkv, dout, qkv, c.B, c.T, c.D, c.heads) })
		})
	}
}
