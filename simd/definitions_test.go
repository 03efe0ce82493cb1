package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/philox"
)

// The other tests compare kernels with their definitions in plain Go; the tests
// here compare the definitions with mathematics.

// exact.FMA32 gives the bits of the hardware's fused multiply-add.
func TestFMA32IsWhatTheHardwareDoes(t *testing.T) {
	n := 200_000
	if testing.Short() {
		n = 20_000
	}
	withISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		var a, b, c [lanes]float32
		for turn := range n / lanes {
			for i := range lanes {
				a[i], b[i] = math.Float32frombits(r.Uint32()), math.Float32frombits(r.Uint32())
				c[i] = math.Float32frombits(r.Uint32())
				if turn%2 == 0 { // exponents of similar size
					c[i] = -float32(float64(a[i])*float64(b[i])) * float32(1+r.IntN(3))
				}
			}
			var want [lanes]float32
			for i := range lanes {
				want[i] = exact.FMA32(a[i], b[i], c[i])
			}
			got := c
			active.dot(&got, a[:], b[:])
			requireBits(t, want[:], got[:], "fma")
		}
	})
}

func random(seed uint64, n int, scale float32) []float32 { return goldenInput(seed, n, scale, false) }

func requireClose(t *testing.T, want float64, got float32, tolerance float64, what string) {
	t.Helper()
	require.InDelta(t, want, float64(got), tolerance*max(1, math.Abs(want)), what)
}

func TestSoftmaxIsASoftmax(t *testing.T) {
	const n, scale = 37, 0.3
	x := random(1, RowStride(n), 10)
	z := 0.0
	for _, v := range x[:n] {
		z += math.Exp(scale * float64(v))
	}
	p := append([]float32(nil), x...)
	SoftmaxRows(p, 1, n, scale)
	for i, v := range p {
		want := 0.0
		if i < n {
			want = math.Exp(scale*float64(x[i])) / z
		}
		requireClose(t, want, v, 1e-6, "softmax")
	}

	// The gradient is the directional derivative of <dp, softmax(scale*x)>.
	dp := random(2, RowStride(n), 1)
	dx := make([]float32, RowStride(n))
	SoftmaxGradRows(dx, p, dp, 1, n, scale)
	value := func(at int, h float64) float64 {
		z, s := 0.0, 0.0
		for i, v := range x[:n] {
			u := float64(v)
			if i == at {
				u += h
			}
			z += math.Exp(scale * u)
			s += float64(dp[i]) * math.Exp(scale*u)
		}
		return s / z
	}
	for i := range n {
		requireClose(t, (value(i, 1e-5)-value(i, -1e-5))/2e-5, dx[i], 1e-6, "softmax gradient")
	}
}

func TestLayerNormAndItsGradients(t *testing.T) {
	const rows, n, eps = 3, 48, 1e-3
	x, gamma, beta, dy := random(3, rows*n, 2), random(4, n, 1), random(5, n, 1), random(6, rows*n, 1)
	y, mean, rstd := make([]float32, rows*n), make([]float32, rows), make([]float32, rows)
	LayerNormRows(y, mean, rstd, x, gamma, beta, eps)

	// loss is <dy, layernorm(x)> with one element of x, gamma or beta changed.
	forward := func(x, gamma, beta []float64) (y []float64) {
		for r := range rows {
			row := x[r*n : r*n+n]
			m, v := 0.0, 0.0
			for _, e := range row {
				m += e / n
			}
			for _, e := range row {
				v += (e - m) * (e - m) / n
			}
			for i, e := range row {
				y = append(y, gamma[i]*(e-m)/math.Sqrt(v+eps)+beta[i])
			}
		}
		return y
	}
	wide := func(x []float32) []float64 {
		w := make([]float64, len(x))
		for i, v := range x {
			w[i] = float64(v)
		}
		return w
	}
	args := [][]float64{wide(x), wide(gamma), wide(beta)}
	for i, want := range forward(args[0], args[1], args[2]) {
		requireClose(t, want, y[i], 1e-6, "layernorm")
	}
	derivative := func(arg, at int) float64 {
		const h = 1e-5
		loss := func(h float64) (s float64) {
			args[arg][at] += h
			for i, v := range forward(args[0], args[1], args[2]) {
				s += v * float64(dy[i])
			}
			args[arg][at] -= h
			return s
		}
		return (loss(h) - loss(-h)) / (2 * h)
	}
	dx, dgamma, dbeta := make([]float32, rows*n), make([]float32, n), make([]float32, n)
	Fill(dgamma, 10)
	Fill(dbeta, 20)
	LayerNormGradX(dx, dy, x, mean, rstd, gamma, false)
	LayerNormGradParams(dgamma, dbeta, dy, x, mean, rstd)
	for i := range dx {
		requireClose(t, derivative(0, i), dx[i], 1e-5, "layernorm gradient of x")
	}
	for i := range n {
		requireClose(t, 10+derivative(1, i), dgamma[i], 1e-5, "layernorm gradient of gamma")
		requireClose(t, 20+derivative(2, i), dbeta[i], 1e-5, "layernorm gradient of beta")
	}
	twice := append([]float32(nil), dx...)
	LayerNormGradX(twice, dy, x, mean, rstd, gamma, true)
	for i := range dx {
		require.Equal(t, dx[i]+dx[i], twice[i], "accumulating adds the same numbers")
	}
}

