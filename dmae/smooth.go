package dmae

import (
	"context"
	"errors"
	"math"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/internal/philox"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/tensor"
)

// SmoothClassifier lends a classifier to the certifier: it draws the noise of
// a job on the backend and answers with the class of the largest logit. It
// implements [smooth.Classifier].
type SmoothClassifier struct {
	model  *Classifier
	pixels func(image int) ([]float32, error)
	batch  int
	split  func(tasks int, f func(lane, task int))
	tapes  []*autograd.Tape // of the lanes
	errs   []error          // of the lanes

	clean  []float32
	a, b   []int32
	logits []float32

	// The batch being answered, and answerShare bound once.
	jobs  []smooth.Job
	noise smooth.Noise
	out   []int32
	share int // jobs that a lane takes at a time
	task  func(lane, task int)
}

// laneShare is the most noisy copies that a lane takes at a time: enough rows
// for the matrix products, few enough for the second level cache.
const laneShare = 8

var _ smooth.Classifier = (*SmoothClassifier)(nil)

// NewSmoothClassifier returns the adapter of a model. pixels returns an image
// [C, h, w] in [0,1] at the data's resolution; batch is the number of noisy
// copies that are classified at once, which changes speed and memory and no
// answer. A backend with lanes gets the copies in small shares, each of
// which runs through the whole network on one lane.
func NewSmoothClassifier(m *Classifier, pixels func(image int) ([]float32, error), batch int) *SmoothClassifier {
	batch = max(batch, 1)
	s := &SmoothClassifier{
		model:  m,
		pixels: pixels,
		batch:  batch,
		clean:  make([]float32, batch*m.Config.Pixels()),
		a:      make([]int32, batch),
		b:      make([]int32, batch),
		logits: make([]float32, batch*m.Config.Classes),
	}
	s.task = s.answerShare
	lanes := []ops.Backend{m.Params.Backend()}
	if b, ok := lanes[0].(ops.Splitter); ok {
		lanes, s.split = b.Lanes(), b.Split
	}
	for _, b := range lanes {
		s.tapes = append(s.tapes, autograd.NewInference(b))
	}
	s.errs = make([]error, len(lanes))
	return s
}

// Classes returns the number of classes.
func (s *SmoothClassifier) Classes() int { return s.model.Config.Classes }

// BatchSize returns the number of jobs that are answered at once.
func (s *SmoothClassifier) BatchSize() int { return s.batch }

// Classify answers the jobs; see [smooth.Classifier].
func (s *SmoothClassifier) Classify(ctx context.Context, jobs []smooth.Job, noise smooth.Noise, out []int32) error {
	for len(jobs) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		// A batch has one stream: it is an attribute of the noise, not an input.
		n := 1
		for n < min(len(jobs), s.batch) && jobs[n].Stream == jobs[0].Stream {
			n++
		}
		if err := s.classify(jobs[:n], noise, out[:n]); err != nil {
			return err
		}
		jobs, out = jobs[n:], out[n:]
	}
	return nil
}

// classify answers at most a batch of jobs of one stream.
func (s *SmoothClassifier) classify(jobs []smooth.Job, noise smooth.Noise, out []int32) error {
	c := &s.model.Config
	n, size := len(jobs), c.Pixels()
	for i, job := range jobs {
		pixels, err := s.pixels(job.Image)
		if err != nil {
			return err
		}
		if len(pixels) != size {
			return &ImageSizeError{Image: job.Image, Got: len(pixels), Want: [3]int{c.Channels, c.DataSize, c.DataSize}}
		}
		copy(s.clean[i*size:], pixels)
		addr := noise.Addr(job)
		s.a[i], s.b[i] = int32(addr.A), int32(addr.B)
	}
	clear(s.errs)
	s.jobs, s.noise, s.out, s.share = jobs, noise, out, n
	defer func() { s.jobs, s.out = nil, nil }()
	if s.split == nil {
		s.answerShare(0, 0)
	} else {
		s.share = min((n+len(s.tapes)-1)/len(s.tapes), laneShare)
		s.split((n+s.share-1)/s.share, s.task)
	}
	return errors.Join(s.errs...)
}

// answerShare answers one share of the batch on one lane.
func (s *SmoothClassifier) answerShare(lane, task int) {
	c := &s.model.Config
	from := task * s.share
	n := min(s.share, len(s.jobs)-from)
	t, size := s.tapes[lane], c.Pixels()
	b := t.Backend()
	scope := b.Mark()
	defer b.Release(scope)
	defer t.Reset()
	images := b.New(b.Float(), tensor.Of(n, c.Channels, c.DataSize, c.DataSize))
	b.Upload(images, s.clean[from*size:(from+n)*size])
	ids := func(v []int32) *tensor.Tensor {
		t := b.New(tensor.I32, tensor.Of(n))
		b.Upload(t, v[from:from+n])
		return t
	}
	addr := philox.Addr{Seed: s.noise.Seed, Stream: s.jobs[0].Stream}
	noisy := Corrupt(t, images, ids(s.a), ids(s.b), float64(s.noise.Sigma), addr)
	logits := s.logits[from*c.Classes : (from+n)*c.Classes]
	b.Download(logits, s.model.Logits(t, noisy, nil).Value)
	for i := range n {
		s.out[from+i] = argmax(logits[i*c.Classes : (i+1)*c.Classes])
	}
	if err := b.Sync(); err != nil {
		s.errs[lane] = err
	}
}

// argmax returns the position of the first largest number, or NoClass when no
// number is larger than -Inf. NaN never wins.
func argmax(v []float32) int32 {
	best, class := float32(math.Inf(-1)), int32(smooth.NoClass)
	for i, x := range v {
		if x > best {
			best, class = x, int32(i)
		}
	}
	return class
}
