package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/philox"
)

// withISA runs body with every instruction set of this machine except plain Go.
func withISA(t *testing.T, body func(t *testing.T)) {
	before := ISA()
	defer func() { require.NoError(t, Select(before)) }()
	if len(usable) == 1 {
		t.Log("this processor has no instruction set that package simd has kernels for; only plain Go ran")
	}
	for _, name := range Available()[1:] {
		require.NoError(t, Select(name))
		t.Run(name, body)
	}
}

// onGo runs body with the plain Go definitions.
func onGo(body func()) {
	before := active
	active = &goKernels
	body()
	active = before
}

// guarded is a slice between guard words that must not change.
type guarded struct {
	all []float32
	x   []float32
}

const guardWords = 37

var guardValue = math.Float32frombits(0x4B5EADBE)

func newGuarded(n int) guarded {
	all := make([]float32, n+2*guardWords)
	for i := range all {
		all[i] = guardValue
	}
	return guarded{all, all[guardWords : guardWords+n : guardWords+n]}
}

func (g guarded) check(t *testing.T, what string) {
	t.Helper()
	for i, v := range g.all {
		if (i < guardWords || i >= guardWords+len(g.x)) && v != guardValue {
			t.Fatalf("%s: guard word %d was overwritten with %g", what, i-guardWords, v)
		}
	}
}

// awkward returns ordinary numbers mixed with zeros of both signs, subnormals,
// huge numbers, infinities and NaN.
func awkward(r *rand.Rand, n int, scale float32, special bool) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = scale * float32(r.NormFloat64())
		if special && r.IntN(8) == 0 {
			x[i] = []float32{
				0, float32(math.Copysign(0, -1)), math.Float32frombits(r.Uint32()), math.SmallestNonzeroFloat32, 1e-40, -1e-39,
				math.MaxFloat32, -math.MaxFloat32, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), -87.34, 88.72, 4, -0.9375,
			}[r.IntN(15)]
		}
	}
	return x
}

// bits32 are the bits of x, with one pattern for all NaN.
func bits32(x []float32) []uint32 {
	b := make([]uint32, len(x))
	for i, v := range x {
		b[i] = math.Float32bits(v)
		if v != v {
			b[i] = 0x7FC00000
		}
	}
	return b
}

func requireBits(t *testing.T, want, got []float32, what string) {
	t.Helper()
	w, g := bits32(want), bits32(got)
	if slices.Equal(w, g) {
		return
	}
	for i := range w {
		if w[i] != g[i] {
			t.Fatalf("%s: element %d of %d is %g (%#08x), plain Go says %g (%#08x)", what, i, len(w), got[i], g[i], want[i], w[i])
		}
	}
}

// kernelCase calls one exported function on the given slices: outputs have
// initial contents, inputs are not changed.
type kernelCase struct {
	name    string
	outputs func(n int) []int // lengths of the outputs for size n
	inputs  func(n int) []int
	scale   float32
	call    func(n int, out, in [][]float32)
	sizes   []int // unless nil
}

func lengths(k int) func(n int) []int {
	return func(n int) []int { return slices.Repeat([]int{n}, k) }
}

const testRows = 5

var address = philox.Addr{Seed: 0x123456789ABCDEF, Stream: philox.EstimationNoise, A: 77, B: 4_000_000_000, Copy: 3, Retry: 1}

var adamWTest = AdamW{GradScale: 0.7, Decay: 0.9995, Beta1: 0.9, OneMinusBeta1: 0.1, Beta2: 0.95, OneMinusBeta2: 0.05, Step: 1e-3, SqrtBias2: 0.3, Eps: 1e-8}

