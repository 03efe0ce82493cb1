package certify

import (
	"context"
	"fmt"

	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/certificate"
)

// Image is an image without a data set: its 8-bit pixels [C, h, w] at the model's
// resolution, as data.Input.ReadImage gives them.
type Image struct {
	Pixels []byte
	Index  int // instead of the index in a data set; used if the noise has a seed
}

// Derive returns parameters with noise that is derived from a model, if it is
// derived.
func Derive(m Model, p certificate.Params) (certificate.Params, error) {
	if p.Derived == nil {
		return p, nil
	}
	digest, err := ModelDigest(m)
	return derive(p, digest), err
}

// Predict returns the answer of the smoothed classifier for an image, or its
// abstention, by the procedure of smooth.Predict: p.N noisy copies, batch at a
// time, and a failure probability of p.Alpha. progress, which may be nil, gets
// the number of classified copies. For derived noise, p must come from Derive.
func Predict(ctx context.Context, m Model, x Image, p certificate.Params, batch int, progress func(samples int)) (smooth.Prediction, error) {
	if p.Derived != nil && p.Derived.Model == "" {
		return smooth.Prediction{}, fmt.Errorf("the noise is derived, but the parameters do not name the model that it follows from: pass them through Derive")
	}
	noise, err := smooth.NoiseOf(p)
	if err != nil {
		return smooth.Prediction{}, err
	}
	c := &counted{Classifier: NewClassifier(m, func(int) ([]byte, error) { return x.Pixels, nil }, batch), progress: progress}
	return smooth.PredictJob(ctx, c, smooth.Job{Image: x.Index, Key: p.Key(certificate.PixelDigest(x.Pixels, p.Sound))}, noise, p.N, p.Alpha)
}

// counted is a classifier that reports how many samples it has classified.
type counted struct {
	*Classifier
	samples  int
	progress func(samples int)
}

// Classify answers the jobs.
func (c *counted) Classify(ctx context.Context, jobs []smooth.Job, noise smooth.Noise, out []int32) error {
	if err := c.Classifier.Classify(ctx, jobs, noise, out); err != nil {
		return err
	}
	if c.samples += len(jobs); c.progress != nil {
		c.progress(c.samples)
	}
	return nil
}
