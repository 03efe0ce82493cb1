// A new operation, swish, y = x s(x) with s(x) = 1/(1+exp(-x)): its row, its derivative, the
// check of the derivative by finite differences, and a use of it.
package main

import (
	"fmt"
	"log"
	"math"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/autograd/gradcheck"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/ops/cpu"
	"github.com/godmae/godmae/ops/ref"
	"github.com/godmae/godmae/tensor"
)

// elementwise returns an operation on elements of x, or of x and dy. Ref is its definition.
func elementwise(name string, inputs int, f func(x, dy float64) float64) *ops.Op {
	return &ops.Op{
		Name: name, In: []ops.Param{{Name: "x"}, {Name: "dy"}}[:inputs], Out: []ops.Param{{Name: "y"}},
		Batch: ops.Batch{Rule: ops.PerSample},
		Infer: func(in []*tensor.Tensor, _ *ops.Attr) [ops.MaxOut]ops.Spec {
			if len(in) == 2 && in[1].Shape() != in[0].Shape() {
				panic(&tensor.ShapeError{Op: name, Msg: "want inputs of one shape"})
			}
			return [ops.MaxOut]ops.Spec{ops.F(in[0].Shape())}
		},
		Ref: func(out, in []*ops.Array, _ *ops.Attr) {
			for i, x := range in[0].F {
				dy := 1.0
				if len(in) == 2 {
					dy = in[1].F[i]
				}
				out[0].F[i] = f(x, dy)
			}
		},
		Cases: func() []ops.Case { return []ops.Case{{Name: "normal numbers", In: []ops.Arg{ops.N(5, 7)}}} },
	}
}

func s(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// define makes a swish whose derivative is dy (s(x) + factor x s(x) (1-s(x))).
func define(name string, factor float64) *ops.Op {
	swish := elementwise(name, 1, func(x, _ float64) float64 { return x * s(x) })
	grad := elementwise(name+".grad_x", 2, func(x, dy float64) float64 { return dy * (s(x) + factor*x*s(x)*(1-s(x))) })
	autograd.Define(swish, func(c autograd.Call) { c.Derive(0, grad, ops.Attr{}, c.In(0), c.Grad()) })
	return swish
}

func main() {
	swish := define("swish", 1)
	for _, op := range []*ops.Op{swish, define("swish with a slip of 0.1%", 1.001)} {
		for _, r := range gradcheck.CheckOp(op) {
			fmt.Printf("%s: %d derivatives compared with finite differences, all within %g: %v\n", r.Name, r.Checked, r.Limit, r.Pass)
		}
	}
	b := ref.New() // has Ref for every operation; other backends need a kernel
	fast := cpu.New(cpu.Options{})
	defer fast.Close()
	if !fast.Has(swish) {
		fmt.Printf("backend %s lacks a kernel for swish; going on with %s\n", cpu.Name, b.Identity().Name)
	}
	x := autograd.NewParam("x", b.Persist(b.Float(), tensor.Of(1)), b.Persist(b.Float(), tensor.Of(1)))
	value, grad := []float64{1}, []float64{0}
	for range 60 { // gradient descent: x -= dy/dx
		b.Upload(x.Value, value)
		b.Upload(x.Grad, []float64{0})
		t, one := autograd.NewTape(b), b.New(b.Float(), tensor.Of(1))
		b.Upload(one, []float64{1})
		t.Backward(t.Apply(swish, ops.Attr{}, x), one)
		if err := b.Download(grad, x.Grad); err != nil {
			log.Fatal(err)
		}
		value[0] -= grad[0]
	}
	fmt.Printf("swish is smallest at %.4f, where |1 + x (1 - s(x))| = %.4f\n", value[0], math.Abs(1+value[0]*(1-s(value[0]))))
	fmt.Println("\nThe point: an operation is a row with its definition; its derivative is checked, not believed.")
}