func TestGeluGradIsTheDerivativeOfGelu(t *testing.T) {
	for x := -6.0; x < 6; x += 0.01 {
		cdf := func(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }
		const h = 1e-5
		v := float32(x)
		want := ((float64(v)+h)*cdf(float64(v)+h) - (float64(v)-h)*cdf(float64(v)-h)) / (2 * h)
		requireClose(t, want, exact.GeluGrad32(v), 1e-6, "gelu'")
	}
}

func TestReductionsAddUp(t *testing.T) {
	for _, n := range []int{0, 1, 100, 5000, 100_000} {
		x, y := random(7, n, 1), random(8, n, 1)
		var sum, squares, dot, diff float64
		largest := math.Inf(-1)
		for i := range x {
			a, b := float64(x[i]), float64(y[i])
			sum, squares, dot, diff = sum+a, squares+a*a, dot+a*b, diff+(a-b)*(a-b)
			largest = max(largest, a)
		}
		tolerance := 1e-7 * math.Sqrt(float64(n+1))
		requireClose(t, sum, Sum(x), tolerance*10, "sum")
		requireClose(t, squares, SumSquares(x), 1e-6, "sum of squares")
		requireClose(t, dot, Dot(x, y), tolerance*10, "dot")
		requireClose(t, diff, SquaredDiffSum(x, y), 1e-6, "sum of squared differences")
		require.Equal(t, float32(largest), Max(x))
	}
}

// The order of a reduction is part of the contract: sixteen lanes and a tree,
// blocks of 4,096, and the same for the block results.
func TestReductionOrder(t *testing.T) {
	var plain func(x []float32) float32
	plain = func(x []float32) float32 {
		if len(x) > 4096 {
			var blocks []float32
			for i := 0; i < len(x); i += 4096 {
				blocks = append(blocks, plain(x[i:min(i+4096, len(x))]))
			}
			if len(blocks) == 1 {
				return blocks[0]
			}
			return plain(blocks)
		}
		var s [16]float32
		for i, v := range x {
			s[i%16] += v
		}
		for _, h := range []int{8, 4, 2, 1} {
			for i := range h {
				s[i] += s[i+h]
			}
		}
		return s[0]
	}
	sizes := []int{3, 4096, 4097, 50_000}
	if !testing.Short() {
		sizes = append(sizes, 4096*4096+4096+5)
	}
	pattern := random(9, 5003, 1)
	for _, n := range sizes {
		x := make([]float32, 0, n+len(pattern))
		for len(x) < n {
			x = append(x, pattern...)
		}
		x = x[:n]
		require.Equal(t, plain(x), Sum(x), "%d elements", n)
	}
}

// Two steps compared with AdamW of Loshchilov and Hutter in float64.
func TestAdamWStep(t *testing.T) {
	const lr, beta1, beta2, eps, decay = 1e-2, 0.9, 0.95, 1e-8, 0.05
	p := []float32{1, -2, 3}
	m, v := make([]float32, 3), make([]float32, 3)
	wp, wm, wv := []float64{1, -2, 3}, make([]float64, 3), make([]float64, 3)
	for step := 1; step <= 5; step++ {
		g := random(uint64(step), 3, 1)
		b1, b2 := 1-math.Pow(beta1, float64(step)), 1-math.Pow(beta2, float64(step))
		AdamWStep(p, m, v, g, &AdamW{GradScale: 0.5, Decay: 1 - lr*decay, Beta1: beta1, OneMinusBeta1: 1 - beta1,
			Beta2: beta2, OneMinusBeta2: 1 - beta2, Step: float32(lr / b1), SqrtBias2: float32(math.Sqrt(b2)), Eps: eps})
		for i := range p {
			w := float64(g[i]) * 0.5
			wm[i] = beta1*wm[i] + (1-beta1)*w
			wv[i] = beta2*wv[i] + (1-beta2)*w*w
			wp[i] -= lr * decay * wp[i]
			wp[i] -= lr * (wm[i] / b1) / (math.Sqrt(wv[i]/b2) + eps)
			requireClose(t, wp[i], p[i], 1e-6, "parameter")
		}
	}
}

