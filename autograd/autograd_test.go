package autograd_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/internal/raceflag"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/autograd/gradcheck"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/ops/cpu"
	"github.com/godmae/godmae/ops/ref"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/tensor"
)

// net is a small transformer block with the difficult cases of a tape: values
// used twice, residuals, drop path, prepended tokens and a parameter shared by
// two layers.
type net struct {
	b                         ops.Backend
	params                    []*autograd.Variable
	tok, pos, g, beta         *autograd.Variable
	qkv, proj, w1, b1, w2, b2 *autograd.Variable
	x, scale, target          *tensor.Tensor
	seed                      *tensor.Tensor
}

const batch, tokens, width, classes = 3, 4, 8, 5

func newNet(b ops.Backend) *net {
	n := &net{b: b}
	gen := philox.NewGen(philox.Addr{Seed: 5, Stream: philox.FirstUserStream})
	random := func(s tensor.Shape) *tensor.Tensor {
		v := make([]float64, s.Elems())
		for i := range v {
			v[i] = float64(gen.Float32()) - 0.5
		}
		x := b.Persist(b.Float(), s)
		b.Upload(x, v)
		return x
	}
	param := func(name string, dims ...int) *autograd.Variable {
		p := autograd.NewParam(name, random(tensor.Of(dims...)), b.Persist(b.Float(), tensor.Of(dims...)))
		n.params = append(n.params, p)
		return p
	}
	n.tok, n.pos = param("tok", 1, 1, width), param("pos", 1, tokens+1, width)
	n.g, n.beta = param("gamma", width), param("beta", width)
	n.qkv, n.proj = param("qkv", 3*width, width), param("proj", width, width)
	n.w1, n.b1, n.w2, n.b2 = param("w1", 16, width), param("b1", 16), param("w2", classes, 16), param("b2", classes)
	n.x, n.scale = random(tensor.Of(batch, tokens, width)), random(tensor.Of(batch))
	n.target = random(tensor.Of(batch, classes))
	n.seed = b.Persist(b.Float(), tensor.Of(batch))
	b.Upload(n.seed, []float64{0.5, 0.25, -1})
	return n
}

// forward records layers of the block and the loss [batch].
func (n *net) forward(t *autograd.Tape, layers int) *autograd.Variable {
	x := t.Apply(ops.Prepend, ops.Attr{}, n.tok, t.Const(n.x))
	x = t.Apply(ops.Add, ops.Attr{}, x, n.pos)
	for range layers {
		h := t.Apply(ops.LayerNorm, ops.Attr{Eps: 1e-6}, x, n.g, n.beta)
		h = t.Apply(ops.Linear, ops.Attr{}, h, n.qkv, nil, nil, nil)
		h = t.Apply(ops.Attention, ops.Attr{Heads: 2}, h)
		x = t.Apply(ops.Linear, ops.Attr{}, h, n.proj, nil, x, t.Const(n.scale))
		x = t.Apply(ops.Add, ops.Attr{}, x, x)
	}
	h := t.Apply(ops.MeanTokens, ops.Attr{From: 1}, x)
	h = t.Apply(ops.Linear, ops.Attr{Gelu: true}, h, n.w1, n.b1, nil, nil)
	h = t.Apply(ops.Linear, ops.Attr{}, h, n.w2, n.b2, nil, nil)
	return t.Apply(ops.CrossEntropy, ops.Attr{}, h, t.Const(n.target))
}

func TestNetAgainstFiniteDifferences(t *testing.T) {
	b := ref.New()
	n := newNet(b)
	for layers := range 3 {
		r := gradcheck.CheckFunction(gradcheck.Function{
			Name: "net", Backend: b, Params: n.params, Coordinates: 10, Directions: 5,
			Forward: func(t *autograd.Tape) *autograd.Variable { return n.forward(t, layers) },
		})
		require.True(t, r.Pass, "%d layers: %+v", layers, r)
	}
}

func step(n *net, t *autograd.Tape, layers int) {
	scope := n.b.Mark()
	t.Reset()
	t.Backward(n.forward(t, layers), n.seed)
	n.b.Release(scope)
}

func grads(t *testing.T, n *net) map[string][]float64 {
	r := map[string][]float64{}
	for _, p := range n.params {
		r[p.Name] = download(t, n.b, p.Grad)
	}
	return r
}

func download(t *testing.T, b ops.Backend, x *tensor.Tensor) []float64 {
	v := make([]float64, x.Shape().Elems())
	require.NoError(t, b.Download(v, x))
	return v
}

