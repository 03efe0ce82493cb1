package dmae

import (
	"context"
	"math"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/internal/philox"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/tensor"
)

// SmoothClassifier lends a classifier to the certifier: it draws the noise of
// a job on the backend and answers with the class of the largest logit. It
// implements [smooth.Classifier].
type SmoothClassifier struct {
	model  *Classifier
	tape   *autograd.Tape
	pixels func(image int) ([]float32, error)
	batch  int

	clean  []float32
	a, b   []int32
	logits []float32
}

var _ smooth.Classifier = (*SmoothClassifier)(nil)

// NewSmoothClassifier returns the adapter of a model. pixels returns an image
// [C, h, w] in [0,1] at the data's resolution; batch is the number of noisy
// copies that are classified at once, which changes speed and memory and no
// answer.
func NewSmoothClassifier(m *Classifier, pixels func(image int) ([]float32, error), batch int) *SmoothClassifier {
	batch = max(batch, 1)
	return &SmoothClassifier{
		model:  m,
		tape:   autograd.NewInference(m.Params.Backend()),
		pixels: pixels,
		batch:  batch,
		clean:  make([]float32, batch*m.Config.Pixels()),
		a:      make([]int32, batch),
		b:      make([]int32, batch),
		logits: make([]float32, batch*m.Config.Classes),
	}
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

	b := s.model.Params.Backend()
	scope := b.Mark()
	defer b.Release(scope)
	defer s.tape.Reset()
	images := b.New(b.Float(), tensor.Of(n, c.Channels, c.DataSize, c.DataSize))
	b.Upload(images, s.clean[:n*size])
	ids := func(v []int32) *tensor.Tensor {
		t := b.New(tensor.I32, tensor.Of(n))
		b.Upload(t, v[:n])
		return t
	}
	addr := philox.Addr{Seed: noise.Seed, Stream: jobs[0].Stream}
	noisy := Corrupt(s.tape, images, ids(s.a), ids(s.b), float64(noise.Sigma), addr)
	logits := s.model.Logits(s.tape, noisy, nil)
	b.Download(s.logits[:n*c.Classes], logits.Value)
	for i := range out {
		out[i] = argmax(s.logits[i*c.Classes : (i+1)*c.Classes])
	}
	return b.Sync()
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
