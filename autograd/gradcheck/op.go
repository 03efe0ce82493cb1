package gradcheck

import (
	"fmt"
	"slices"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/ops/ref"
	"github.com/godmae/godmae/tensor"
)

// MaxNMSE is the largest allowed normalised mean squared error, sum
// (g-ref)^2 / sum ref^2, of a backend's derivative against the reference
// backend's.
const MaxNMSE = 1e-11

// All checks every differentiable operation of ops.All against finite
// differences.
func All() []Result {
	var r []Result
	for _, op := range ops.All {
		r = append(r, CheckOp(op)...)
	}
	return r
}

// AllOn compares the derivatives of every differentiable operation of ops.All on
// a backend with the reference backend's. The error is the backend's.
func AllOn(b ops.Backend) ([]Result, error) {
	var r []Result
	for _, op := range ops.All {
		of, err := CheckBackend(b, op)
		if err != nil {
			return nil, err
		}
		r = append(r, of...)
	}
	return r, nil
}

// CheckOp compares the derivative of each case of an operation with finite
// differences, for all inputs except integers and those in the case's NoGrad.
// It returns nothing for an operation without derivative.
func CheckOp(op *ops.Op) []Result {
	if !autograd.Differentiable(op) {
		return nil
	}
	var r []Result
	for _, c := range op.Cases() {
		b := ref.New()
		in, params := inputs(b, op, &c)
		r = append(r, CheckFunction(Function{
			Name: op.Name, Case: c.Name, Backend: b, Params: params,
			Forward:     func(t *autograd.Tape) *autograd.Variable { return t.Apply(op, c.At, in...) },
			Coordinates: 40, Directions: 4,
		}))
	}
	return r
}

// CheckBackend compares the derivatives of each case of an operation on a
// backend with those on the reference backend, for the same inputs and seed. The
// error is the backend's.
func CheckBackend(b ops.Backend, op *ops.Op) ([]Result, error) {
	if !autograd.Differentiable(op) {
		return nil, nil
	}
	var r []Result
	for _, c := range op.Cases() {
		res := Result{Name: op.Name, Case: c.Name, Limit: MaxNMSE}
		want, err := gradients(ref.New(), op, &c)
		if err != nil {
			return nil, err
		}
		got, err := gradients(b, op, &c)
		if err != nil {
			return nil, fmt.Errorf("%s, %s: %w", op.Name, c.Name, err)
		}
		for i := range want {
			res.record(ops.NMSE(got[i], want[i]))
		}
		r = append(r, res)
	}
	return r, nil
}

// inputs makes the inputs of a case on a backend and lists the differentiated
// ones.
func inputs(b ops.Backend, op *ops.Op, c *ops.Case) (in, params []*autograd.Variable) {
	arrays, _ := c.Draw(op)
	in = make([]*autograd.Variable, len(arrays))
	for i, a := range arrays {
		switch {
		case a == nil:
		case a.I != nil:
			x := b.New(tensor.I32, a.Shape)
			b.Upload(x, a.I)
			in[i] = autograd.NewConst(x)
		case slices.Contains(c.NoGrad, i):
			x := b.New(b.Float(), a.Shape)
			b.Upload(x, a.F)
			in[i] = autograd.NewConst(x)
		default:
			x, g := b.New(b.Float(), a.Shape), b.New(b.Float(), a.Shape)
			b.Upload(x, a.F)
			b.Run(ops.Fill, []*tensor.Tensor{g}, nil, &ops.Attr{})
			in[i] = autograd.NewParam("", x, g)
			params = append(params, in[i])
		}
	}
	return in, params
}

// gradients returns the derivatives of the sum of a case's first output,
// weighted by 1, -2, 3, -1, 2, -3 in turn.
func gradients(b ops.Backend, op *ops.Op, c *ops.Case) ([][]float64, error) {
	scope := b.Mark()
	defer b.Release(scope)
	in, params := inputs(b, op, c)
	t := autograd.NewTape(b)
	y := t.Apply(op, c.At, in...)
	w := make([]float64, y.Shape().Elems())
	for i := range w {
		w[i] = [...]float64{1, -2, 3, -1, 2, -3}[i%6]
	}
	seed := b.New(b.Float(), y.Shape())
	b.Upload(seed, w)
	t.Backward(y, seed)
	r := make([][]float64, len(params))
	for i, p := range params {
		r[i] = make([]float64, p.Shape().Elems())
		if err := b.Download(r[i], p.Grad); err != nil {
			return nil, err
		}
	}
	return r, nil
}