func TestGradientsAddUp(t *testing.T) {
	n := newNet(testbackend.Float64(t))
	tape := autograd.NewTape(n.b)
	step(n, tape, 1)
	once := grads(t, n)
	step(n, tape, 1)
	for name, g := range grads(t, n) {
		for i := range g {
			require.InDelta(t, 2*once[name][i], g[i], 1e-12, "%s[%d]", name, i)
		}
	}
}

// After the first step of a tape, further steps of that size allocate no Go
// memory, for a net of any depth.
func TestSteadyStateAllocations(t *testing.T) {
	n := newNet(allocFree{ref.New()})
	for _, layers := range []int{1, 40} {
		tape := autograd.NewTape(n.b)
		step(n, tape, layers)
		require.Zero(t, testing.AllocsPerRun(3, func() { step(n, tape, layers) }), "%d layers", layers)
	}
}

// The same holds for a whole step on the CPU backend, kernels included.
func TestSteadyStateAllocationsOnCPU(t *testing.T) {
	if raceflag.Enabled {
		t.Skip("the race detector makes sync.Pool drop values, so that buffers are allocated again")
	}
	b := cpu.New(cpu.Options{Threads: 2})
	defer func() { require.NoError(t, b.Close()) }()
	n := newNet(b)
	for _, layers := range []int{1, 40} {
		tape := autograd.NewTape(b)
		step(n, tape, layers)
		require.LessOrEqual(t, testing.AllocsPerRun(5, func() { step(n, tape, layers) }), 1.0, "%d layers", layers)
	}
}

// allocFree is the reference backend without the reference implementations, of
// which some allocate scratch memory.
type allocFree struct{ *ref.Backend }

func (allocFree) Run(*ops.Op, []*tensor.Tensor, []*tensor.Tensor, *ops.Attr) {}

func TestInferenceRecordsNothing(t *testing.T) {
	n := newNet(testbackend.Float64(t))
	want := download(t, n.b, n.forward(autograd.NewTape(n.b), 2).Value)
	tape := autograd.NewInference(n.b)
	y := n.forward(tape, 2)
	require.Equal(t, want, download(t, n.b, y.Value))
	require.False(t, y.Differentiable())
	tape.Backward(y, n.seed)
	for _, p := range n.params {
		require.Equal(t, make([]float64, p.Shape().Elems()), download(t, n.b, p.Grad))
	}
	gelu := tape.ApplyAll(ops.Linear, ops.Attr{Gelu: true}, tape.Const(n.x), n.w1, n.b1, nil, nil)
	require.Zero(t, gelu[1].Shape().Elems(), "kept although no derivative is needed")
}

// Two losses are added by two seeds.
func TestSeed(t *testing.T) {
	b := testbackend.Float64(t)
	x := b.Persist(tensor.F64, tensor.Of(2))
	g := b.Persist(tensor.F64, tensor.Of(2))
	b.Upload(x, []float64{3, 4})
	p := autograd.NewParam("x", x, g)
	s := b.Persist(tensor.F64, tensor.Of(2))
	b.Upload(s, []float64{1, 10})
	tape := autograd.NewTape(b)
	y := tape.Apply(ops.Add, ops.Attr{}, p, p)
	z := tape.Apply(ops.Add, ops.Attr{}, y, p)
	tape.Seed(y, s)
	tape.Seed(y, s)
	tape.Backward(z, s)
	require.Equal(t, []float64{7, 70}, download(t, b, g))
	require.Equal(t, []float64{1, 10}, download(t, b, s), "the caller's seed changed")
	require.Panics(t, func() { tape.Seed(y, b.Persist(tensor.F64, tensor.Of(3))) })
}

func TestWrongUse(t *testing.T) {
	n := newNet(testbackend.Float64(t))
	tape := autograd.NewTape(n.b)
	for name, f := range map[string]func(){
		"no derivative":         func() { tape.Apply(ops.NormPatches, ops.Attr{}, n.tok) },
		"in place":              func() { tape.Apply(ops.Fill, ops.Attr{}, n.tok) },
		"derivative of a scale": func() { tape.Backward(tape.Apply(ops.RowScale, ops.Attr{}, n.g, n.beta), n.g.Value) },
		"small gradient":        func() { autograd.NewParam("p", n.x, n.seed) },
		"defined twice":         func() { autograd.Define(ops.Linear, func(autograd.Call) {}) },
	} {
		err := func() (err any) {
			defer func() { err = recover() }()
			f()
			return nil
		}()
		require.IsType(t, &autograd.Error{}, err, name)
		require.NotEmpty(t, err.(error).Error())
	}
}

