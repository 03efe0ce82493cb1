package smooth

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math"
	"os"
	"time"

	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// Task certifies a set of images of a data set and writes the certificate, its
// timing and its table; see certificate.Files for the names.
//
// A run that was interrupted, by a cancelled context or a killed process,
// leaves its finished images in partial files, and the answers of the
// classifier for the images that were under way. Running the same task again
// verifies those, goes on behind them and ends in the bytes of an undisturbed
// run; nothing is asked again but the batch that was being classified. Running
// a finished task again does nothing.
type Task struct {
	certificate.Params
	certificate.Subject

	Classifier Classifier

	// Describe returns the label and the digest of an image. It is called for
	// each image once a run, before its first job. An image that cannot be
	// decoded is an *UndecodableError: it is left out, and has a line that says so.
	Describe func(index int) (certificate.Image, error)

	// MaxLeftOut is the number of images that may be left out; one more ends the
	// run.
	MaxLeftOut int

	// Shard, if set, certifies a part of the images, for Merge.
	Shard *certificate.Shard

	// Out is the path of the certificate, such as certify.jsonl.
	Out string

	// Batch is the number of jobs of a call; 0 means what the classifier
	// prefers.
	Batch int

	// Machine describes what the run is made on; it goes to the timing file.
	Machine string

	// Progress, if set, is called after each batch.
	Progress func(Progress)

	// Note, if set, gets a sentence about what a user may want to know: that
	// the run goes on where another stopped, that a torn line was dropped.
	Note func(string)
}

// Progress says how far a run is.
type Progress struct {
	Images, Total int           // images finished, with those of earlier runs, and to do in all
	Samples       int           // samples classified in this run
	Elapsed       time.Duration // since this run started classifying
	Rate          float64       // samples per second in this run
	Remaining     time.Duration // if the other images take as long, or, before one is finished, all their samples
}

// Run certifies the images. It returns the context's error, wrapped, when it
// is cancelled; the finished images are kept then.
func (t Task) Run(ctx context.Context) error {
	if err := checkClassifier(t.Classifier); err != nil {
		return err
	}
	if t.Describe == nil || t.Out == "" {
		return errors.New("a certification needs a description of its images and the path of its output")
	}
	if t.Derived != nil && t.Derived.Model != "" && t.Derived.Model != t.Model {
		return fmt.Errorf("the noise is derived from the model %s, but the model certified is %s", t.Derived.Model, t.Model)
	}
	header := certificate.NewHeader(t.Params, t.Classifier.Classes(), t.Subject)
	header.Shard = t.Shard
	t.Params = header.Params() // with the model that noise is derived from
	stats, err := bound.New(t.Plan, t.Classifier.Classes())
	if err != nil {
		return err
	}
	noise, err := NoiseOf(t.Params)
	if err != nil {
		return err
	}
	if err := noise.Check(t.Classifier); err != nil {
		return err
	}
	if t.Note == nil {
		t.Note = func(string) {}
	}
	files := certificate.FilesFor(t.Out)
	w, err := certificate.NewWriter(files, header, t.Describe, t.Note)
	if err != nil {
		return err
	}
	defer w.Close()
	if w.Complete() {
		t.Note(files.Certificate + " is complete already")
		return nil
	}
	if err := w.Machine(t.Machine, t.batch()); err != nil {
		return err
	}
	if err := t.classify(ctx, w, stats, noise, answersPath(files)); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("stopped after %d of %d images, which are kept in %s, with what is known of the next ones: run the same command again to go on: %w", w.Images(), header.Due(), files.Partial(), err)
		}
		return err
	}
	return w.Finish()
}

func (t Task) batch() int {
	if t.Batch > 0 {
		return t.Batch
	}
	return max(t.Classifier.BatchSize(), 1)
}

// classify runs the scheduler over the images that have no line yet.
func (t Task) classify(ctx context.Context, w *certificate.Writer, stats bound.Statistics, noise Noise, answers string) error {
	header := w.Header()
	total := header.Due()
	next, stop := iter.Pull(w.Due())
	defer stop()
	start, samples, before := time.Now(), 0, w.Images()
	leaving := Leaving{Limit: t.MaxLeftOut, Count: w.LeftOut(), Note: t.Note}
	s := &scheduler{
		classifier: t.Classifier, params: t.Params, stats: stats, batch: t.batch(),
		noise: noise,
		emit:  w.Append,
		open: func() (int, certificate.Image, bool, error) {
			index, ok := next()
			if !ok {
				return 0, certificate.Image{}, false, nil
			}
			img, err := t.Describe(index)
			if errors.As(err, new(*certificate.UndecodableError)) {
				if header.Schema == certificate.Schema1 {
					return index, img, true, fmt.Errorf("image %d cannot be left out of a certificate in the format %s: %s", index, certificate.Schema1, oneLine(err))
				}
				if tooMany := leaving.Add(index, err); tooMany != nil {
					err = tooMany
				}
			}
			return index, img, true, err
		},
		batched: func(n int) {
			samples += n
			if t.Progress == nil {
				return
			}
			p := Progress{Images: w.Images(), Total: total, Samples: samples, Elapsed: time.Since(start)}
			p.Rate = float64(samples) / max(p.Elapsed.Seconds(), 1e-9)
			left := float64(total-w.Images()) * float64(t.N0+t.N) / max(p.Rate, 1e-9)
			if done := w.Images() - before; done > 0 {
				left = float64(total-w.Images()) * p.Elapsed.Seconds() / float64(done)
			}
			p.Remaining = time.Duration(min(left, 1e9) * float64(time.Second))
			t.Progress(p)
		},
	}
	due := math.MaxInt
	for due = range w.Due() {
		break
	}
	var err error
	if s.answers, err = openAnswers(answers, header, due, s.begin, t.Note); err != nil {
		return err
	}
	defer s.answers.close()
	if err := s.run(ctx); err != nil {
		return err
	}
	return s.answers.remove()
}

// Discard removes the outputs of a task and what it left of itself when it was
// stopped, so that the next run begins anew. No run may be under way.
func Discard(files certificate.Files) error {
	outputs := []string{files.Certificate, files.Timing, files.TSV}
	for _, path := range append(outputs, files.Partial(), files.PartialTiming(), answersPath(files)) {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot begin a certification anew: %w", err)
		}
	}
	return nil
}
