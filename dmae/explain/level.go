package explain

import (
	"context"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// Level is the certification of the image at one noise level.
type Level struct {
	Method    bound.Method      `json:"method"`
	Sigma     decimal.Decimal   `json:"sigma"`
	Alpha     decimal.Decimal   `json:"alpha"`
	Radii     []decimal.Decimal `json:"radii,omitempty"`    // the grid of the method anytime
	Futility  *decimal.Decimal  `json:"futility,omitempty"` // and the probability below which a radius is given up
	Most      int               `json:"n"`                  // requested estimation samples; the maximum for the method anytime
	Classes   int               `json:"classes"`
	Selection bound.Counts      `json:"selection"` // pairs of class and count
	Counts    bound.Counts      `json:"estimation"`
	N         int               `json:"samples"` // estimation samples drawn
	Selected  int               `json:"selected"`
	Count     int               `json:"count"`           // estimation samples of the selected class
	PA        decimal.Decimal   `json:"pa"`              // lower bound on its probability
	PB        *decimal.Decimal  `json:"pb,omitempty"`    // of the method runner-up: upper bound for every other class
	W         *bound.Draw       `json:"w,omitempty"`     // of the method randomised: the random number of the bound
	Looks     string            `json:"looks,omitempty"` // of the method anytime: see certificate.Record
	Radius    decimal.Decimal   `json:"radius"`          // 0 for an abstention
	Certified bool              `json:"certified"`
}

// certify certifies the image at a noise level.
func (e *explainer) certify(ctx context.Context, p certificate.Params) (Level, certificate.Record, error) {
	what := "certifying with sigma " + p.Sigma.String()
	e.progress(what, 0, p.N0+p.N)
	last := 0
	line, err := smooth.Certify(ctx, e.classifier, p, e.Image, e.about, func(samples int) {
		last = samples
		e.progress(what, samples, p.N0+p.N)
	})
	if err != nil {
		return Level{}, line, err
	}
	e.progress(what, last, last)
	level := Level{
		Method: p.Method, Sigma: p.Sigma, Alpha: p.Alpha, Radii: p.Radii, Most: p.N, Classes: e.model.Classes(),
		Selection: line.Selection.Counts, Counts: line.Estimation.Counts, N: line.Estimation.N,
		Selected: line.Selected, Count: hits(line),
		PA: line.PA, PB: line.PB, W: line.W, Looks: line.Looks, Radius: line.Radius, Certified: line.Predict != bound.NoClass,
	}
	if p.Method == bound.MethodAnytime {
		level.Futility = &p.Futility
	}
	return level, line, nil
}

// hits counts the estimation samples of the selected class.
func hits(line certificate.Record) int {
	if line.Selected == bound.NoClass {
		return 0
	}
	return line.Estimation.Counts.Of(line.Selected)
}

// NoAnswers is the number of estimation samples to which the network gave no class,
// because none of its scores was a finite number.
func (l Level) NoAnswers() int { return l.Counts.Of(bound.NoClass) }

// at returns the parameters for another noise level, without the radii of a
// grid that exceed the limit in units of sigma.
func (o Options) at(sigma decimal.Decimal) certificate.Params {
	p := o.Params
	p.Sigma = sigma
	for len(p.Radii) > 1 && p.Check() != nil {
		p.Radii = p.Radii[:len(p.Radii)-1]
	}
	return p
}

// second returns the most frequent other class of the estimation samples, or
// bound.NoClass if there is none.
func (l Level) second() bound.ClassCount {
	best := bound.ClassCount{bound.NoClass, 0}
	for _, c := range l.Counts {
		if c[0] != bound.NoClass && c[0] != l.Selected && c[1] > best[1] {
			best = c
		}
	}
	return best
}
