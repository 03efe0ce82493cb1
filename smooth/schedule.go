package smooth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// scheduler keeps the classifier's batches full. It fills each batch with
// samples of the oldest unfinished images, each up to its next look, and starts
// a new image if those need no more samples. So batches mix images, few images
// are in flight, and every image gets its samples 0..n0-1 and 0, 1, 2, ... in
// order for any batch size. If no image may be started, a batch is filled with
// samples beyond the next look. Those after the look that ends an image are
// discarded.
type scheduler struct {
	classifier Classifier
	noise      Noise
	params     certificate.Params
	stats      bound.Statistics
	batch      int

	open    func() (index int, img certificate.Image, ok bool, err error) // next image
	emit    func(certificate.Line, time.Duration) error                   // images in order
	batched func(samples int)                                             // after each batch
	answers *answers                                                      // answers of this and an earlier run on disk; nil for none

	flights   []*flight
	exhausted bool
	asks      []ask // of the next batch
	jobs      []Job
	out       []int32
}

// ask is a sample of an image.
type ask struct {
	job   Job
	owner *flight
}

// run certifies all images that open returns.
func (s *scheduler) run(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.fill(); err != nil {
			return err
		}
		if len(s.jobs) == 0 && len(s.flights) == 0 {
			return nil
		}
		if len(s.jobs) > 0 { // otherwise an earlier run classified all samples in flight
			if err := s.classify(ctx); err != nil {
				return err
			}
		}
		if err := s.land(); err != nil {
			return err
		}
		if len(s.jobs) > 0 {
			s.batched(len(s.jobs))
		}
	}
}

// classify runs the classifier on a batch, stores the answers and gives them to
// the images in the order of the jobs.
func (s *scheduler) classify(ctx context.Context) error {
	start := time.Now()
	s.out = append(s.out[:0], make([]int32, len(s.jobs))...)
	if err := s.classifier.Classify(ctx, s.jobs, s.noise, s.out); err != nil {
		return err
	}
	if err := checkAnswers(s.jobs, s.out, s.classifier.Classes()); err != nil {
		return err
	}
	share := time.Since(start) / time.Duration(len(s.jobs))
	if s.answers != nil {
		if err := s.answers.append(s.asks, s.out, share); err != nil {
			return err
		}
	}
	for i, a := range s.asks {
		a.owner.spent += share
		a.owner.take(a.job.Stream, s.out[i])
	}
	return nil
}

// fill collects the jobs of the next batch, grouped by stream.
func (s *scheduler) fill() error {
	s.asks = s.asks[:0]
	for i := 0; len(s.asks) < s.batch; i++ {
		if i == len(s.flights) {
			opened, err := s.openNext()
			if err != nil {
				return err
			}
			if !opened {
				break
			}
		}
		f := s.flights[i]
		s.ask(f, f.trial.Due())
	}
	for _, f := range s.flights {
		// At most as many again as were counted, so at most half is discarded.
		s.ask(f, min(f.trial.Due()+f.estimation.done.N, s.params.N))
	}
	slices.SortStableFunc(s.asks, func(a, b ask) int { return cmp.Compare(a.job.Stream, b.job.Stream) })
	s.jobs = s.jobs[:0]
	for _, a := range s.asks {
		s.jobs = append(s.jobs, a.job)
	}
	return nil
}

// openNext starts an image, unless there is none or too many are in flight.
// The limit bounds the number of finished images that wait for a slow one.
func (s *scheduler) openNext() (bool, error) {
	if s.exhausted || len(s.flights) > 0 && len(s.flights) >= s.window() {
		return false, nil
	}
	index, img, ok, err := s.open()
	var lost *certificate.UndecodableError
	if errors.As(err, &lost) {
		f := s.begin(index, certificate.Image{})
		f.left, f.finished = lost.LeftOut(index), true
		s.flights = append(s.flights, f)
		return true, nil
	}
	if err != nil {
		return false, err
	}
	if !ok {
		s.exhausted = true
		return false, nil
	}
	if classes := s.classifier.Classes(); img.Label < -1 || img.Label >= classes {
		return false, fmt.Errorf("image %d has the label %d, but the classifier has %d classes", index, img.Label, classes)
	}
	var f *flight
	if s.answers != nil {
		if f, err = s.answers.known(index, img); err != nil {
			return false, err
		}
	}
	if f == nil {
		f = s.begin(index, img)
	}
	s.flights = append(s.flights, f)
	return true, nil
}

// begin starts an image.
func (s *scheduler) begin(index int, img certificate.Image) *flight {
	return newFlight(&s.params, s.classifier.Classes(), s.stats.Begin(s.params.Draw(index, img.Pixels)), index, img)
}

// window is the largest number of images in flight: twice as many as fill a
// batch with the smallest number of samples per image.
func (s *scheduler) window() int {
	least := min(s.params.N0, s.params.N, bound.LookEvery)
	return 2 * ((s.batch + least - 1) / least)
}

// ask adds jobs of an image while the batch has space: selection, then
// estimation up to a number of samples.
func (s *scheduler) ask(f *flight, samples int) {
	add := func(kind int, stream philox.Stream, n int) {
		for f.asked[kind] < n && len(s.asks) < s.batch {
			s.asks = append(s.asks, ask{Job{Image: f.rec.Image, Stream: stream, Sample: uint32(f.asked[kind]), Key: f.key}, f})
			f.asked[kind]++
		}
	}
	if f.finished {
		return
	}
	add(0, philox.SelectionNoise, s.params.N0)
	if s.params.AccuracyOnly && f.rec.Label >= 0 && !f.chosen() {
		return // whether to estimate depends on the selection
	}
	add(1, philox.EstimationNoise, samples)
}

// land emits the finished images before the first unfinished one.
func (s *scheduler) land() error {
	for len(s.flights) > 0 && s.flights[0].finished {
		f := s.flights[0]
		s.flights = s.flights[1:]
		if err := s.emit(f.line(), f.spent); err != nil {
			return err
		}
	}
	if s.answers != nil {
		return s.answers.tidy(s.flights)
	}
	return nil
}
