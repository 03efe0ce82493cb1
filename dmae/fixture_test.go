package dmae_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/internal/testfiles"
	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// fixturePath returns the path of a fixture. Fixtures were computed with the
// official code in PyTorch; the small ones are in testdata, the others in the
// large data.
func fixturePath(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join("testdata", name)
	if _, err := os.Stat(path); err != nil {
		return testfiles.Large(t, "fixtures", name)
	}
	return path
}

// fixture opens a fixture.
func fixture(t *testing.T, name string) *checkpoint.File {
	t.Helper()
	f, err := checkpoint.Open(fixturePath(t, name))
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

func numbers(t *testing.T, f *checkpoint.File, name string) []float32 {
	t.Helper()
	v, err := f.Float32(name)
	require.NoError(t, err)
	return v
}

// onBackends runs a test in float64 and on the backend of the tests, in short
// mode only on the latter.
func onBackends(t *testing.T, test func(t *testing.T, b ops.Backend)) {
	if !testing.Short() {
		t.Run("float64", func(t *testing.T) { test(t, testbackend.Float64(t)) })
	}
	t.Run("float32", func(t *testing.T) { test(t, testbackend.New(t)) })
}

// upload returns a persistent tensor with the given numbers.
func upload(b ops.Backend, src []float32, dims ...int) *tensor.Tensor {
	x := b.Persist(b.Float(), tensor.Of(dims...))
	b.Upload(x, src)
	return x
}

func uploadIDs(b ops.Backend, src []int32, dims ...int) *tensor.Tensor {
	x := b.Persist(tensor.I32, tensor.Of(dims...))
	b.Upload(x, src)
	return x
}

func download(b ops.Backend, x *tensor.Tensor) []float64 {
	v := make([]float64, x.Shape().Elems())
	b.Download(v, x)
	return v
}

// closeTo compares with a fixture: the largest difference, relative to the
// largest element of the tensor. noise is an absolute error of the fixture.
func closeTo(t *testing.T, name string, want []float32, got []float64, tolerance, noise float64) {
	t.Helper()
	require.Len(t, got, len(want), name)
	largest, worst := 0.0, 0.0
	for i, w := range want {
		largest = max(largest, math.Abs(float64(w)))
		d := math.Abs(got[i] - float64(w))
		if math.IsNaN(d) {
			d = math.Inf(1)
		}
		worst = max(worst, d)
	}
	if worst > tolerance*largest+noise {
		t.Errorf("%s: differs by %.3g, that is %.3g of its largest element; %.3g allowed", name, worst, worst/largest, tolerance)
	}
	if os.Getenv("DMAE_VERBOSE") != "" {
		t.Logf("%-40s %.2e", name, worst/largest)
	}
}

// keysOf returns the third of an attn.qkv.bias for the keys, whose exact
// gradient is zero: a constant added to all keys changes all scores of a query
// equally.
func keysOf[T any](v []T) []T { return v[len(v)/3 : 2*len(v)/3] }

// compareGrads compares the gradients of all parameters with the fixture's
// tensors prefix + name.
func compareGrads(t *testing.T, f *checkpoint.File, prefix string, p *nn.Params, tolerance, noise float64) {
	t.Helper()
	for _, param := range p.All() {
		if param.Fixed {
			continue
		}
		if _, ok := f.Info(prefix + param.Name); !ok {
			continue
		}
		want, got := numbers(t, f, prefix+param.Name), download(p.Backend(), param.Grad)
		if strings.HasSuffix(param.Name, "attn.qkv.bias") {
			for i, g := range keysOf(got) {
				require.InDelta(t, 0, g, 1e-6, "%s key %d", param.Name, i)
			}
			copy(keysOf(got), make([]float64, len(got)/3))
			copy(keysOf(want), make([]float32, len(want)/3))
		}
		closeTo(t, prefix+param.Name, want, got, tolerance, noise)
	}
}

// backward runs the tape with the gradient of the mean of the losses.
func backward(t *autograd.Tape, loss *autograd.Variable) {
	b := t.Backend()
	seed := b.New(b.Float(), loss.Shape())
	b.Run(ops.Fill, []*tensor.Tensor{seed}, nil, &ops.Attr{Value: 1 / float64(loss.Shape().Elems())})
	t.Backward(loss, seed)
}

func mean(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x
	}
	return s / float64(len(v))
}
