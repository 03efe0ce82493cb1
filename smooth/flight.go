package smooth

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// flight is an image whose samples are being classified.
type flight struct {
	params     *certificate.Params
	rec        certificate.Record
	selection  *tally
	estimation *tally
	trial      bound.Trial
	hits       int    // estimation samples with the selected class
	looked     int    // hits at the trial's last look
	looks      []byte // hits since the previous look, a varint for each look
	asked      [2]int // samples sent to the classifier: selection, estimation
	spent      time.Duration
	finished   bool
	left       *certificate.LeftOut // if set, the image cannot be decoded, and has no samples
	key        uint64               // of its noise, if it is derived
}

// line returns the line of a finished image.
func (f *flight) line() certificate.Line { return certificate.Line{Record: f.rec, LeftOut: f.left} }

func newFlight(p *certificate.Params, classes int, trial bound.Trial, index int, img certificate.Image) *flight {
	return &flight{
		params: p, key: p.Key(img.Pixels),
		rec:       certificate.NewRecord(index, img),
		selection: newTally(classes), estimation: newTally(classes),
		trial: trial,
	}
}

// chosen reports whether all selection samples are classified.
func (f *flight) chosen() bool { return f.selection.done.N >= f.params.N0 }

// next returns the number of the next sample of a stream, and -1 if no more are
// needed.
func (f *flight) next(stream philox.Stream) int {
	switch {
	case stream == philox.SelectionNoise && !f.chosen():
		return f.selection.done.N
	case stream == philox.EstimationNoise && f.chosen() && !f.finished:
		return f.estimation.done.N
	}
	return -1
}

// take counts the next sample of a stream. Samples after the look that ends the
// image are discarded.
func (f *flight) take(stream philox.Stream, class int32) {
	if f.finished {
		return
	}
	if stream == philox.SelectionNoise {
		f.selection.add(class)
		if f.chosen() {
			f.choose()
		}
		return
	}
	f.estimation.add(class)
	if class != bound.NoClass && int(class) == f.rec.Selected {
		f.hits++
	}
	if f.estimation.done.N == f.trial.Due() {
		f.look()
	}
}

// choose selects the class after the last selection sample.
func (f *flight) choose() {
	rec := &f.rec
	rec.Selection = f.selection.sampling()
	if rec.Choose(f.params.AccuracyOnly) {
		rec.Estimation = noSamples()
		f.finished = true
	}
}

// look gives the hits to the trial and concludes a trial that needs no more
// samples.
func (f *flight) look() {
	f.looks = binary.AppendUvarint(f.looks, uint64(f.hits-f.looked))
	f.looked = f.hits
	f.trial.Look(f.hits)
	if f.trial.Due() == 0 {
		f.rec.Estimation = f.estimation.sampling()
		f.rec.Conclude(f.trial.Verdict(f.rec.Selected, f.rec.Estimation.Counts))
		f.finished = true
	}
}

// flightState is a flight in a file. It keeps full blocks of samples only as
// the certificate does.
type flightState struct {
	Image      int                `json:"image"`
	Label      int                `json:"label"`
	Pixels     certificate.Digest `json:"pixels"`
	Selection  tallyState         `json:"selection"`
	Estimation tallyState         `json:"estimation"`
	Looks      []byte             `json:"looks"`
	Spent      time.Duration      `json:"spent"`
}

func (f *flight) state() flightState {
	return flightState{
		Image: f.rec.Image, Label: f.rec.Label, Pixels: f.rec.Pixels,
		Selection: f.selection.state(), Estimation: f.estimation.state(),
		Looks: append([]byte{}, f.looks...), Spent: f.spent,
	}
}

var errState = errors.New("its samples, blocks and looks do not agree")

// restore sets a new flight to a saved state.
func (f *flight) restore(s flightState) error {
	short, err := f.selection.restore(s.Selection, f.params.N0)
	if err != nil {
		return fmt.Errorf("selection: %w", err)
	}
	if short && !f.chosen() {
		return errState
	}
	if f.chosen() {
		f.choose()
	}
	if short, err = f.estimation.restore(s.Estimation, f.params.N); err != nil {
		return fmt.Errorf("estimation: %w", err)
	}
	n := f.estimation.done.N
	if n > 0 && (f.finished || !f.chosen()) {
		return errState
	}
	all := 0 // hits
	if f.rec.Selected != bound.NoClass {
		all = f.estimation.count(f.rec.Selected)
	}
	seen := 0 // samples at the previous look
	for looks := s.Looks; len(looks) > 0; {
		more, size := binary.Uvarint(looks)
		due := f.trial.Due()
		if size <= 0 || f.finished || due > n || more > uint64(min(all-f.hits, due-seen)) {
			return errState
		}
		looks, seen = looks[size:], due
		f.hits += int(more)
		if f.look(); f.finished && due != n {
			return errState
		}
	}
	if short && !f.finished || !f.finished && f.chosen() && f.trial.Due() <= n || f.finished && n > 0 && f.hits != all {
		return errState
	}
	f.hits, f.spent = all, s.Spent
	f.asked = [2]int{f.selection.done.N, n}
	return nil
}
