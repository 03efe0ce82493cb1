package ops

import (
	"fmt"
	"math"
)

// Bound limits the error of an operation's outputs on a float32 backend,
// relative to the reference. Both limits apply to each output separately.
type Bound struct {
	// NMSE bounds the normalised mean squared error, sum (y-ref)^2 / sum ref^2.
	NMSE float64

	// Element bounds the error of every element, as a share of the largest absolute
	// value of the output.
	Element float64
}

// DefaultBound is the bound of most operations: a relative error of 3e-6 in the root
// mean square, and no element off by more than 5e-6 of the largest.
var DefaultBound = Bound{NMSE: 1e-11, Element: 5e-6}

// Bounds returns the bound of the operation.
func (op *Op) Bounds() Bound {
	switch {
	case op.Moves:
		return Bound{}
	case op.Bound == Bound{}:
		return DefaultBound
	}
	return op.Bound
}

// Compare returns an error that names the first violation of the bound by got,
// relative to want. Where want is NaN or infinite, got must be the same.
func (b Bound) Compare(got, want []float64) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d numbers, not %d", len(got), len(want))
	}
	largest := 0.0
	for _, w := range want {
		if finite(w) {
			largest = max(largest, math.Abs(w))
		}
	}
	num, den := 0.0, 0.0
	for i, w := range want {
		g := got[i]
		switch {
		case !finite(w):
			if g != w && !(math.IsNaN(g) && math.IsNaN(w)) {
				return fmt.Errorf("element %d is %v, not %v", i, g, w)
			}
		case !(math.Abs(g-w) <= b.Element*largest):
			return fmt.Errorf("element %d is %v, not %v: off by %.1e of the largest value, the bound is %.1e", i, g, w, math.Abs(g-w)/largest, b.Element)
		default:
			num += (g - w) * (g - w)
			den += w * w
		}
	}
	if num > b.NMSE*den {
		return fmt.Errorf("the normalised mean squared error is %.1e, the bound is %.1e", num/den, b.NMSE)
	}
	return nil
}

// NMSE returns the normalised mean squared error of got, sum (got-want)^2 /
// sum want^2. It is 0 if both are 0, and infinite if only want is 0 or if a
// number is NaN.
func NMSE(got, want []float64) float64 {
	if len(got) != len(want) {
		panic(fmt.Sprintf("ops.NMSE: %d and %d numbers", len(got), len(want)))
	}
	num, den := 0.0, 0.0
	for i, w := range want {
		num += (got[i] - w) * (got[i] - w)
		den += w * w
	}
	switch {
	case num == 0:
		return 0
	case den == 0 || math.IsNaN(num) || math.IsNaN(den):
		return math.Inf(1)
	}
	return num / den
}