// Output e of a fill is word e/16%4 of the block at position 16*(e/64) + e%16.
func TestUniformLayout(t *testing.T) {
	x := make([]float32, 1000)
	Uniform(x, address)
	for e, v := range x {
		block := address.Block(uint32(e/64*16 + e%16))
		require.Equal(t, philox.Uniform(block[e/16%4]), v, "element %d", e)
	}
}

// The words of every instruction set are those of the scalar generator.
func TestWordsLayout(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		for _, n := range []int{0, 64, 128, 4096} {
			x := make([]uint32, n+1)
			x[n] = 12345
			Words(x[:n], address)
			for e, v := range x[:n] {
				require.Equal(t, address.Block(uint32(e/64*16 + e%16))[e/16%4], v, "word %d", e)
			}
			require.Equal(t, uint32(12345), x[n], "written after the end")
		}
	})
	require.PanicsWithError(t, "simd.Words: dst has 100 elements where 64 are needed", func() { Words(make([]uint32, 100), address) })
}

func TestFillsArePrefixesOfEachOther(t *testing.T) {
	long := make([]float32, 300)
	Gaussian(long, address)
	zero := make([]float32, 300)
	for n := range long {
		short := make([]float32, n)
		Gaussian(short, address)
		requireBits(t, long[:n], short, "gaussian")
		AddGaussian(short, zero[:n], 1, address)
		requireBits(t, long[:n], short, "gaussian added to zero")
	}
}

// Element e of a Gaussian fill is a function of the address and e alone: of words
// w and w|1 of the block at position 16*(e/64) + e%16, with w = e/16%4.
func TestGaussianByElement(t *testing.T) {
	withISA(t, func(t *testing.T) {
		for _, n := range []int{0, 1, 2, 15, 16, 17, 31, 48, 63, 64, 65, 79, 100, 128, 784} {
			x, got, want := random(7, n, 1), make([]float32, n), make([]float32, n)
			for e := range want {
				block, w := address.Block(uint32(e/64*16+e%16)), e/16%4
				r := float32(math.Sqrt(float64(-2 * exact.LogOpen32(philox.Uniform(block[w&^1])))))
				sin, cos := exact.SinCos2Pi32(philox.Uniform(block[w|1]))
				if w%2 == 0 {
					want[e] = exact.FMA32(0.25, float32(r*cos), x[e])
				} else {
					want[e] = exact.FMA32(0.25, float32(r*sin), x[e])
				}
			}
			AddGaussian(got, x, 0.25, address)
			requireBits(t, want, got, fmt.Sprint(n, " elements"))
		}
	})
}

func TestGaussianMoments(t *testing.T) {
	n := 1 << 20
	if testing.Short() {
		n = 1 << 14
	}
	x := make([]float32, n)
	Gaussian(x, address)
	var moments [5]float64
	largest := 0.0
	for _, v := range x {
		largest = max(largest, math.Abs(float64(v)))
		p := 1.0
		for i := range moments {
			moments[i] += p / float64(n)
			p *= float64(v)
		}
	}
	require.Less(t, largest, 5.78)
	within := 5 / math.Sqrt(float64(n)) // five standard errors, times the deviation of each power
	require.InDelta(t, 0, moments[1], within)
	require.InDelta(t, 1, moments[2], within*math.Sqrt2)
	require.InDelta(t, 0, moments[3], within*math.Sqrt(15))
	require.InDelta(t, 3, moments[4], within*math.Sqrt(96))
}

func TestNothingIsAllocated(t *testing.T) {
	x, y := random(1, 5003, 1), random(2, 5003, 1)
	m := random(3, RowStride(50)*4, 1)
	for name, f := range map[string]func(){
		"Add":         func() { Add(x, x, y) },
		"Scale":       func() { Scale(x, y, 2) },
		"Gelu":        func() { Gelu(x, y) },
		"Sum":         func() { Sum(x) },
		"Dot":         func() { Dot(x, y) },
		"SoftmaxRows": func() { SoftmaxRows(m, 4, 50, 1) },
		"Gaussian":    func() { Gaussian(x, address) },
		"AddGaussian": func() { AddGaussian(x, y, 0.5, address) },
	} {
		// The garbage collector may empty a pool, so a rare allocation is not a
		// leak.
		require.Less(t, testing.AllocsPerRun(100, f), 1.0, name)
	}
}
