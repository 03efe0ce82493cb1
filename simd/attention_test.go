package simd

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/philox"
)

// attentionCase is a size of the attention tests.
type attentionCase struct{ B, T, D, heads int }

func (c attentionCase) String() string {
	return fmt.Sprintf("B%dT%dD%dh%d", c.B, c.T, c.D, c.heads)
}

var attentionCases = []attentionCase{
	{1, 1, 3, 1}, {2, 2, 8, 2}, {1, 16, 16, 1}, {2, 17, 20, 2}, {1, 50, 64, 2}, {1, 33, 7, 1},
}

// chain is the contract's chain of fused multiply-adds over k terms.
func chain(k int, x, y func(p int) float32) float32 {
	var s float32
	for p := range k {
		s = exact.FMA32(x(p), y(p), s)
	}
	return s
}

// at returns the accessor of element (i, c) of part 0, 1, 2 = q, k, v of a head.
func (c attentionCase) at(x []float32, sample, head, part int) func(i, c int) *float32 {
	d := c.D / c.heads
	return func(i, j int) *float32 { return &x[(sample*c.T+i)*3*c.D+part*c.D+head*d+j] }
}

// probabilities computes p of one head, padded for SoftmaxRows.
func (c attentionCase) probabilities(qkv []float32, sample, head int) []float32 {
	q, k := c.at(qkv, sample, head, 0), c.at(qkv, sample, head, 1)
	d, ld := c.D/c.heads, RowStride(c.T)
	s := make([]float32, c.T*ld)
	for i := range c.T {
		for j := range c.T {
			s[i*ld+j] = chain(d, func(p int) float32 { return *q(i, p) }, func(p int) float32 { return *k(j, p) })
		}
	}
	SoftmaxRows(s, c.T, c.T, float32(1/math.Sqrt(float64(d))))
	return s
}

// forward is the definition of Attention.
func (c attentionCase) forward(qkv []float32) []float32 {
	out := make([]float32, c.B*c.T*c.D)
	d, ld := c.D/c.heads, RowStride(c.T)
	for b := range c.B {
		for h := range c.heads {
			s, v := c.probabilities(qkv, b, h), c.at(qkv, b, h, 2)
			for i := range c.T {
				for j := range d {
					out[(b*c.T+i)*c.D+h*d+j] = chain(c.T, func(p int) float32 { return s[i*ld+p] }, func(p int) float32 { return *v(p, j) })
				}
			}
		}
	}
	return out
}

// backward is the definition of AttentionGrad.
func (c attentionCase) backward(dout, qkv []float32) []float32 {
	grad := make([]float32, len(qkv))
	d, ld := c.D/c.heads, RowStride(c.T)
	for b := range c.B {
		for h := range c.heads {
			q, k, v := c.at(qkv, b, h, 0), c.at(qkv, b, h, 1), c.at(qkv, b, h, 2)
			dq, dk, dv := c.at(grad, b, h, 0), c.at(grad, b, h, 1), c.at(grad, b, h, 2)
			do := func(i, j int) float32 { return dout[(b*c.T+i)*c.D+h*d+j] }
			s, ds := c.probabilities(qkv, b, h), make([]float32, c.T*ld)
			for i := range c.T {
				for j := range c.T {
					ds[i*ld+j] = chain(d, func(p int) float32 { return do(i, p) }, func(p int) float32 { return *v(j, p) })
				}
			}
			SoftmaxGradRows(ds, s, ds, c.T, c.T, float32(1/math.Sqrt(float64(d))))
			for i := range c.T {
				for j := range d {
					*dq(i, j) = chain(c.T, func(p int) float32 { return ds[i*ld+p] }, func(p int) float32 { return *k(p, j) })
					*dk(i, j) = chain(c.T, func(p int) float32 { return ds[p*ld+i] }, func(p int) float32 { return *q(p, j) })
					*dv(i, j) = chain(c.T, func(p int) float32 { return s[p*ld+i] }, func(p int) float32 { return do(p, j) })
				}
			}
		}
	}
	return grad
}

func TestAttention(t *testing.T) {
	cases := attentionCases
	if !testing.Short() {
		cases = append(cases, attentionCase{1, 700, 8, 1}) // several blocks of queries
	}
	s := &numbers{addr: philox.Addr{Seed: 2}}
	type expected struct{ qkv, dout, out, grad []float32 }
	want := make([]expected, len(cases))
	for i, c := range cases {
		want[i].qkv = s.matrix(c.B*c.T, 3*c.D, 0).view()
		want[i].dout = s.matrix(c.B*c.T, c.D, 0).view()
		want[i].out = c.forward(want[i].qkv)
		want[i].grad = c.backward(want[i].dout, want[i].qkv)
	}
	eachISA(t, func(t *testing.T) {
		for _, threads := range []int{0, 1, 2, 7} {
			var pool *Pool
			if threads > 0 {
				pool = NewPool(threads)
			}
			for i, c := range cases {
				out := make([]float32, c.B*c.T*c.D)
				Attention(pool, out, want[i].qkv, c.B, c.T, c.D, c.heads)
				requireSameBits(t, want[i].out, out, c)
				grad := make([]float32, 3*c.B*c.T*c.D)
				AttentionGrad(pool, grad, want[i].dout, want[i].qkv, c.B, c.T, c.D, c.heads)
				requireSameBits(t, want[i].grad, grad, c)
			}
			pool.Close()
		}
	})
}

func TestAttentionSizes(t *testing.T) {
	require.PanicsWithValue(t, HeadsError{Width: 6, Heads: 4}, func() { Attention(nil, make([]float32, 6), make([]float32, 18), 1, 1, 6, 4) })
	require.PanicsWithValue(t, LengthError{"Attention", "qkv", 17, 18}, func() { Attention(nil, make([]float32, 6), make([]float32, 17), 1, 1, 6, 2) })
}
