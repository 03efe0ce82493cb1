package nn_test

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/tensor"
)

func specs() []nn.Spec {
	b := nn.NewBuilder()
	b.Param(nn.Spec{Name: "cls_token", Shape: tensor.Of(1, 1, 8), View: tensor.Of(8), Init: nn.Normal(0.02)})
	b.Param(nn.Spec{Name: "pos_embed", Shape: tensor.Of(1, 5, 8), Init: nn.SinCos(8, 2), Fixed: true})
	nn.NewPatchEmbed(b, "patch_embed", 3, 2, 8, nn.XavierUniform(12, 8))
	nn.NewStack(b, "blocks", 2, nn.BlockShape{Width: 8, Hidden: 12, Heads: 2, Eps: nn.LayerNormEps, Weight: nn.XavierUniform})
	return b.Specs()
}

func TestParamsLieInOneTensor(t *testing.T) {
	b := testbackend.New(t)
	p := nn.NewParams(b, specs())
	require.Nil(t, p.Grads())
	p.EnableGrad()
	p.Init(3)

	count, end := 0, 0
	for i, param := range p.All() {
		require.Equal(t, i, param.Index)
		require.Same(t, param, p.Get(param.Name))
		require.Zero(t, param.Offset()%nn.Align)
		require.Equal(t, param.Value, param.Var.Value)
		if param.Fixed {
			require.Nil(t, param.Grad)
			require.False(t, param.Var.Differentiable())
			continue
		}
		require.Equal(t, param.Grad, param.Var.Grad)
		require.Equal(t, end, param.Offset(), param.Name)
		end = (param.Offset() + param.Elems() + nn.Align - 1) / nn.Align * nn.Align
		count += param.Elems()
	}
	require.Equal(t, count, p.Count())
	require.Equal(t, end, p.Grads().Shape().Elems())

	w := p.Get("patch_embed.proj.weight")
	require.Equal(t, tensor.Of(8, 3, 2, 2), w.Shape)
	require.Equal(t, tensor.Of(8, 12), w.Value.Shape())

	// The flat tensor has the values of a view, and zeros between parameters.
	flat := make([]float32, p.Values().Shape().Elems())
	require.NoError(t, b.Download(flat, p.Values()))
	used := make([]bool, len(flat))
	for _, param := range p.All() {
		for i, v := range must(p.Download(param)) {
			require.Equal(t, v, flat[param.Offset()+i])
			used[param.Offset()+i] = true
		}
	}
	for i, v := range flat {
		require.True(t, used[i] || v == 0)
	}

	g := make([]float32, p.Grads().Shape().Elems())
	g[0], g[len(g)-1] = 1, 1
	b.Upload(p.Grads(), g)
	p.ZeroGrad()
	require.NoError(t, b.Download(g, p.Grads()))
	require.Equal(t, make([]float32, len(g)), g)

	version := w.Value.Version()
	p.Touch()
	require.Greater(t, w.Value.Version(), version)
	require.Nil(t, p.Get("nobody"))
	require.Panics(t, func() { nn.NewParams(b, append(specs(), specs()[0])) })
}

// Before EnableGrad a model records nothing.
func TestParamsWithoutGradients(t *testing.T) {
	b := testbackend.Float64(t)
	declared := nn.NewBuilder()
	l := nn.NewLinear(declared, "l", 4, 3, nn.Normal(1))
	p := declared.Allocate(b)
	p.Init(1)
	tape := autograd.NewTape(b)
	x := b.Persist(b.Float(), tensor.Of(2, 4))
	require.False(t, l.Forward(tape, tape.Const(x)).Differentiable())
	p.EnableGrad()
	require.True(t, l.Forward(tape, tape.Const(x)).Differentiable())
}

func TestInitialisers(t *testing.T) {
	const n = 20000
	draw := func(init nn.Initializer) (mean, deviation, largest float64) {
		v := make([]float32, n+1) // odd: only one of the last pair of normals is used
		init(philox.NewGen(philox.Addr{Seed: 1, Stream: philox.Init}), v)
		sum, squares := 0.0, 0.0
		for _, x := range v {
			sum += float64(x)
			squares += float64(x) * float64(x)
			largest = max(largest, math.Abs(float64(x)))
		}
		return sum / n, math.Sqrt(squares / n), largest
	}
	for name, c := range map[string]struct {
		init               nn.Initializer
		deviation, largest float64
	}{
		"normal":  {nn.Normal(0.02), 0.02, 0.02 * 6},
		"uniform": {nn.Uniform(0.5), 0.5 / math.Sqrt(3), 0.5},
		"xavier":  {nn.XavierUniform(100, 50), math.Sqrt(2.0 / 150), math.Sqrt(6.0 / 150)},
		"conv":    {nn.ConvBias(64), 0.125 / math.Sqrt(3), 0.125},
	} {
		mean, deviation, largest := draw(c.init)
		require.InDelta(t, 0, mean, 5*c.deviation/math.Sqrt(n), name)
		require.InEpsilon(t, c.deviation, deviation, 0.03, name)
		require.LessOrEqual(t, largest, c.largest, name)
		require.Greater(t, largest, c.largest/2, name)
	}
}