// Operations are differentiable or on this list.
func TestOperationsWithoutDerivative(t *testing.T) {
	without := []*ops.Op{
		// derivatives
		ops.LinearGradX, ops.LinearGradW, ops.RowSum, ops.GeluGrad, ops.LayerNormGradX, ops.LayerNormGradParams,
		ops.AttentionGrad, ops.SoftmaxGrad, ops.BroadcastGrad, ops.PrependGradToken, ops.SliceGrad, ops.MeanTokensGrad,
		ops.GatherGrad, ops.RestoreGradX, ops.RestoreGradToken, ops.PatchMSEGrad, ops.CrossEntropyGrad, ops.ConsistencyGrad, ops.ResizeGrad, ops.BatchNormGrad,
		// inputs and targets
		ops.Pixels, ops.AddNoise, ops.AddPixelNoise, ops.NormPatches, ops.Mix, ops.MixRows,
		// predictions
		ops.ArgMax, ops.TopK,
		// in-place operations and those of the optimiser
		ops.StepScale, ops.AddInPlace, ops.ScaleInPlace, ops.Fill, ops.AdamW, ops.SumSquares, ops.EMA, ops.RunningStats, ops.LARS,
	}
	for _, op := range ops.All {
		if autograd.Differentiable(op) {
			require.False(t, slices.Contains(without, op), op.Name)
		} else {
			require.True(t, slices.Contains(without, op), "%s has no row in autograd/vjp.go and is not in this list", op.Name)
		}
	}
}

// With Shards the derivative of a parameter is the tree of its groups' sums. A
// parameter that is used twice is refused.
func TestShards(t *testing.T) {
	b := testbackend.New(t)
	testbackend.NeedsContract(t, b)
	const samples, in, out = 8, 5, 3
	host := func(n int, seed float32) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32((i*37+int(seed))%101)/97 - 0.4
		}
		return v
	}
	gradients := func(shards, from, to int) []float32 {
		w, g := b.Persist(b.Float(), tensor.Of(out, in)), b.Persist(b.Float(), tensor.Of(out, in))
		b.Upload(w, host(out*in, 1))
		x, seed := b.Persist(b.Float(), tensor.Of(to-from, in)), b.Persist(b.Float(), tensor.Of(to-from, out))
		b.Upload(x, host(samples*in, 2)[from*in:to*in])
		b.Upload(seed, host(samples*out, 3)[from*out:to*out])
		tape := autograd.NewTape(b)
		tape.Shards = shards
		y := tape.Apply(ops.Linear, ops.Attr{}, tape.Const(x), autograd.NewParam("w", w, g))
		tape.Backward(y, seed)
		v := make([]float32, out*in)
		require.NoError(t, b.Download(v, g))
		return v
	}
	add := func(x, y []float32) []float32 {
		for i := range x {
			x[i] += y[i]
		}
		return x
	}
	quarter := func(i int) []float32 { return gradients(1, 2*i, 2*i+2) }
	want := add(add(quarter(0), quarter(1)), add(quarter(2), quarter(3)))
	require.Equal(t, want, gradients(4, 0, samples))
	require.NotEqual(t, want, gradients(1, 0, samples), "the test needs a sum that depends on the order")

	tape := autograd.NewTape(b)
	w := autograd.NewParam("w", b.Persist(b.Float(), tensor.Of(in, in)), b.Persist(b.Float(), tensor.Of(in, in)))
	x := b.Persist(b.Float(), tensor.Of(samples, in))
	y := tape.Apply(ops.Linear, ops.Attr{}, tape.Apply(ops.Linear, ops.Attr{}, tape.Const(x), w), w)
	tape.Backward(y, x) // one group: an ordinary sum
	tape.Shards = 2
	require.PanicsWithError(t, "linear: the parameter w is used twice, and its derivative cannot be summed in groups; use one group", func() { tape.Backward(y, x) })

	// What is computed from a parameter would be summed in one group, whatever was asked.
	tape = autograd.NewTape(b)
	y = tape.Apply(ops.Linear, ops.Attr{}, tape.Const(x), tape.Apply(ops.Copy, ops.Attr{}, w))
	tape.Backward(y, x)
	tape.Shards = 2
	require.PanicsWithError(t, "linear: input 1 is computed from a parameter, and its derivative cannot be summed in groups; use one group", func() { tape.Backward(y, x) })

	// A sum of two values of a sample is no sum over samples.
	tape = autograd.NewTape(b)
	tape.Shards = 2
	z := tape.Apply(ops.Linear, ops.Attr{}, tape.Const(x), w)
	require.NotPanics(t, func() { tape.Backward(tape.Apply(ops.Add, ops.Attr{}, z, z), x) })
}
