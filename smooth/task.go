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

	"github.com/godmae/godmae/internal/printable"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// Task certifies a set of images and writes the certificate, the timing file
// and the table; see certificate.Files for the names.
//
// An interrupted run, by a cancelled context or a killed process, leaves
// partial files with its finished images and the answers for the unfinished
// ones. Running the same task again verifies these files, continues, and ends
// with the bytes of an uninterrupted run. Only the interrupted batch is
// classified again. Running a finished task again does nothing.
type Task struct {
	certificate.Params
	certificate.Subject

	Classifier Classifier

	// Describe returns the label and the digest of an image. It is called once for
	// each image in a run, before its first job. If an image cannot be decoded it
	// returns a *certificate.UndecodableError: the image is left out, with a line
	// in the certificate.
	Describe func(index int) (certificate.Image, error)

	// MaxLeftOut is the number of images that may be left out; one more is an
	// error.
	MaxLeftOut int

	// Shard, if set, selects a part of the images, for certificate.Merge.
	Shard *certificate.Shard

	// Out is the path of the certificate, such as certify.jsonl.
	Out string

	// Batch is the number of jobs of a call; 0 means what the classifier
	// prefers.
	Batch int

	// Machine describes the machine of the run, for the timing file.
	Machine string

	// Progress, if set, is called after each batch.
	Progress func(Progress)

	// Note, if set, gets messages for the user, for example that a run is
	// continued or a torn line was dropped.
	Note func(string)
}

// Progress is the progress of a run.
type Progress struct {
	Images, Total int           // finished images, including earlier runs, and all images
	Samples       int           // samples classified in this run
	Elapsed       time.Duration // since this run started classifying
	Rate          float64       // samples per second in this run
	Remaining     time.Duration // estimated from the finished images or, before the first one, from the largest number of samples
}

// Run certifies the images. If the context is cancelled, it returns the
// context's error, wrapped; the finished images are kept.
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
	t.Params = header.Params() // includes the model from which noise is derived
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
		t.Note(files.Certificate + " is already complete")
		return nil
	}
	if err := w.Machine(t.Machine, t.batch()); err != nil {
		return err
	}
	if err := t.classify(ctx, w, stats, noise, answersPath(files)); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("stopped after %d of %d images, which are saved in %s, with samples of unfinished images: run the same command again to continue: %w", w.Images(), header.Due(), files.Partial(), err)
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
					return index, img, true, fmt.Errorf("image %d cannot be left out of a certificate in the format %s: %s", index, certificate.Schema1, printable.Line(err.Error()))
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

// Discard removes the outputs and the partial files of a task, so the next run
// starts from the beginning. The task must not be running.
func Discard(files certificate.Files) error {
	outputs := []string{files.Certificate, files.Timing, files.TSV}
	for _, path := range append(outputs, files.Partial(), files.PartialTiming(), answersPath(files)) {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot restart a certification: %w", err)
		}
	}
	return nil
}
