package certify

import (
	"context"
	"errors"
	"fmt"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/bound"
)

// Classifier adapts a model to the certifier: it draws the noise of a job on
// the backend and answers with the class of the largest logit. It implements
// [smooth.PixelClassifier].
//
// Under integer noise the base classifier is everything after the table of
// network inputs: resizing to the model's resolution, normalisation, the
// network, and the choice of the largest logit.
type Classifier struct {
	model  Model
	batch  int
	source source
	split  func(tasks int, f func(lane, task int))
	tapes  []*autograd.Tape // of the lanes
	errs   []error          // of the lanes
	inputs inputs

	// The current batch, and answerShare as a function value that is created
	// once.
	jobs  []smooth.Job
	noise smooth.Noise
	out   []int32
	share int // jobs that a lane processes at a time
	task  func(lane, task int)

	asked   int         // noisy copies so far
	without map[int]int // those without a class, by image
}

// laneShare is the largest number of noisy copies that a lane processes at a
// time: enough rows for the matrix products, few enough for the second-level
// cache.
const laneShare = 8

var _ smooth.PixelClassifier = (*Classifier)(nil)

// NewClassifier returns the adapter of a model for images that are 8-bit
// integers: bytes returns the pixels [C, h, w] of an image at the model's
// resolution. It answers under integer noise (pixelnoise.Gaussian), and under
// float noise on bytes/255. batch is the number of noisy copies that are
// classified at once, which affects speed and memory but no answer. On a
// backend with lanes the copies are divided into small shares, each of which
// is classified by the whole network on one lane.
func NewClassifier(m Model, bytes func(image int) ([]byte, error), batch int) *Classifier {
	return newClassifier(m, source{bytes: bytes}, batch)
}

// NewFloatClassifier is NewClassifier for pixels that are not 8-bit integers:
// pixels returns an image in [0,1]. It answers under float noise only.
func NewFloatClassifier(m Model, pixels func(image int) ([]float32, error), batch int) *Classifier {
	return newClassifier(m, source{floats: pixels}, batch)
}

func newClassifier(m Model, from source, batch int) *Classifier {
	batch = max(1, min(batch, m.MaxBatch()))
	c := &Classifier{
		model: m, batch: batch, source: from, inputs: newInputs(batch, data.NewInput(m.Input())), without: map[int]int{},
	}
	c.task = c.answerShare
	lanes := []ops.Backend{m.Backend()}
	if b, ok := lanes[0].(ops.Splitter); ok {
		lanes, c.split = b.Lanes(), b.Split
	}
	for _, b := range lanes {
		c.tapes = append(c.tapes, autograd.NewInference(b))
	}
	c.errs = make([]error, len(lanes))
	return c
}

// TakesPixelNoise returns an error when the images are not 8-bit integers.
func (c *Classifier) TakesPixelNoise() error {
	if c.source.bytes == nil {
		return errors.New("the images are float pixels, and integer noise is for 8-bit ones: use float noise, or images that are resized and cropped as integers")
	}
	return nil
}

// Classes returns the number of classes.
func (c *Classifier) Classes() int { return c.model.Classes() }

// BatchSize returns the number of jobs that are answered at once.
func (c *Classifier) BatchSize() int { return c.batch }

// Classify answers the jobs; see [smooth.Classifier].
func (c *Classifier) Classify(ctx context.Context, jobs []smooth.Job, noise smooth.Noise, out []int32) error {
	for len(jobs) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		// All jobs of a batch have one stream: it is an attribute of the noise,
		// not an input.
		n := 1
		for n < min(len(jobs), c.batch) && jobs[n].Stream == jobs[0].Stream {
			n++
		}
		if err := c.classify(jobs[:n], noise, out[:n]); err != nil {
			return err
		}
		jobs, out = jobs[n:], out[n:]
	}
	return nil
}

// classify answers at most a batch of jobs of one stream.
func (c *Classifier) classify(jobs []smooth.Job, noise smooth.Noise, out []int32) error {
	if err := c.load(jobs, noise); err != nil {
		return err
	}
	clear(c.errs)
	n, b := len(jobs), c.model.Backend()
	scope := b.Mark()
	defer b.Release(scope)
	c.inputs.share(b)
	c.jobs, c.noise, c.out, c.share = jobs, noise, out, n
	defer func() { c.jobs, c.out = nil, nil }()
	if c.split == nil {
		c.answerShare(0, 0)
	} else {
		c.share = min((n+len(c.tapes)-1)/len(c.tapes), laneShare)
		c.split((n+c.share-1)/c.share, c.task)
	}
	if err := errors.Join(c.errs...); err != nil {
		return err
	}
	c.asked += n
	for i, job := range jobs {
		if out[i] == bound.NoClass {
			c.without[job.Image]++
		}
	}
	return nil
}

// answerShare answers one share of the batch on one lane.
func (c *Classifier) answerShare(lane, task int) {
	from := task * c.share
	n := min(c.share, len(c.jobs)-from)
	t := c.tapes[lane]
	scope := t.Backend().Mark()
	defer t.Backend().Release(scope)
	defer t.Reset()
	noisy := c.inputs.noisy(t, from, n, c.noise, c.jobs[0].Stream)
	c.errs[lane] = errors.Join(c.errs[lane], c.answers(t, c.model.Logits(t, t.Const(noisy)), from, n))
}

// Unanswered says in a sentence how many noisy copies have no class so far,
// because none of the model's scores for them was a finite number; "" if all
// have one.
func (c *Classifier) Unanswered() string {
	copies := 0
	for _, n := range c.without {
		copies += n
	}
	if copies == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d noisy copies, of %d images, got no answer, because the model's scores for them are not finite numbers; they count against every class", copies, c.asked, len(c.without))
}
