package dmae

import (
	"context"
	"errors"
	"math"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/tensor"
)

// SmoothClassifier lends a classifier to the certifier: it draws the noise of
// a job on the backend and answers with the class of the largest logit. It
// implements [smooth.Classifier].
type SmoothClassifier struct {
	model  *Classifier
	pixels func(image int) ([]float32, error)
	bytes  func(image int) ([]byte, error)
	batch  int
	split  func(tasks int, f func(lane, task int))
	tapes  []*autograd.Tape // of the lanes
	errs   []error          // of the lanes

	clean  []float32
	stored []int32
	a, b   []int32
	seeds  []int32 // two words for each job, under derived noise
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

var _ smooth.PixelClassifier = (*SmoothClassifier)(nil)

// NewSmoothClassifier returns the adapter of a model. pixels returns an image
// [C, h, w] in [0,1] at the data's resolution; batch is the number of noisy
// copies that are classified at once, which changes speed and memory and no
// answer. A backend with lanes gets the copies in small shares, each of
// which runs through the whole network on one lane.
func NewSmoothClassifier(m *Classifier, pixels func(image int) ([]float32, error), batch int) *SmoothClassifier {
	batch = m.Config.Batch(batch)
	s := &SmoothClassifier{
		model:  m,
		pixels: pixels,
		batch:  batch,
		clean:  make([]float32, batch*m.Config.Pixels()),
		a:      make([]int32, batch),
		b:      make([]int32, batch),
		seeds:  make([]int32, 2*batch),
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

// NewPixelClassifier returns the adapter of a model for images that are 8-bit
// integers: bytes returns the pixels [C, h, w] of an image at the data's
// resolution. It answers under integer noise ([smooth.PixelNoise]), and under
// float noise on bytes/255.
//
// Under integer noise the base classifier is everything from the table of
// network inputs on: resizing to the model's resolution, normalisation, the
// network, and the choice of the largest logit.
func NewPixelClassifier(m *Classifier, bytes func(image int) ([]byte, error), batch int) *SmoothClassifier {
	var scaled []float32
	s := NewSmoothClassifier(m, func(image int) ([]float32, error) {
		stored, err := bytes(image)
		scaled = scaled[:0]
		for _, v := range stored {
			scaled = append(scaled, float32(v)/255)
		}
		return scaled, err
	}, batch)
	s.bytes = bytes
	s.stored = make([]int32, len(s.clean))
	return s
}

// TakesPixelNoise returns an error when the images are not 8-bit integers.
func (s *SmoothClassifier) TakesPixelNoise() error {
	if s.bytes == nil {
		return errors.New("the images are float pixels, and integer noise is for 8-bit ones: use float noise, or images that are resized and cropped as integers")
	}
	return nil
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
	if err := s.load(jobs, noise); err != nil {
		return err
	}
	clear(s.errs)
	n := len(jobs)
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
	upload := func(dtype tensor.DType, v any, shape tensor.Shape) *tensor.Tensor {
		x := b.New(dtype, shape)
		b.Upload(x, v)
		return x
	}
	ids := func(v []int32) *tensor.Tensor { return upload(tensor.I32, v[from:from+n], tensor.Of(n)) }
	images := tensor.Of(n, c.Channels, c.DataSize, c.DataSize)
	addr := philox.Addr{Seed: s.noise.Seed, Stream: s.jobs[0].Stream}
	var noisy, seeds *tensor.Tensor
	if s.noise.Derived {
		seeds = upload(tensor.I32, s.seeds[2*from:2*(from+n)], tensor.Of(n, 2))
	}
	if s.noise.Pixels != nil {
		stored := upload(tensor.I32, s.stored[from*size:(from+n)*size], images)
		noisy = CorruptPixelsKeyed(t, stored, ids(s.a), ids(s.b), seeds, s.noise.Pixels, addr)
	} else {
		clean := upload(b.Float(), s.clean[from*size:(from+n)*size], images)
		noisy = CorruptKeyed(t, clean, ids(s.a), ids(s.b), seeds, float64(s.noise.Sigma), addr)
	}
	logits := s.logits[from*c.Classes : (from+n)*c.Classes]
	if err := b.Download(logits, s.model.Logits(t, t.Const(noisy)).Value); err != nil {
		s.errs[lane] = err
		return
	}
	for i := range n {
		s.out[from+i] = argmax(logits[i*c.Classes : (i+1)*c.Classes])
	}
}

// load collects the pixels and addresses of the jobs.
func (s *SmoothClassifier) load(jobs []smooth.Job, noise smooth.Noise) error {
	if noise.Pixels != nil {
		if err := s.TakesPixelNoise(); err != nil {
			return err
		}
	}
	c := &s.model.Config
	size := c.Pixels()
	for i, job := range jobs {
		addr := noise.Addr(job)
		s.a[i], s.b[i] = int32(addr.A), int32(addr.B)
		s.seeds[2*i], s.seeds[2*i+1] = int32(addr.Seed), int32(addr.Seed>>32)
		got, err := s.loadImage(i, job.Image, noise.Pixels != nil)
		if err != nil {
			return err
		}
		if got != size {
			return &ImageSizeError{Image: job.Image, Got: got, Want: [3]int{c.Channels, c.DataSize, c.DataSize}}
		}
	}
	return nil
}

// loadImage copies an image to place i of the batch and returns its number of
// pixels.
func (s *SmoothClassifier) loadImage(i, image int, integers bool) (int, error) {
	size := s.model.Config.Pixels()
	if !integers {
		pixels, err := s.pixels(image)
		copy(s.clean[i*size:(i+1)*size], pixels)
		return len(pixels), err
	}
	stored, err := s.bytes(image)
	for p, v := range stored[:min(len(stored), size)] {
		s.stored[i*size+p] = int32(v)
	}
	return len(stored), err
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
