package ops_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/ops/ref"
	"github.com/godmae/godmae/tensor"
)

func readJSON(t *testing.T, name string, to any) {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, to))
}

// The losses and their gradients are those of the official implementation
// (testdata/losses.json, which describes itself).
func TestLossesAgainstTheOfficialCode(t *testing.T) {
	type result struct {
		Loss     float64   `json:"loss"`
		BiasGrad []float64 `json:"bias_grad"`
	}
	var fixture struct {
		Logits       []float64         `json:"logits"`
		Labels       []int             `json:"labels"`
		SoftTarget   []float64         `json:"soft_target"`
		CrossEntropy map[string]result `json:"cross_entropy"`
		Consistency  map[string]result `json:"consistency"`
	}
	readJSON(t, "losses.json", &fixture)
	const n, classes = 4, 10

	check := func(name string, want result, rows int, record func(t *autograd.Tape, logits *autograd.Variable) *autograd.Variable) {
		t.Run(name, func(t *testing.T) {
			b := ref.New()
			x, g := b.Persist(tensor.F64, tensor.Of(n, classes)), b.Persist(tensor.F64, tensor.Of(n, classes))
			b.Upload(x, fixture.Logits)
			tape := autograd.NewTape(b)
			y := record(tape, autograd.NewParam("logits", x, g))
			seed := b.New(tensor.F64, tensor.Of(rows))
			b.Run(ops.Fill, []*tensor.Tensor{seed}, nil, &ops.Attr{Value: 1 / float64(rows)})
			tape.Backward(y, seed)
			loss := 0.0
			for _, v := range tensor.Data[float64](y.Value) {
				loss += v / float64(rows)
			}
			require.InDelta(t, want.Loss, loss, 1e-6)
			for j, w := range want.BiasGrad {
				sum := 0.0
				for i := range n {
					sum += tensor.Data[float64](g)[i*classes+j]
				}
				require.InDelta(t, w, sum, 1e-7, "class %d", j)
			}
		})
	}

	targets := map[string][]float64{"soft": fixture.SoftTarget}
	for name, smoothing := range map[string]float64{"labels": 0, "smoothed": 0.1} {
		v := make([]float64, n*classes)
		for i := range v {
			v[i] = smoothing / classes
			if i%classes == fixture.Labels[i/classes] {
				v[i] += 1 - smoothing
			}
		}
		targets[name] = v
	}
	require.Len(t, fixture.CrossEntropy, 3)
	for name, want := range fixture.CrossEntropy {
		check(name, want, n, func(t *autograd.Tape, logits *autograd.Variable) *autograd.Variable {
			target := t.Backend().New(tensor.F64, tensor.Of(n, classes))
			t.Backend().Upload(target, targets[name])
			return t.Apply(ops.CrossEntropy, ops.Attr{}, logits, t.Const(target))
		})
	}
	forms := map[string]ops.ConsistencyForm{
		"default": ops.ConsistencyDefault, "xent": ops.ConsistencyXent, "kl": ops.ConsistencyKL, "mse": ops.ConsistencyMSE,
	}
	require.Len(t, fixture.Consistency, 4)
	for name, want := range fixture.Consistency {
		check("consistency "+name, want, n/2, func(t *autograd.Tape, logits *autograd.Variable) *autograd.Variable {
			return t.Apply(ops.Consistency, ops.Attr{Reg: ops.Regulariser{Form: forms[name], Copies: 2, Lambda: 2, Eta: 0.5}}, logits)
		})
	}
}

// Resizing is that of PyTorch (testdata/bicubic.json, which describes itself).
func TestResizeAgainstPyTorch(t *testing.T) {
	var fixture struct{ X, Y []float64 }
	readJSON(t, "bicubic.json", &fixture)
	b := ref.New()
	x := b.New(tensor.F64, tensor.Of(1, 1, 28, 28))
	b.Upload(x, fixture.X)
	y := ops.Apply(b, ops.Resize, &ops.Attr{Size: [2]int{32, 32}}, x)[0]
	require.InDeltaSlice(t, fixture.Y, tensor.Data[float64](y), 1e-5)
}

// The noise of a sample is a function of its address, not of its batch, and has
// the moments of a standard normal distribution.
func TestAddNoise(t *testing.T) {
	const n = 20000
	b := ref.New()
	noise := func(a, bn []int32) []float64 {
		x := b.New(tensor.F64, tensor.Of(len(a), n))
		b.Run(ops.Fill, []*tensor.Tensor{x}, nil, &ops.Attr{})
		ia, ib := b.New(tensor.I32, tensor.Of(len(a))), b.New(tensor.I32, tensor.Of(len(a)))
		b.Upload(ia, a)
		b.Upload(ib, bn)
		at := &ops.Attr{Scale: 1, Seed: 3, Stream: 4}
		return tensor.Data[float64](ops.Apply(b, ops.AddNoise, at, x, ia, ib)[0])
	}
	batch := noise([]int32{5, 6, 5}, []int32{1, 1, 2})
	for i, v := range noise([]int32{6}, []int32{1}) {
		require.Equal(t, v, batch[n+i])
	}
	var m [5]float64 // moments
	cross := 0.0
	for i, v := range batch[:n] {
		p := 1.0
		for k := range m {
			m[k] += p / n
			p *= v
		}
		cross += v * batch[2*n+i] / n
	}
	require.InDelta(t, 0, m[1], 0.03) // four standard errors
	require.InDelta(t, 1, m[2], 0.04)
	require.InDelta(t, 0, m[3], 0.11)
	require.InDelta(t, 3, m[4], 0.28)
	require.InDelta(t, 0, cross, 0.03, "another sample has other noise")
}