// Initial values are part of the contract: a seed gives the same network on
// every machine.
func TestInitIsReproducible(t *testing.T) {
	b := testbackend.Float64(t)
	p := nn.NewParams(b, specs())
	p.Init(0)
	cls, qkv := must(p.Download(p.Get("cls_token"))), must(p.Download(p.Get("blocks.1.attn.qkv.weight")))
	require.Equal(t, [4]uint32{0xbc2b5650, 0x3c0ce71f, 0xbe3a02f4, 0x3e8d16f3}, [4]uint32{
		math.Float32bits(cls[0]), math.Float32bits(cls[7]), math.Float32bits(qkv[0]), math.Float32bits(qkv[191]),
	})
}

func TestSinCosPositions(t *testing.T) {
	f := openFixture(t, "pos_embed.safetensors")
	for name, c := range map[string]struct{ width, grid int }{
		"p48_14": {48, 14}, "p768_2": {768, 2}, "p32_8": {32, 8}, "p192_8": {192, 8},
	} {
		want, err := f.Float64(name)
		require.NoError(t, err)
		got := nn.SinCosPositions(c.width, c.grid)
		require.Len(t, got, len(want))
		for i := range want {
			require.InDelta(t, want[i], got[i], 1e-14, "%s[%d]", name, i)
			require.Equal(t, float32(want[i]), float32(got[i]), "%s[%d]", name, i)
		}
	}
}

// PyTorch interpolates a 14 x 14 grid with coordinates in float32. The
// tolerance is the difference between versions of PyTorch.
func TestInterpolatePositions(t *testing.T) {
	f := openFixture(t, "pos_embed.safetensors")
	src, err := f.Float32("interp14_src")
	require.NoError(t, err)
	for name, to := range map[string]int{"interp14_16": 16, "interp14_7": 7, "interp14_24": 24} {
		want, err := f.Float32(name)
		require.NoError(t, err)
		got := nn.InterpolatePositions(src, 14, to, 24)
		require.Len(t, got, len(want))
		require.Equal(t, src[:24], got[:24], "the class token changed")
		largest := 0.0
		for _, v := range want {
			largest = max(largest, math.Abs(float64(v)))
		}
		for i := range want {
			require.InDelta(t, want[i], got[i], 1e-6*largest, "%s[%d]", name, i)
		}
	}
	require.Equal(t, src, nn.InterpolatePositions(src, 14, 14, 24), "the same grid")
	for _, c := range []struct {
		shape []int
		grid  int
		ok    bool
	}{{[]int{1, 197, 8}, 14, true}, {[]int{1, 2, 8}, 1, true}, {[]int{1, 198, 8}, 14, false}, {[]int{197, 8}, 0, false}, {[]int{2, 197, 8}, 0, false}, {nil, 0, false}} {
		grid, ok := nn.Grid(c.shape)
		require.Equal(t, c.ok, ok, "%v", c.shape)
		require.Equal(t, c.grid, grid, "%v", c.shape)
	}
}

func openFixture(t *testing.T, name string) *checkpoint.File {
	f, err := checkpoint.Open(filepath.Join("testdata", name))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f
}

func TestLoadWhatWasExported(t *testing.T) {
	b := testbackend.Float64(t)
	p, q := nn.NewParams(b, specs()), nn.NewParams(b, specs())
	p.Init(5)
	path := filepath.Join(t.TempDir(), "p.safetensors")
	require.NoError(t, checkpoint.Write(path, must(p.Export()), nil))
	f, err := checkpoint.Open(path)
	require.NoError(t, err)
	defer f.Close()
	require.NoError(t, nn.Match(specs(), f, nil))
	require.NoError(t, q.Load(f))
	for i, param := range p.All() {
		require.Equal(t, must(p.Download(param)), must(q.Download(q.All()[i])))
	}

	var match *nn.MatchError
	require.ErrorAs(t, nn.Match(specs()[1:], f, nil), &match)
	require.Equal(t, []string{"cls_token [1 1 8] is unexpected"}, match.Problems)
	require.NoError(t, nn.Match(specs()[1:], f, func(name string) bool { return name == "cls_token" }))
	require.ErrorAs(t, nn.Match(nil, f, nil), &match)
	require.Len(t, match.Problems, len(specs()))
	require.ErrorContains(t, match, "and 16 more")
}

