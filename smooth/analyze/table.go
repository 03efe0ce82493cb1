package analyze

import (
	"errors"
	"fmt"
	"math"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/smooth/certificate"
)

// Estimate is a mean over images with its standard error.
type Estimate struct {
	Mean          float64 `json:"mean"`
	StandardError float64 `json:"standard_error"`
}

// Accuracy is the certified accuracy at a radius.
type Accuracy struct {
	Estimate
	Certified int        `json:"certified"`           // images counted in the mean
	Guarantee *Guarantee `json:"guarantee,omitempty"` // see Table.Guarantee
}

// Summary is the row of a run.
type Summary struct {
	Name string `json:"name"`
	Terms
	Images       int                  `json:"images"`
	Which        certificate.IndexSet `json:"which"`                // spans of first index, step, count
	Unlabelled   int                  `json:"unlabelled,omitempty"` // images that cannot count as certified
	Accuracy     []Accuracy           `json:"certified_accuracy"`   // at the radii of the table
	Radius       Estimate             `json:"average_certified_radius"`
	OnGrid       bool                 `json:"radii_on_grid,omitempty"` // the average radius is not comparable
	Grid         []decimal.Decimal    `json:"grid,omitempty"`
	Abstained    *float64             `json:"abstained,omitempty"`         // share of images; absent when unknown
	Samples      *float64             `json:"samples_per_image,omitempty"` // mean; absent when unknown
	Seconds      *float64             `json:"seconds_per_image,omitempty"` // mean over images with a time; absent if there are none
	AccuracyOnly bool                 `json:"accuracy_only"`
	Notes        []string             `json:"notes,omitempty"` // irregularities found while reading

	others string // how its images or labels differ from those of the first run; "" if they agree
}

// Table holds the certified accuracies of runs at radii.
type Table struct {
	Radii       []decimal.Decimal `json:"radii"`
	Runs        []Summary         `json:"runs"`
	Rho         decimal.Decimal   `json:"rho,omitzero"`          // see Guarantee
	Envelope    []Best            `json:"envelope,omitempty"`    // at the radii; see AddEnvelope
	Comparisons []Comparison      `json:"comparisons,omitempty"` // of pairs of runs; see Compare
}

// DefaultRadii are the radii that papers report most often.
func DefaultRadii() []decimal.Decimal {
	var radii []decimal.Decimal
	for _, s := range []string{"0", "0.25", "0.5", "0.75", "1", "1.25", "1.5"} {
		radii = append(radii, decimal.Must(s))
	}
	return radii
}

// NewTable computes the summaries of runs at radii, which are kept in the
// order given.
func NewTable(runs []Run, radii []decimal.Decimal) (Table, error) {
	if len(runs) == 0 || len(radii) == 0 {
		return Table{}, errors.New("a table needs at least one run and one radius")
	}
	for _, r := range radii {
		if r.Sign() < 0 {
			return Table{}, fmt.Errorf("the radius %s is negative", r)
		}
	}
	t := Table{Radii: radii}
	for _, run := range runs {
		if len(run.Rows) == 0 {
			return Table{}, fmt.Errorf("the run %q has no images", run.Name)
		}
		s := summarize(run, radii)
		s.others = otherRows(runs[0], run)
		t.Runs = append(t.Runs, s)
	}
	return t, nil
}

func summarize(run Run, radii []decimal.Decimal) Summary {
	s := Summary{
		Name: run.Name, Terms: run.Terms,
		Images: len(run.Rows), Which: run.Images(), AccuracyOnly: run.AccuracyOnly, OnGrid: run.OnGrid(), Grid: run.Grid, Notes: run.Notes,
	}
	for _, r := range radii {
		s.Accuracy = append(s.Accuracy, run.AccuracyAt(r.Float64()))
	}
	abstained, values := 0, make([]float64, len(run.Rows))
	for i, row := range run.Rows {
		if row.Predict < 0 {
			abstained++
		}
		if row.Label < 0 {
			s.Unlabelled++
		}
		if row.Correct {
			values[i] = row.Radius
		}
	}
	s.Radius = estimate(values)
	if !run.AccuracyOnly {
		share := float64(abstained) / float64(len(run.Rows))
		s.Abstained = &share
	}
	s.Samples = run.mean(func(row Row) (float64, bool) { return float64(row.Samples), row.Samples > 0 })
	s.Seconds = run.mean(func(row Row) (float64, bool) { return row.Seconds, row.Seconds >= 0 })
	return s
}

// mean returns the mean of a quantity over the images for which it is known, or
// nil if there are none.
func (run Run) mean(of func(Row) (float64, bool)) *float64 {
	sum, n := 0.0, 0
	for _, row := range run.Rows {
		if v, ok := of(row); ok {
			sum += v
			n++
		}
	}
	if n == 0 {
		return nil
	}
	mean := sum / float64(n)
	return &mean
}

// AccuracyAt returns the certified accuracy at a radius: the share of images
// that are certified for their label with at least that radius. Its standard
// error is that of a proportion, sqrt(p(1-p)/n).
func (run Run) AccuracyAt(radius float64) Accuracy {
	hits := 0
	for _, row := range run.Rows {
		if row.Correct && row.Radius >= radius {
			hits++
		}
	}
	n := float64(len(run.Rows))
	p := float64(hits) / n
	return Accuracy{Estimate: Estimate{p, math.Sqrt(float64(p*(1-p)) / n)}, Certified: hits}
}

// estimate returns the mean of values and the standard error of the mean, 0
// for a single value.
func estimate(values []float64) Estimate {
	n := float64(len(values))
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	mean := sum / n
	squares := 0.0
	for _, v := range values {
		squares += float64((v - mean) * (v - mean))
	}
	return Estimate{mean, math.Sqrt(squares / n / max(n-1, 1))}
}

// best returns the accuracy at which a cell of a column is marked as the best.
// It is unreachable if there is nothing to compare, or if the runs were not
// measured alike.
func (t Table) best(column int) float64 {
	if len(t.Runs) < 2 || len(t.unlike()) > 0 {
		return math.Inf(1)
	}
	top := 0.0
	for _, s := range t.Runs {
		top = max(top, s.Accuracy[column].Mean)
	}
	if top == 0 {
		return math.Inf(1)
	}
	return top
}

// Best is the highest certified accuracy of several runs at a radius.
type Best struct {
	Mean float64 `json:"mean"`
	Run  string  `json:"run"` // the first run that reaches it
}

// AddEnvelope adds the best certified accuracy at each radius over all runs,
// the number that papers report when a model was trained for several noise
// levels. It is slightly optimistic, because the run is chosen on the
// reported images, and no single classifier has it at all radii. The runs
// must have the same alpha, kind of noise, images and labels.
func (t *Table) AddEnvelope() error {
	if unlike := t.unlike(); len(unlike) > 0 {
		return fmt.Errorf("there is no envelope of runs that were not measured alike: %s", unlike[0])
	}
	t.Envelope = nil
	for i := range t.Radii {
		b := Best{t.Runs[0].Accuracy[i].Mean, t.Runs[0].Name}
		for _, s := range t.Runs[1:] {
			if m := s.Accuracy[i].Mean; m > b.Mean {
				b = Best{m, s.Name}
			}
		}
		t.Envelope = append(t.Envelope, b)
	}
	return nil
}
