package smooth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/godmae/godmae/internal/philox"
)

// Image is what a certificate records about an image besides the counts.
type Image struct {
	Label  int    // -1 when unknown
	Pixels Digest // SHA-256 of the image before noise
}

// flight is an image whose samples are being classified.
type flight struct {
	rec        Record
	selection  *tally
	estimation *tally
	asked      [2]int // samples handed to the classifier: selection, estimation
	answered   int    // samples answered, both kinds
	spent      time.Duration
	finished   bool
}

// scheduler keeps the classifier's batches full. It fills each batch from the
// oldest unfinished images first and opens a new image when those have nothing
// to ask: so batches mix images, few images are in flight, and every image
// gets exactly its samples 0..n0-1 and 0..n-1 whatever the batch size is.
type scheduler struct {
	classifier Classifier
	noise      Noise
	params     Params
	stats      *Cohen
	batch      int

	open    func() (index int, img Image, ok bool, err error) // next image
	emit    func(Record, time.Duration) error                 // images in order
	batched func(samples int)                                 // after each batch

	flights   []*flight
	exhausted bool
	jobs      []Job
	owner     []*flight // of each job
	out       []int32
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
		if len(s.jobs) == 0 {
			return nil
		}
		start := time.Now()
		s.out = append(s.out[:0], make([]int32, len(s.jobs))...)
		if err := s.classifier.Classify(ctx, s.jobs, s.noise, s.out); err != nil {
			return err
		}
		if err := checkAnswers(s.jobs, s.out, s.classifier.Classes()); err != nil {
			return err
		}
		if err := s.deliver(time.Since(start)); err != nil {
			return err
		}
		s.batched(len(s.jobs))
	}
}

// fill collects the jobs of the next batch.
func (s *scheduler) fill() error {
	s.jobs, s.owner = s.jobs[:0], s.owner[:0]
	for i := 0; len(s.jobs) < s.batch; i++ {
		if i == len(s.flights) {
			if s.exhausted {
				return nil
			}
			index, img, ok, err := s.open()
			if err != nil {
				return err
			}
			if !ok {
				s.exhausted = true
				return nil
			}
			classes := s.classifier.Classes()
			if img.Label < -1 || img.Label >= classes {
				return fmt.Errorf("image %d has the label %d, but the classifier has %d classes", index, img.Label, classes)
			}
			s.flights = append(s.flights, &flight{
				rec:       Record{Image: index, Label: img.Label, Pixels: img.Pixels},
				selection: newTally(classes), estimation: newTally(classes),
			})
		}
		s.ask(s.flights[i])
	}
	return nil
}

// ask adds as many jobs of an image as the batch has room for.
func (s *scheduler) ask(f *flight) {
	add := func(kind int, stream philox.Stream, n int) {
		for f.asked[kind] < n && len(s.jobs) < s.batch {
			s.jobs = append(s.jobs, Job{Image: f.rec.Image, Stream: stream, Sample: uint32(f.asked[kind])})
			s.owner = append(s.owner, f)
			f.asked[kind]++
		}
	}
	if f.finished {
		return
	}
	add(0, philox.SelectionNoise, s.params.N0)
	if s.params.AccuracyOnly && f.rec.Label >= 0 && f.selection.done.N < s.params.N0 {
		return // whether to estimate depends on the selection
	}
	add(1, philox.EstimationNoise, s.params.N)
}

// deliver hands the answers to their images, in the order asked, and emits the
// images that are finished and have no unfinished one before them.
func (s *scheduler) deliver(spent time.Duration) error {
	share := spent / time.Duration(len(s.jobs))
	for i, f := range s.owner {
		f.spent += share
		f.answered++
		if s.jobs[i].Stream == philox.SelectionNoise {
			f.selection.add(s.out[i])
		} else {
			f.estimation.add(s.out[i])
		}
		if f.answered == f.asked[0]+f.asked[1] && f.answered >= s.params.N0 {
			s.conclude(f)
		}
	}
	for len(s.flights) > 0 && s.flights[0].finished {
		f := s.flights[0]
		s.flights = s.flights[1:]
		if err := s.emit(f.rec, f.spent); err != nil {
			return err
		}
	}
	return nil
}

// conclude finishes an image if it has all its samples.
func (s *scheduler) conclude(f *flight) {
	rec := &f.rec
	if f.estimation.done.N < s.params.N {
		if !s.params.AccuracyOnly || rec.Label < 0 || f.estimation.done.N > 0 {
			return
		}
		rec.Selection = f.selection.sampling()
		if s.stats.Select(rec.Selection.Counts) == rec.Label {
			return
		}
		rec.Stopped = StoppedWrongClass
	}
	rec.Selection, rec.Estimation = f.selection.sampling(), f.estimation.sampling()
	rec.conclude(s.stats)
	f.finished = true
}

// checkClassifier refuses a classifier that the file format cannot hold.
func checkClassifier(c Classifier) error {
	if c == nil {
		return errors.New("there is no classifier to certify")
	}
	if k := c.Classes(); k < 1 || k > maxClasses {
		return fmt.Errorf("the classifier has %d classes; 1 to %d can be certified", k, maxClasses)
	}
	return nil
}
