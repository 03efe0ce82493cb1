package explain

import (
	"fmt"
	"html/template"
	"math/big"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/smooth/bound"
)

// promise returns the certificate's lower bound on the probability of the class
// at a distance: Phi(Phi^-1(pA) - distance/sigma). For the method anytime pA =
// Phi(radius/sigma) is computed here: the 12 decimals of l.PA are too few for a
// radius of many sigma.
func (l Level) promise(distance float64) float64 {
	if l.Method == bound.MethodAnytime {
		z := l.Radius.Rat()
		return l.shifted(z.Quo(z, l.Sigma.Rat()), distance, -1)
	}
	return l.shifted(quantile(l.PA), distance, -1)
}

// rival returns the upper bound that the method runner-up implies on the
// probability of every other class at a distance: Phi(Phi^-1(pB) + distance/sigma).
func (l Level) rival(distance float64) float64 { return l.shifted(quantile(*l.PB), distance, 1) }

// shifted returns Phi(z + sign distance/sigma).
func (l Level) shifted(z *big.Rat, distance float64, sign int64) float64 {
	step, _ := decimal.Parse(formatFixed(distance, 9))
	shift := step.Rat()
	shift.Quo(shift, l.Sigma.Rat())
	z.Add(z, shift.Mul(shift, big.NewRat(sign, 1)))
	limit := big.NewRat(40, 1)
	switch {
	case z.Cmp(limit) > 0:
		return 1
	case z.Neg(z).Cmp(limit) > 0:
		return 0
	}
	return exact.NormalCDF(z.Neg(z)).Float64()
}

// quantile returns Phi^-1(p), 0 < p < 1, to the digits of a bound.
func quantile(p decimal.Decimal) *big.Rat {
	q := p.Rat()
	if p.Cmp(decimal.Must("0.5")) >= 0 {
		return exact.NormalQuantile(q).FloorDecimal(exact.BoundPlaces).Rat()
	}
	z := exact.NormalQuantile(q.Sub(big.NewRat(1, 1), q)).FloorDecimal(exact.BoundPlaces).Rat()
	return z.Neg(z)
}

// radiusChart draws the bounds against the distance, and the results of the
// attacks.
func radiusChart(l Level, attacks []Attack) template.HTML {
	radius := l.Radius.Float64()
	reach := 1.5 * radius
	for _, a := range attacks {
		reach = max(reach, 1.05*a.Distance)
	}
	title := fmt.Sprintf("the least probability of the class against the distance: it falls to one half at the radius %s", l.Radius)
	if l.PB != nil {
		title = fmt.Sprintf("the least probability of the class and the largest of any other against the distance: they meet at the radius %s", l.Radius)
	}
	c := newChart(title, 0, reach, 0, 1)
	c.shade(0, radius, green)
	c.axes("L2 distance from the image (pixels in [0,1])", "probability", ticks(0, reach), ticks(0, 1))
	if l.PB == nil {
		c.mark(0, 0.5, reach, 0.5, orange, true)
	} else {
		c.curve(l.rival, 0, reach, boundPoints, orange)
	}
	c.curve(l.promise, 0, reach, boundPoints, blue)
	c.mark(radius, 0, radius, 1, green, false)
	c.beside(radius, 1, 14, green, "radius "+l.Radius.String())
	for _, a := range attacks {
		colour := green
		switch {
		case a.Fooled:
			colour = orange
		case a.Answer == bound.NoClass:
			colour = grey
		}
		c.dot(a.Distance, float64(a.Count)/float64(a.N), colour)
	}
	return c.done()
}
