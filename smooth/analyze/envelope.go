package analyze

import "fmt"

// Best is the highest certified accuracy of several runs at a radius.
type Best struct {
	Mean float64 `json:"mean"`
	Run  string  `json:"run"` // the first run that reaches it
}

// AddEnvelope adds the best certified accuracy at each radius over all runs,
// the number that papers report when a model was trained for several noise
// levels. Choosing the run by the very images that are reported makes it
// slightly optimistic, and no single classifier has it at all radii. The runs
// must share alpha, kind of noise, images and labels.
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
