package gradcheck

import (
	"math"

	"gonum.org/v1/gonum/diff/fd"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/ops/ref"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/tensor"
)

// Tolerance is the largest allowed relative error of a derivative against
// finite differences.
const Tolerance = 1e-6

// Result is the outcome of one check.
type Result struct {
	Name    string  `json:"name"`    // operation or function
	Case    string  `json:"case"`    // which of its cases
	Checked int     `json:"checked"` // coordinates and directions, or gradients
	Worst   float64 `json:"worst"`   // the largest error; -1 if it is not finite
	Limit   float64 `json:"limit"`   // the largest allowed error
	Pass    bool    `json:"pass"`
}

// record updates the worst error.
func (r *Result) record(err float64) {
	r.Checked++
	switch {
	case math.IsNaN(err) || math.IsInf(err, 0):
		r.Worst = -1
	case r.Worst >= 0:
		r.Worst = max(r.Worst, err)
	}
	r.Pass = r.Worst >= 0 && r.Worst <= r.Limit
}

// Function is a computation whose derivative is checked.
type Function struct {
	Name, Case string

	// Backend holds the parameters and the other inputs of Forward.
	Backend *ref.Backend

	// Params are differentiated. The check changes their values and restores
	// them; their gradients are overwritten.
	Params []*autograd.Variable

	// Forward records the computation and returns its result, of any shape. It
	// must be the same function at every call, for example without new noise.
	Forward func(t *autograd.Tape) *autograd.Variable

	// Coordinates is the number of elements checked of each parameter (all, if it
	// has no more), Directions the number of random directions through all
	// parameters at once.
	Coordinates, Directions int
}

// central is the central difference of sixth order.
var central = fd.Formula{
	Stencil: []fd.Point{
		{Loc: -3, Coeff: -1. / 60}, {Loc: -2, Coeff: 9. / 60}, {Loc: -1, Coeff: -45. / 60},
		{Loc: 1, Coeff: 45. / 60}, {Loc: 2, Coeff: -9. / 60}, {Loc: 3, Coeff: 1. / 60},
	},
	Derivative: 1,
	Step:       4e-3,
}

// CheckFunction compares the derivative of sum(w*y) with finite
// differences, where y is the function's result and w are fixed random
// weights. It checks sampled elements of each parameter and random
// directions of length 1.
//
// The error of an element is |a-n| / max(|a|, |n|, m/100), with a from the tape,
// n numeric and m the largest derivative within the parameter. The error of a
// direction is relative to max(|a|, |n|, g/(100*sqrt(N))), with g the norm of
// the whole gradient and N its number of elements. m is at least 1e-4 of the
// largest derivative of all parameters.
func CheckFunction(f Function) Result {
	c := newChecker(f)
	r := Result{Name: f.Name, Case: f.Case, Limit: Tolerance}
	largest := 0.0
	for _, g := range c.grads {
		largest = max(largest, maxAbs(g))
	}
	if math.IsNaN(largest) {
		r.record(math.NaN())
		return r
	}
	sample := philox.NewGen(philox.Addr{Seed: 1, Stream: philox.FirstUserStream})
	for p, x := range c.values {
		scale := max(maxAbs(c.grads[p]), 1e-4*largest)
		for _, k := range pick(sample, len(x), f.Coordinates) {
			at := x[k]
			numeric := fd.Derivative(func(h float64) float64 {
				x[k] = at + h
				return c.eval()
			}, 0, &fd.Settings{Formula: central})
			x[k] = at
			r.record(relative(c.grads[p][k], numeric, scale/100))
		}
	}
	for range f.Directions {
		r.record(c.direction(sample))
	}
	return r
}

// checker evaluates a function and holds its gradient.
type checker struct {
	f             Function
	tape          *autograd.Tape
	weights       []float64   // of the result's elements
	values, grads [][]float64 // of the parameters: their memory, and copies
}

func newChecker(f Function) *checker {
	b := f.Backend
	c := &checker{f: f, tape: autograd.NewTape(b)}
	for _, p := range f.Params {
		c.values = append(c.values, tensor.Data[float64](p.Value))
		clear(tensor.Data[float64](p.Grad))
	}
	scope := b.Mark()
	defer b.Release(scope)
	y := f.Forward(c.tape)
	c.weights = make([]float64, y.Shape().Elems())
	gen := philox.NewGen(philox.Addr{Seed: 2, Stream: philox.FirstUserStream})
	for i := range c.weights {
		c.weights[i] = 0.5 + gen.Float64()
		if gen.Uint32()&1 == 0 {
			c.weights[i] = -c.weights[i]
		}
	}
	seed := b.New(tensor.F64, y.Shape())
	b.Upload(seed, c.weights)
	c.tape.Backward(y, seed)
	for _, p := range f.Params {
		c.grads = append(c.grads, append([]float64(nil), tensor.Data[float64](p.Grad)...))
	}
	return c
}

// eval returns the weighted sum of the function's result.
func (c *checker) eval() float64 {
	b := c.f.Backend
	scope := b.Mark()
	defer b.Release(scope)
	for _, p := range c.f.Params {
		p.Value.Touch() // its memory was written directly
	}
	c.tape.Reset()
	sum := 0.0
	for i, v := range tensor.Data[float64](c.f.Forward(c.tape).Value) {
		sum += c.weights[i] * v
	}
	return sum
}

// direction returns the error of the derivative in a random direction.
func (c *checker) direction(gen *philox.Gen) float64 {
	var start, v [][]float64
	n, length, norm := 0, 0.0, 0.0
	for p, x := range c.values {
		start = append(start, append([]float64(nil), x...))
		d := make([]float64, len(x))
		for i := range d {
			d[i] = 2*gen.Float64() - 1
			length += d[i] * d[i]
			norm += c.grads[p][i] * c.grads[p][i]
		}
		v = append(v, d)
		n += len(x)
	}
	length = math.Sqrt(length)
	analytic := 0.0
	for p := range v {
		for i := range v[p] {
			v[p][i] /= length
			analytic += v[p][i] * c.grads[p][i]
		}
	}
	move := func(h float64) {
		for p, x := range c.values {
			for i := range x {
				x[i] = start[p][i] + h*v[p][i]
			}
		}
	}
	numeric := fd.Derivative(func(h float64) float64 {
		move(h)
		return c.eval()
	}, 0, &fd.Settings{Formula: central})
	move(0)
	return relative(analytic, numeric, math.Sqrt(norm/float64(n))/100)
}

// relative returns |a-n| over the largest of |a|, |n| and floor, 0 for 0 and 0.
func relative(a, n, floor float64) float64 {
	if a == n {
		return 0
	}
	return math.Abs(a-n) / max(math.Abs(a), math.Abs(n), floor)
}

func maxAbs(x []float64) float64 {
	m := 0.0
	for _, v := range x {
		m = max(m, math.Abs(v))
	}
	return m
}

// pick returns k distinct positions below n, in no particular order; all of
// them when there are no more.
func pick(gen *philox.Gen, n, k int) []int {
	p := gen.Perm(n)
	return p[:min(n, k)]
}
