package gradcheck_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/autograd/gradcheck"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/ops/ref"
	"github.com/godmae/godmae/tensor"
)

func TestEveryOperation(t *testing.T) {
	for _, r := range gradcheck.All() {
		t.Logf("%-16s %-20s %4d checked, worst %.1e", r.Name, r.Case, r.Checked, r.Worst)
		require.True(t, r.Pass, "%+v", r)
		require.Positive(t, r.Checked, "%+v", r)
	}
}

func TestReferenceAgreesWithItself(t *testing.T) {
	for _, r := range onBackend(t, testbackend.Float64(t)) {
		require.True(t, r.Pass, "%+v", r)
		require.Zero(t, r.Worst, "%+v", r)
	}
}

func TestBackendAgreesWithReference(t *testing.T) {
	b := testbackend.New(t)
	for _, r := range onBackend(t, b) {
		t.Logf("%-16s %-20s %4d gradients, worst %.1e", r.Name, r.Case, r.Checked, r.Worst)
		require.True(t, r.Pass, "%+v", r)
		require.Positive(t, r.Checked, "%+v", r)
	}
}

// cube is y = x^3 with the derivative slope*x^2*dy.
func cube(name string, slope float64) *ops.Op {
	like := func(in []*tensor.Tensor, _ *ops.Attr) [ops.MaxOut]ops.Spec {
		return [ops.MaxOut]ops.Spec{ops.F(in[0].Shape())}
	}
	op := &ops.Op{
		Name: name, In: []ops.Param{{Name: "x"}}, Out: []ops.Param{{Name: "y"}}, Batch: ops.Batch{Rule: ops.PerSample}, Infer: like,
		Ref: func(out, in []*ops.Array, _ *ops.Attr) {
			for i, x := range in[0].F {
				out[0].F[i] = x * x * x
			}
		},
		Cases: func() []ops.Case { return []ops.Case{{Name: "cube", In: []ops.Arg{ops.N(7, 9)}}} },
	}
	grad := &ops.Op{
		Name: name + ".grad", In: []ops.Param{{Name: "dy"}, {Name: "x"}}, Out: []ops.Param{{Name: "dx"}},
		Reads: ops.AttrScale, Batch: ops.Batch{Rule: ops.PerSample}, Infer: like,
		Ref: func(out, in []*ops.Array, at *ops.Attr) {
			for i, x := range in[1].F {
				out[0].F[i] = in[0].F[i] * x * x * at.Scale
			}
		},
	}
	autograd.Define(op, func(c autograd.Call) {
		c.Derive(0, grad, ops.Attr{Scale: slope}, c.Grad(), c.In(0))
	})
	return op
}

func TestAWrongDerivativeIsCaught(t *testing.T) {
	for _, c := range []struct {
		name  string
		slope float64
		pass  bool
	}{
		{"right", 3, true},
		{"wrong factor", 2, false},
		{"wrong sign", -3, false},
		{"wrong by five parts in a million", 3 * (1 + 5e-6), false},
		{"nothing", 0, false},
	} {
		r := gradcheck.CheckOp(cube(c.name, c.slope))
		require.Len(t, r, 1)
		require.Equal(t, c.pass, r[0].Pass, "%+v", r[0])
	}
}

// A derivative that is wrong in one element of many is detected, and the
// parameters keep their values.
func TestOneWrongElement(t *testing.T) {
	op := cube("element", 3)
	b := ref.New()
	x, g := b.Persist(tensor.F64, tensor.Of(50)), b.Persist(tensor.F64, tensor.Of(50))
	before := make([]float64, 50)
	for i := range before {
		before[i] = 0.1 * float64(i-20)
	}
	b.Upload(x, before)
	p := autograd.NewParam("x", x, g)
	calls := 0
	r := gradcheck.CheckFunction(gradcheck.Function{
		Name: "element", Backend: b, Params: []*autograd.Variable{p}, Coordinates: 50, Directions: 1,
		Forward: func(t *autograd.Tape) *autograd.Variable {
			calls++
			y := t.Apply(op, ops.Attr{}, p)
			if calls > 1 { // element 3 differs from the differentiated function
				tensor.Data[float64](y.Value)[3] *= 1.1
			}
			return y
		},
	})
	require.False(t, r.Pass, "%+v", r)
	require.Equal(t, 51, r.Checked)
	require.Equal(t, before, tensor.Data[float64](x))
}

// onBackend is gradcheck.AllOn on a backend that has no errors.
func onBackend(t *testing.T, b ops.Backend) []gradcheck.Result {
	results, err := gradcheck.AllOn(b)
	require.NoError(t, err)
	return results
}