var kernelCases = []kernelCase{
	{"Add", lengths(1), lengths(2), 1, func(_ int, o, i [][]float32) { Add(o[0], i[0], i[1]) }, nil},
	{"Sub", lengths(1), lengths(2), 1, func(_ int, o, i [][]float32) { Sub(o[0], i[0], i[1]) }, nil},
	{"Mul", lengths(1), lengths(2), 1, func(_ int, o, i [][]float32) { Mul(o[0], i[0], i[1]) }, nil},
	{"Add in place", lengths(1), lengths(1), 1, func(_ int, o, i [][]float32) { Add(o[0], o[0], i[0]) }, nil},
	{"Scale", lengths(1), lengths(1), 1, func(_ int, o, i [][]float32) { Scale(o[0], i[0], 1.7) }, nil},
	{"AddScaled", lengths(1), lengths(2), 1, func(_ int, o, i [][]float32) { AddScaled(o[0], i[0], -0.3, i[1]) }, nil},
	{"Normalize", lengths(1), lengths(1), 1, func(_ int, o, i [][]float32) { Normalize(o[0], i[0], 0.485, 0.229) }, nil},
	{"Exp", lengths(1), lengths(1), 30, func(_ int, o, i [][]float32) { Exp(o[0], i[0]) }, nil},
	{"Gelu", lengths(1), lengths(1), 2, func(_ int, o, i [][]float32) { Gelu(o[0], i[0]) }, nil},
	{"GeluGrad", lengths(1), lengths(2), 2, func(_ int, o, i [][]float32) { GeluGrad(o[0], i[0], i[1]) }, nil},
	{"BiasRows", func(n int) []int { return []int{testRows * n} }, lengths(1), 1,
		func(n int, o, i [][]float32) { BiasRows(o[0], i[0], testRows, n) }, nil},
	{"BiasResidualRows", func(n int) []int { return []int{testRows * n} }, func(n int) []int { return []int{n, testRows * n} }, 1,
		func(n int, o, i [][]float32) { BiasResidualRows(o[0], i[0], 1.25, i[1], testRows, n) }, nil},
	{"Sum", lengths1, lengths(1), 1, func(_ int, o, i [][]float32) { o[0][0] = Sum(i[0]) }, reduceSizes},
	{"SumSquares", lengths1, lengths(1), 1e-22, func(_ int, o, i [][]float32) { o[0][0] = SumSquares(i[0]) }, reduceSizes},
	{"Dot", lengths1, lengths(2), 1e-22, func(_ int, o, i [][]float32) { o[0][0] = Dot(i[0], i[1]) }, reduceSizes},
	{"SquaredDiffSum", lengths1, lengths(2), 1, func(_ int, o, i [][]float32) { o[0][0] = SquaredDiffSum(i[0], i[1]) }, reduceSizes},
	{"Max", lengths1, lengths(1), 1, func(_ int, o, i [][]float32) { o[0][0] = Max(i[0]) }, reduceSizes},
	{"ColumnSum", lengths(1), func(n int) []int { return []int{testRows * (n + 3)} }, 1,
		func(n int, o, i [][]float32) { ColumnSum(o[0], i[0][:max(0, testRows*(n+3)-3)], testRows, n+3) }, nil},
	{"SoftmaxRows", func(n int) []int { return []int{testRows * RowStride(n)} }, lengths(0), 3,
		func(n int, o, _ [][]float32) { SoftmaxRows(o[0], testRows, n, 0.7) }, nil},
	{"SoftmaxGradRows", func(n int) []int { return []int{testRows * RowStride(n)} }, func(n int) []int { return []int{testRows * RowStride(n), testRows * RowStride(n)} }, 1e-22,
		func(n int, o, i [][]float32) { SoftmaxGradRows(o[0], i[0], i[1], testRows, n, 0.7) }, nil},
	{"LayerNormRows", func(n int) []int { return []int{testRows * n, testRows, testRows} }, func(n int) []int { return []int{testRows * n, n, n} }, 1,
		func(_ int, o, i [][]float32) { LayerNormRows(o[0], o[1], o[2], i[0], i[1], i[2], 1e-6) }, rowSizes},
	{"LayerNormGradX", func(n int) []int { return []int{testRows * n} }, func(n int) []int { return []int{testRows * n, testRows * n, testRows, testRows, n} }, 1,
		func(_ int, o, i [][]float32) { LayerNormGradX(o[0], i[0], i[1], i[2], i[3], i[4], false) }, rowSizes},
	{"LayerNormGradX accumulating", func(n int) []int { return []int{testRows * n} }, func(n int) []int { return []int{testRows * n, testRows * n, testRows, testRows, n} }, 1,
		func(_ int, o, i [][]float32) { LayerNormGradX(o[0], i[0], i[1], i[2], i[3], i[4], true) }, rowSizes},
	{"LayerNormGradParams", lengths(2), func(n int) []int { return []int{testRows * n, testRows * n, testRows, testRows} }, 1,
		func(_ int, o, i [][]float32) { LayerNormGradParams(o[0], o[1], i[0], i[1], i[2], i[3]) }, rowSizes},
	{"AdamWStep", lengths(3), lengths(1), 1, func(_ int, o, i [][]float32) { AdamWStep(o[0], o[1], o[2], i[0], &adamWTest) }, nil},
	{"Uniform", lengths(1), lengths(0), 1, func(_ int, o, _ [][]float32) { Uniform(o[0], address) }, nil},
	{"Gaussian", lengths(1), lengths(0), 1, func(_ int, o, _ [][]float32) { Gaussian(o[0], address) }, nil},
	{"AddGaussian", lengths(1), lengths(1), 1, func(_ int, o, i [][]float32) { AddGaussian(o[0], i[0], 0.25, address) }, nil},
}

