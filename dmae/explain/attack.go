package explain

import (
	"context"
	"fmt"
	"math"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/dmae/attack"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// Attack is the result of a search for a nearby image to which the smoothed
// classifier gives another answer.
type Attack struct {
	Budget   float64         `json:"budget"`   // largest L2 distance of the search
	Distance float64         `json:"distance"` // of the found image, in 8-bit pixels
	Inside   bool            `json:"inside"`   // the budget is within the certified radius
	Clean    int             `json:"answer_without_noise"`
	Answer   int             `json:"smoothed_answer"` // -1 for an abstention
	Count    int             `json:"count"`           // noisy copies of the certified class
	N        int             `json:"n"`
	Top      int             `json:"most_frequent"`
	TopCount int             `json:"most_frequent_count"`
	PValue   decimal.Decimal `json:"p_value"` // of the test of the two most frequent classes against a tie
	Fooled   bool            `json:"fooled"`  // the smoothed classifier's answer is another class

	pixels, difference picture
}

// insideShares and outsideShares are the budgets, in certified radii. The
// attacks outside end at the first success.
var (
	insideShares  = []float64{0.5, 0.99}
	outsideShares = []float64{1.25, 1.5, 2, 3, 4, 6, 8}
)

// attacks searches inside and outside the certified radius. Without a radius it
// searches at multiples of half the noise level.
func (e *explainer) attacks(ctx context.Context, level Level) ([]Attack, error) {
	if e.Steps == 0 || level.Selected == bound.NoClass {
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

// attack searches within a budget and evaluates the smoothed classifier on the
// image found, with noise that neither the certificate nor the search has used.
func (e *explainer) attack(ctx context.Context, level Level, budget float64, inside bool) (Attack, error) {
	what := fmt.Sprintf("attacking within %.3g", budget)
	e.progress(what, 0, e.Steps)
	search := attack.Search{
		Model: e.model, Sigma: e.Sigma.Float32(), Samples: e.Samples, Steps: e.Steps,
		Seed:     e.Seed ^ e.Key(e.about.Pixels), // one of them is 0
		Progress: func(step int) { e.progress(what, step, e.Steps) },
	}
	x := e.x
	found, err := search.Run(ctx, scaled(x), level.Selected, budget)
	if err != nil {
		return Attack{}, err
	}
	y := stored(x, found, budget)
	image := e.add(y)
	a := Attack{Budget: budget, Distance: distance(x, y), Inside: inside, N: e.Answers, pixels: e.picture(scaled(y)), difference: e.difference(scaled(x), scaled(y))}
	if a.Clean, err = e.clean(ctx, image); err != nil {
		return a, err
	}
	p, err := smooth.PredictJob(ctx, e.classifier, smooth.Job{Image: image, Key: e.Key(certificate.PixelDigest(y, e.Sound))}, e.noise, e.Answers, e.Alpha)
	if err != nil {
		return a, err
	}
	a.Answer, a.PValue = p.Class, p.PValue
	a.Top, a.TopCount = p.Top[0], p.Top[1]
	a.Count = p.Counts.Of(level.Selected)
	a.Fooled = a.Answer != bound.NoClass && a.Answer != level.Selected
	return a, nil
}

// stored rounds the image found to 8 bits, as in an image file. If rounding
// exceeds the budget, the change is first made a little smaller.
func stored(x []byte, found []float32, budget float64) []byte {
	y := make([]byte, len(x))
	for scale := 1.0; ; scale *= 0.99 {
		for i, v := range x {
			change := float64(scale * (float64(255*float64(found[i])) - float64(v)))
			y[i] = byte(min(max(math.Round(float64(v)+change), 0), 255))
		}
		if distance(x, y) <= budget {
			return y
		}
	}
}

// distance is the L2 distance of images of 8-bit pixels scaled to [0,1].
func distance(x, y []byte) float64 {
	sum := 0
	for i := range x {
		d := int(x[i]) - int(y[i])
		sum += d * d
	}
	return math.Sqrt(float64(sum)) / 255
}

// Broken reports whether an attack inside the certified radius succeeded. For
// a correct certificate this has a probability of at most 2 alpha for each
// attack.
func (x *Explanation) Broken() bool {
	for _, a := range x.Attacks {
		if a.Inside && a.Fooled {
			return true
		}
	}
	return false
}
