package autograd_test

import (
	"fmt"

	"github.com/godmae/godmae/autograd"
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