func lengths1(int) []int { return []int{1} }

// Additional sizes: blocks of reductions, and rows of whole groups.
var (
	reduceSizes = []int{0, 1, 15, 16, 17, 31, 33, 64, 67, 1000, 4095, 4096, 4097, 8192, 8195, 70001}
	rowSizes    = []int{0, 1, 7, 16, 17, 32, 48, 64, 128, 144, 384}
)

func (c kernelCase) testSizes() []int {
	if c.sizes != nil {
		return c.sizes
	}
	var s []int
	for n := range 68 {
		s = append(s, n)
	}
	return append(s, 127, 129, 192, 197, 1024)
}

// run calls the case with guarded copies of the outputs and returns them.
func (c kernelCase) run(t *testing.T, n int, outputs, inputs [][]float32, what string) [][]float32 {
	var guards []guarded
	var out, in [][]float32
	for _, o := range outputs {
		g := newGuarded(len(o))
		copy(g.x, o)
		guards = append(guards, g)
		out = append(out, g.x)
	}
	for _, i := range inputs {
		g := newGuarded(len(i))
		copy(g.x, i)
		guards = append(guards, g)
		in = append(in, g.x)
	}
	c.call(n, out, in)
	for _, g := range guards {
		g.check(t, what)
	}
	for i := range in {
		requireBits(t, inputs[i], in[i], what+" changed an input")
	}
	return out
}

// Every kernel returns the bits of its definition, for all lengths and special
// values, and writes only its outputs.
func TestKernelsMatchPlainGo(t *testing.T) {
	withISA(t, func(t *testing.T) {
		for _, c := range kernelCases {
			t.Run(c.name, func(t *testing.T) {
				r := rand.New(rand.NewPCG(1, uint64(len(c.name))))
				for _, n := range c.testSizes() {
					for _, special := range []bool{false, true} {
						var outputs, inputs [][]float32
						for _, l := range c.outputs(n) {
							outputs = append(outputs, awkward(r, l, c.scale, special))
						}
						for _, l := range c.inputs(n) {
							inputs = append(inputs, awkward(r, l, c.scale, special))
						}
						what := fmt.Sprintf("%s of size %d, special values %t", c.name, n, special)
						var want [][]float32
						onGo(func() { want = c.run(t, n, outputs, inputs, what) })
						got := c.run(t, n, outputs, inputs, what)
						for i := range want {
							requireBits(t, want[i], got[i], what)
						}
					}
				}
			})
		}
	})
}

// The functions of one variable agree with their definitions for many numbers
// of all magnitudes.
func TestFunctionsMatchOnManyNumbers(t *testing.T) {
	step := uint32(4093)
	if testing.Short() {
		step = 200_003
	}
	const chunk = 4096
	withISA(t, func(t *testing.T) {
		for name, f := range map[string]func(dst, x []float32){
			"Exp": Exp, "Gelu": Gelu, "GeluGrad": func(dst, x []float32) {
				one := make([]float32, len(x))
				Fill(one, 1)
				GeluGrad(dst, one, x)
			},
		} {
			x, want, got := make([]float32, chunk), make([]float32, chunk), make([]float32, chunk)
			for at := uint32(0); ; {
				wrapped := false
				for i := range x {
					x[i] = math.Float32frombits(at)
					next := at + step
					wrapped = wrapped || next < at
					at = next
				}
				onGo(func() { f(want, x) })
				f(got, x)
				requireBits(t, want, got, name)
				if wrapped {
					break
				}
			}
		}
	})
}
