package explain

import (
	"context"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/smooth"
)

// Attack is the outcome of a search for an image, near the one explained, that
// the smoothed classifier answers differently.
type Attack struct {
	Budget   float64        `json:"budget"`   // the search may go so far (L2)
	Distance float64        `json:"distance"` // and went so far
	Inside   bool           `json:"inside"`   // the budget lies inside the certified radius
	Clean    int            `json:"answer_without_noise"`
	Answer   int            `json:"smoothed_answer"` // or -1 for an abstention
	Count    int            `json:"count"`           // noisy copies of the certified class
	N        int            `json:"n"`
	Top      int            `json:"most_frequent"`
	TopCount int            `json:"most_frequent_count"`
	PValue   smooth.Decimal `json:"p_value"` // that the most frequent class is a tie with the second
	Fooled   bool           `json:"fooled"`  // the smoothed classifier answers another class

	pixels, difference picture
}

// insideShares and outsideShares are the budgets, in certified radii. The
// search outside ends with the first success.
var (
	insideShares  = []float64{0.5, 0.99}
	outsideShares = []float64{1.25, 1.5, 2, 3, 4, 6, 8}
)

// attacks searches inside and outside of the certified radius; for an
// abstention, which has none, at multiples of half the noise level.
func (e *explainer) attacks(ctx context.Context, level Level) ([]Attack, error) {
	if e.Steps == 0 || level.Selected == smooth.NoClass {
		return nil, nil
	}
	radius := level.Radius.Float64()
	unit := radius
	var found []Attack
	if radius > 0 {
		for _, share := range insideShares {
			a, err := e.attack(ctx, level, share*radius, true)
			if err != nil {
				return nil, err
			}
			found = append(found, a)
		}
	} else {
		unit = e.Sigma.Float64() / 2
	}
	for _, share := range outsideShares {
		a, err := e.attack(ctx, level, share*unit, false)
		if err != nil {
			return nil, err
		}
		if found = append(found, a); a.Fooled {
			break
		}
	}
	return found, nil
}

// attack searches within a budget and asks the smoothed classifier about what
// it finds, with noise that neither the certificate nor the search has seen.
func (e *explainer) attack(ctx context.Context, level Level, budget float64, inside bool) (Attack, error) {
	e.progress("attacking within %.3g", budget)
	search := dmae.Attack{Model: e.model, Sigma: e.Sigma.Float32(), Samples: e.Samples, Steps: e.Steps, Seed: e.Seed}
	x := e.images[0]
	y, err := search.Search(ctx, x, level.Selected, budget)
	if err != nil {
		return Attack{}, err
	}
	image := len(e.images)
	e.images = append(e.images, y)
	a := Attack{Budget: budget, Distance: dmae.Distance(x, y), Inside: inside, N: e.N, pixels: e.picture(y), difference: e.difference(x, y)}
	if a.Clean, err = e.clean(ctx, image); err != nil {
		return a, err
	}
	p, err := smooth.Predict(ctx, e.classifier, image, smooth.Noise{Sigma: e.Sigma.Float32(), Seed: e.Seed}, e.N, e.Alpha)
	if err != nil {
		return a, err
	}
	a.Answer, a.PValue = p.Class, p.PValue
	a.Top, a.TopCount = p.Top[0], p.Top[1]
	a.Count = p.Counts.Of(level.Selected)
	a.Fooled = a.Answer != smooth.NoClass && a.Answer != level.Selected
	return a, nil
}

// Broken reports whether an attack inside the certified radius succeeded: an
// event that has probability at most twice alpha for each attack if everything
// is as it should be.
func (x *Explanation) Broken() bool {
	for _, a := range x.Attacks {
		if a.Inside && a.Fooled {
			return true
		}
	}
	return false
}

// promise returns the lower bound that the certificate implies on the
// probability of the class at a distance: Phi(Phi^-1(pA) - distance/sigma).
func (l Level) promise(distance float64) float64 {
	z := exact.NormalQuantile(l.PA.Rat()).FloorDecimal(exact.BoundPlaces).Rat()
	step, _ := smooth.ParseDecimal(formatFixed(distance, 9))
	z.Sub(z, step.Rat().Quo(step.Rat(), l.Sigma.Rat()))
	return exact.NormalCDF(z).Float64()
}
