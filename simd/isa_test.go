package simd

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/philox"
)

func TestSelect(t *testing.T) {
	before := ISA()
	defer func() { require.NoError(t, Select(before)) }()

	require.Equal(t, "go", Available()[0])
	require.Contains(t, Available(), before)
	for _, name := range Available() {
		require.NoError(t, Select(name))
		require.Equal(t, name, ISA())
	}
	require.NoError(t, Select("go"))
	require.ErrorContains(t, Select("sse9"), `"sse9" is not an instruction set; choose one of go`)
	require.Equal(t, "go", ISA(), "a refused selection changes nothing")

	missing := ""
	for _, name := range known {
		if Select(name) != nil {
			missing = name
		}
	}
	require.NotEmpty(t, missing, "no processor has AVX2 and NEON")
	require.ErrorContains(t, Select(missing), "does not run on this processor; choose one of go")
}

// TestMain ends the run if the instruction set of DMAE_SIMD is not available,
// so that no test passes with other kernels.
func TestMain(m *testing.M) {
	if err := Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(m.Run())
}

func TestEnvironment(t *testing.T) {
	t.Setenv("DMAE_SIMD", "go")
	k, err := fromEnvironment()
	require.NoError(t, err)
	require.Equal(t, "go", k.name)
	t.Setenv("DMAE_SIMD", "")
	k, err = fromEnvironment()
	require.NoError(t, err)
	require.Same(t, usable[len(usable)-1], k)
	t.Setenv("DMAE_SIMD", "fast")
	k, err = fromEnvironment()
	require.Nil(t, k)
	require.EqualError(t, err, `environment variable DMAE_SIMD: "fast" is not an instruction set; choose one of `+join(Available()))
}

// Without available kernels every computation panics, on any thread, until some
// are selected.
func TestRefusal(t *testing.T) {
	before := active
	defer func() { active, refusal = before, nil }()
	refused := errors.New("environment variable DMAE_SIMD: no")
	active, refusal = nil, refused
	require.Same(t, refused, Err())
	p := NewPool(2)
	defer p.Close()
	x := make([]float32, 48)
	for name, f := range map[string]func(){
		"ISA":       func() { ISA() },
		"Add":       func() { Add(x, x, x) },
		"Sum":       func() { Sum(x) },
		"Gaussian":  func() { Gaussian(x, philox.Addr{}) },
		"Gemm":      func() { p.Gemm(&Gemm{M: 1, N: 1, K: 1, A: x, LDA: 1, B: x[1:], LDB: 1, C: x[2:], LDC: 1}) },
		"Attention": func() { Attention(p, x[:16], make([]float32, 48), 1, 4, 4, 2) },
		"a worker":  func() { p.Run(8, func(_, _ int) { Scale(x, x, 1) }) },
	} {
		require.PanicsWithValue(t, refused, f, name)
	}
	require.NoError(t, Select("go"))
	require.NoError(t, Err())
	Add(x, x, x)
}

func join(names []string) string {
	s := names[0]
	for _, n := range names[1:] {
		s += ", " + n
	}
	return s
}

func TestWrongLengthsPanic(t *testing.T) {
	x := make([]float32, 64)
	for name, f := range map[string]func(){
		"Add":                 func() { Add(x, x[1:], x) },
		"Gelu":                func() { Gelu(x[1:], x) },
		"Scale":               func() { Scale(x, x[1:], 1) },
		"AddScaled":           func() { AddScaled(x, x, 1, x[1:]) },
		"Normalize":           func() { Normalize(x, x[1:], 0, 1) },
		"Dot":                 func() { Dot(x, x[1:]) },
		"SquaredDiffSum":      func() { SquaredDiffSum(x, x[1:]) },
		"BiasRows":            func() { BiasRows(x, x[:16], 3, 16) },
		"BiasResidualRows":    func() { BiasResidualRows(x, x[:16], 1, x[:48], 4, 16) },
		"ColumnSum":           func() { ColumnSum(x[:17], x, 4, 16) },
		"SoftmaxRows":         func() { SoftmaxRows(x, 5, 10, 1) },
		"SoftmaxGradRows":     func() { SoftmaxGradRows(x, x, x[1:], 4, 10, 1) },
		"LayerNormRows":       func() { LayerNormRows(x, x[:4], x[:3], x, x[:16], x[:16], 0) },
		"LayerNormGradX":      func() { LayerNormGradX(x[1:], x, x, x[:4], x[:4], x[:16], false) },
		"LayerNormGradParams": func() { LayerNormGradParams(x[:16], x[:15], x, x, x[:4], x[:4]) },
		"AdamWStep":           func() { AdamWStep(x, x, x[1:], x, &AdamW{}) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				err, ok := recover().(LengthError)
				require.True(t, ok, "no LengthError")
				require.Contains(t, err.Error(), "simd."+name+": ")
			}()
			f()
		})
	}
	wide := make([]float32, RowStride(reduceBlock+1))
	require.Panics(t, func() { SoftmaxRows(wide, 1, reduceBlock+1, 1) }, "rows longer than one block have no defined order")
}
