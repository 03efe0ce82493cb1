package certificate

import (
	"errors"
	"fmt"
	"strings"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/smooth/bound"
)

// Image has the data of an image in a certificate, except the counts.
type Image struct {
	Label  int    // -1 when unknown
	Pixels Digest // SHA-256 of the image before noise
}

// Record is the line of an image.
type Record struct {
	Kind     string           `json:"kind"`
	Image    int              `json:"image"`
	Pixels   Digest           `json:"pixels"` // SHA-256 of the image before noise, defined by the caller
	Label    int              `json:"label"`  // -1 when unknown
	Selected int              `json:"selected"`
	Predict  int              `json:"predict"` // the selected class, or -1 for an abstention
	PA       decimal.Decimal  `json:"pa"`
	PB       *decimal.Decimal `json:"pb,omitempty"` // MethodRunnerUp: bound on every other class
	Radius   decimal.Decimal  `json:"radius"`
	W        *bound.Draw      `json:"w,omitempty"` // MethodRandomised: random number of the bound

	// Looks holds, for MethodAnytime, a digit to the base 17 for each look: the
	// samples with the selected class since the previous look.
	Looks string `json:"looks,omitempty"`

	Stopped    string   `json:"stopped,omitempty"`
	Selection  Sampling `json:"selection"`
	Estimation Sampling `json:"estimation"`
}

// Correct reports whether the image is certified with its label.
func (r Record) Correct() bool {
	return r.Stopped == "" && r.Predict >= 0 && r.Predict == r.Label
}

// NewRecord returns the record of an image without samples.
func NewRecord(index int, img Image) Record {
	return Record{Kind: kindImage, Image: index, Label: img.Label, Pixels: img.Pixels, Selected: bound.NoClass}
}

// Choose sets the selected class to the most frequent class of the selection
// samples. Ties go to the lower index; it is NoClass if no sample had a class.
// With accuracyOnly, Choose stops the record of an image whose selected class
// is not its label, and reports that.
func (r *Record) Choose(accuracyOnly bool) (stopped bool) {
	first, _ := r.Selection.Counts.Top()
	r.Selected = first[0]
	if stopped = accuracyOnly && r.Label >= 0 && r.Selected != r.Label; stopped {
		r.Stopped = StoppedWrongClass
		r.Conclude(bound.Verdict{Class: r.Selected})
	}
	return stopped
}

// Conclude sets the fields of a verdict.
func (r *Record) Conclude(v bound.Verdict) {
	r.Predict, r.PA, r.PB, r.Radius, r.W, r.Looks = v.Class, v.PA, v.PB, v.Radius, v.W, v.Looks
}

// check verifies that a record from a file follows from its counts and the
// header.
func (r Record) check(h Header, stats bound.Statistics) error {
	if r.Kind != kindImage {
		return fmt.Errorf("a line of the kind %q stands where an image is expected", r.Kind)
	}
	if r.Label < -1 || r.Label >= h.Classes {
		return fmt.Errorf("label %d is not one of %d classes", r.Label, h.Classes)
	}
	if err := r.Selection.check(h.Classes); err != nil {
		return fmt.Errorf("selection: %w", err)
	}
	if err := r.Estimation.check(h.Classes); err != nil {
		return fmt.Errorf("estimation: %w", err)
	}
	if r.Stopped != "" && (r.Stopped != StoppedWrongClass || !h.AccuracyOnly) {
		return fmt.Errorf("it stopped for %q, which the header does not allow", r.Stopped)
	}
	if r.Selection.N != h.N0 {
		return fmt.Errorf("%d samples selected the class instead of %d", r.Selection.N, h.N0)
	}
	again := r
	if again.Choose(h.AccuracyOnly) != (r.Stopped != "") {
		return errors.New("the label and the stop do not agree")
	}
	if r.Stopped != "" {
		if r.Estimation.N != 0 {
			return fmt.Errorf("%d samples were drawn instead of none", r.Estimation.N)
		}
	} else if err := again.replay(h, stats); err != nil {
		return err
	}
	if d := r.difference(again); d != "" {
		return errors.New(d)
	}
	return nil
}

// replay repeats the trial of a record with its counts.
func (r *Record) replay(h Header, stats bound.Statistics) error {
	trial := stats.Begin(h.Params().Draw(r.Image, r.Pixels))
	samples, hits, looks := 0, 0, 0
	for due := trial.Due(); due != 0 && due <= r.Estimation.N; due = trial.Due() {
		n := r.Estimation.Counts.Of(r.Selected)
		if h.Method == bound.MethodAnytime {
			if looks == len(r.Looks) {
				return fmt.Errorf("%d looks are recorded for %d samples", looks, r.Estimation.N)
			}
			n = strings.IndexByte(bound.LookDigits, r.Looks[looks])
			if n < 0 || n > due-samples {
				return fmt.Errorf("look %d has the impossible digit %q", looks, r.Looks[looks])
			}
		}
		samples, hits, looks = due, hits+n, looks+1
		trial.Look(hits)
	}
	if due := trial.Due(); due != 0 || samples != r.Estimation.N {
		return fmt.Errorf("%d samples were drawn instead of %d", r.Estimation.N, max(due, samples))
	}
	if err := r.checkLooks(); err != nil {
		return err
	}
	r.Conclude(trial.Verdict(r.Selected, r.Estimation.Counts))
	return nil
}

// checkLooks compares the hits of the looks with those of the blocks.
func (r *Record) checkLooks() error {
	const each = BlockSize / bound.LookEvery
	for i, block := range r.Estimation.Blocks {
		if r.Looks == "" {
			return nil
		}
		hits, want := 0, block.Counts.Of(r.Selected)
		for _, c := range []byte(r.Looks[min(i*each, len(r.Looks)):min((i+1)*each, len(r.Looks))]) {
			hits += strings.IndexByte(bound.LookDigits, c)
		}
		if r.Selected == bound.NoClass {
			want = 0
		}
		if hits != want {
			return fmt.Errorf("the looks have %d samples of the selected class in block %d, its counts %d", hits, i, want)
		}
	}
	return nil
}

// difference describes the difference between a record and its replay.
func (r Record) difference(again Record) string {
	optional := func(d *decimal.Decimal) string {
		if d == nil {
			return "none"
		}
		return d.String()
	}
	switch {
	case r.Selected != again.Selected || r.Predict != again.Predict || r.PA.Cmp(again.PA) != 0 || r.Radius.Cmp(again.Radius) != 0:
		return fmt.Sprintf("the counts give class %d, pA %s and radius %s, not class %d, pA %s and radius %s",
			again.Predict, again.PA, again.Radius, r.Predict, r.PA, r.Radius)
	case optional(r.PB) != optional(again.PB):
		return fmt.Sprintf("the counts give pB %s, not %s", optional(again.PB), optional(r.PB))
	case (r.W == nil) != (again.W == nil) || r.W != nil && *r.W != *again.W:
		return "the random number w is not that of the seed and the image"
	case r.Looks != again.Looks:
		return fmt.Sprintf("%d looks are recorded instead of %d", len(r.Looks), len(again.Looks))
	}
	return ""
}