// A block computes its formula on the reference backend.
func TestBlockWithDropPath(t *testing.T) {
	b := testbackend.Float64(t)
	declared := nn.NewBuilder()
	block := nn.NewBlock(declared, "x", nn.BlockShape{Width: 8, Hidden: 12, Heads: 2, Eps: nn.LayerNormEps, Weight: func(in, out int) nn.Initializer { return nn.Normal(0.5) }})
	declared.Allocate(b).Init(9)
	x := b.Persist(b.Float(), tensor.Of(2, 3, 8))
	in := make([]float64, 48)
	for i := range in {
		in[i] = math.Sin(float64(i))
	}
	b.Upload(x, in)
	run := func(scales ...float32) []float64 {
		tape := autograd.NewInference(b)
		var drop *nn.DropPath
		if scales != nil {
			s := b.Persist(b.Float(), tensor.Of(2, 2))
			b.Upload(s, scales)
			drop = &nn.DropPath{Scales: s}
		}
		y := nn.Stack{block}.Forward(tape, tape.Const(x), drop)
		out := make([]float64, 48)
		b.Download(out, y.Value)
		return out
	}
	plain := run()
	require.Equal(t, plain, run(1, 1, 1, 1))
	half := run(0, 1, 0, 1) // [branch, image]: no branch is added to image 0
	require.Equal(t, in[:24], half[:24])
	require.Equal(t, plain[24:], half[24:])

	// Each branch separately, against the formula: attention, then MLP.
	tape := autograd.NewInference(b)
	v := tape.Const(x)
	attention := block.Proj.Forward(tape, tape.Apply(ops.Attention, ops.Attr{Heads: 2}, block.QKV.Forward(tape, block.Norm1.Forward(tape, v))))
	first := tape.Apply(ops.Add, ops.Attr{}, v, attention)
	mlp := block.FC2.Forward(tape, block.FC1.Gelu(tape, block.Norm2.Forward(tape, first)))
	want := make([]float64, 48)
	b.Download(want, tape.Apply(ops.Add, ops.Attr{}, first, mlp).Value)
	require.InDeltaSlice(t, want, plain, 1e-12)
	b.Download(want, first.Value)
	require.InDeltaSlice(t, want, run(1, 1, 0, 0), 1e-12)
}

// must returns a value and panics on an error.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A layer can be made, and compared with a file, before memory is allocated.
func TestBuilder(t *testing.T) {
	declared := nn.NewBuilder()
	first := nn.NewLinear(declared, "first", 2, 3, nn.Ones)
	nn.NewLayerNorm(declared, "norm", 3, nn.LayerNormEps)
	declared.Fix(func(name string) bool { return name == "norm.bias" })
	require.Panics(t, func() { nn.NewLayerNorm(declared, "norm", 3, nn.LayerNormEps) }, "a name occurs twice")
	require.Panics(t, func() {
		declared.Param(nn.Spec{Name: "x", Shape: tensor.Of(2, 3), View: tensor.Of(5), Init: nn.Zeros})
	}, "the view has another size")
	require.Nil(t, first.W.Value)
	var names []string
	for _, s := range declared.Specs() {
		names = append(names, s.Name)
		require.Equal(t, s.Name == "norm.bias", s.Fixed, s.Name)
	}
	require.Equal(t, []string{"first.weight", "first.bias", "norm.weight", "norm.bias"}, names)

	b := testbackend.Float64(t)
	p := declared.Allocate(b)
	require.Empty(t, declared.Specs())
	p.Init(0)
	p.EnableGrad()
	require.Same(t, first.W, p.Get("first.weight").Var)
	require.True(t, first.W.Differentiable())
	require.False(t, p.Get("norm.bias").Var.Differentiable())
	tape := autograd.NewInference(b)
	x := b.New(b.Float(), tensor.Of(1, 2))
	b.Upload(x, []float64{2, 3})
	got := make([]float64, 3)
	require.NoError(t, b.Download(got, first.Forward(tape, tape.Const(x)).Value))
	require.Equal(t, []float64{5, 5, 5}, got)
}
