package explain

import (
	"fmt"
	"html/template"
	"math"
	"math/big"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/smooth/bound"
)

// limit is a confidence bound on the probability of a class: the largest or
// smallest value for which the samples have at most the probability level.
type limit struct {
	title   string                   // of the chart
	class   string                   // the class whose probability it is
	tail    string                   // the event whose probability the curve is
	level   *big.Rat                 // the probability at the bound
	levelAs string                   // its name
	found   float64                  // share of the samples
	value   float64                  // the bound
	valueAs string                   // its name and value
	chance  func(p *big.Rat) float64 // the curve
	other   func(p *big.Rat) float64 // a second curve, for comparison; may be nil
}

// lowerBound is the bound pA on the probability of the selected class, for the
// methods whose bound follows from a count.
func (l Level) lowerBound(class string) limit {
	b := limit{
		title: "chance of so many hits against the true probability of the class", class: class,
		tail: fmt.Sprintf("chance of %d or more of %d", l.Count, l.N), level: l.Alpha.Rat(), levelAs: "alpha = " + l.Alpha.String(),
		found: float64(l.Count) / float64(l.N), value: l.PA.Float64(), valueAs: "pA = " + short(l.PA, false),
	}
	b.chance = func(p *big.Rat) float64 { return exact.BinomialUpperTail(l.Count, l.N, p).Float64() }
	switch l.Method {
	case bound.MethodRandomised:
		w := l.W.Weight()
		cohen := b.chance
		b.other = cohen
		b.tail = "chance, weighted with w"
		weight, _ := w.Float64()
		b.chance = func(p *big.Rat) float64 {
			above := 0.0
			if l.Count < l.N {
				above = exact.BinomialUpperTail(l.Count+1, l.N, p).Float64()
			}
			return float64(weight*cohen(p)) + float64((1-weight)*above)
		}
	case bound.MethodRunnerUp:
		b.level = new(big.Rat).Quo(b.level, big.NewRat(2, 1))
		b.levelAs = "alpha/2"
	}
	return b
}

// upperBound is the bound of the method runner-up on the most frequent other
// class. It is false with a single class.
func (l Level) upperBound(class string) (b limit, ok bool) {
	if l.Classes < 2 {
		return b, false
	}
	count := l.second()[1]
	share := big.NewRat(1, 2*int64(l.Classes-1))
	level := share.Mul(share, l.Alpha.Rat())
	q := exact.BinomialLowerBound(l.N-count, l.N, level, big.NewRat(1, 1))
	upper := decimal.Floor(new(big.Rat).Sub(big.NewRat(1, 1), q.Rat()), exact.BoundPlaces)
	return limit{
		title: "chance of so few samples of the runner-up against its true probability", class: class,
		tail: fmt.Sprintf("chance of %d or fewer of %d", count, l.N), level: level, levelAs: fmt.Sprintf("alpha/(2*%d)", l.Classes-1),
		found: float64(count) / float64(l.N), value: upper.Float64(), valueAs: "bound = " + short(upper, true),
		chance: func(p *big.Rat) float64 {
			return exact.BinomialUpperTail(l.N-count, l.N, new(big.Rat).Sub(big.NewRat(1, 1), p)).Float64()
		},
	}, true
}

// short prints a probability with six decimals, rounded up or down.
func short(p decimal.Decimal, up bool) string {
	if up {
		return decimal.Ceil(p.Rat(), 6).String()
	}
	return decimal.Floor(p.Rat(), 6).String()
}

// boundPoints is the number of points of a curve.
const boundPoints = 61

// chart draws a bound: the probability of the samples as a function of the true
// probability of the class, and where it reaches the level.
func (b limit) chart() template.HTML {
	reach := max(math.Abs(b.found-b.value), 1e-6)
	from, to := max(min(b.found-reach/2, b.value-reach), 0), min(max(b.found+reach/2, b.value+reach), 1)
	level, _ := b.level.Float64()
	logLevel := math.Log10(level)
	lowest := math.Floor(logLevel) - 2
	c := newChart(fmt.Sprintf("%s: it meets %s at %s; found was %s", b.title, b.levelAs, b.valueAs, formatFixed(b.found, 4)), from, to, lowest, 0)
	c.axes("true probability of "+b.class+" under noise", b.tail, ticks(from, to), decades(lowest, 0))
	at := func(chance func(*big.Rat) float64) func(float64) float64 {
		return func(p float64) float64 {
			return math.Log10(max(chance(new(big.Rat).SetFloat64(p)), math.SmallestNonzeroFloat64))
		}
	}
	c.mark(from, logLevel, to, logLevel, orange, true)
	c.text(from, logLevel, 8, 16, "start", orange, b.levelAs)
	if b.other != nil {
		c.curve(at(b.other), from, to, boundPoints, grey)
	}
	c.curve(at(b.chance), from, to, boundPoints, blue)
	c.mark(b.value, lowest, b.value, 0, green, false)
	c.beside(b.value, 0, 14, green, b.valueAs)
	c.mark(b.found, lowest, b.found, 0, grey, false)
	c.beside(b.found, lowest, -10, grey, "found "+formatFixed(b.found, 4))
	return c.done()
}
