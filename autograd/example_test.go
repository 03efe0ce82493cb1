package autograd_test

import (
	"fmt"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/autograd/gradcheck"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/ops/ref"
	"github.com/godmae/godmae/tensor"
)

// The derivative of y = x W^T + b, summed over two samples, with respect to W
// and b.
func Example() {
	b := ref.New()
	param := func(name string, s tensor.Shape, v ...float64) *autograd.Variable {
		value := b.Persist(b.Float(), s)
		b.Upload(value, v)
		return autograd.NewParam(name, value, b.Persist(b.Float(), s))
	}
	w, bias := param("w", tensor.Of(1, 2), 0.5, -1), param("b", tensor.Of(1), 3)

	scope := b.Mark()
	t := autograd.NewTape(b)
	x, ones := b.New(b.Float(), tensor.Of(2, 2)), b.New(b.Float(), tensor.Of(2, 1))
	b.Upload(x, []float64{1, 2, 3, 4})
	b.Upload(ones, []float64{1, 1})
	y := t.Apply(ops.Linear, ops.Attr{}, t.Const(x), w, bias, nil, nil)
	t.Backward(y, ones)
	out := make([]float64, 2)
	b.Download(out, y.Value)
	b.Release(scope)

	fmt.Println("y ", out)
	dw, db := make([]float64, 2), make([]float64, 1)
	b.Download(dw, w.Grad)
	b.Download(db, bias.Grad)
	fmt.Println("dw", dw)
	fmt.Println("db", db)
	// Output:
	// y  [1.5 0.5]
	// dw [4 6]
	// db [2]
}

// A new operation, y = x^2, with its derivative, dx = 2 x dy, checked against
// finite differences. The reference backend runs Ref; other backends need a
// kernel.
func ExampleDefine() {
	like := func(in []*tensor.Tensor, _ *ops.Attr) [ops.MaxOut]ops.Spec {
		return [ops.MaxOut]ops.Spec{ops.F(in[0].Shape())}
	}
	squareGrad := &ops.Op{
		Name: "square.grad_x", In: []ops.Param{{Name: "x"}, {Name: "dy"}}, Out: []ops.Param{{Name: "dx"}},
		Batch: ops.Batch{Rule: ops.PerSample}, Infer: like,
		Ref: func(out, in []*ops.Array, _ *ops.Attr) {
			for i, x := range in[0].F {
				out[0].F[i] = 2 * x * in[1].F[i]
			}
		},
	}
	square := &ops.Op{
		Name: "square", In: []ops.Param{{Name: "x"}}, Out: []ops.Param{{Name: "y"}},
		Batch: ops.Batch{Rule: ops.PerSample}, Infer: like,
		Ref: func(out, in []*ops.Array, _ *ops.Attr) {
			for i, x := range in[0].F {
				out[0].F[i] = x * x
			}
		},
		Cases: func() []ops.Case { return []ops.Case{{Name: "matrix", In: []ops.Arg{ops.N(3, 4)}}} },
	}
	autograd.Define(square, func(c autograd.Call) {
		c.Derive(0, squareGrad, ops.Attr{}, c.In(0), c.Grad())
	})

	for _, r := range gradcheck.CheckOp(square) {
		fmt.Println(r.Name, r.Case, "checked:", r.Checked, "passes:", r.Pass)
	}
	// Output: square matrix checked: 16 passes: true
}
