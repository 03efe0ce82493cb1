package explain

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/dmae/certify"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/pixelnoise"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// Options are the options of Make.
type Options struct {
	certificate.Params        // of the certificate
	Name               string // of the image
	Image              int    // its index in the data set, which addresses its noise
	Batch              int    // noisy images at a time; it does not change results

	Model   string  // name of the model
	Trained float64 // noise level that the model was trained with

	// Others are further noise levels for comparison.
	Others []decimal.Decimal

	// Line, if set, is the line of a certificate that is explained. It is an
	// error if the computed results differ from it.
	Line *Line

	// Of the attacks; with 0 steps there are none. Answers is the number of
	// noisy copies for the smoothed classifier's answer to an image found.
	Steps, Samples, Answers int

	// Command, if set, is the command line that reproduces the page.
	Command string

	// Progress, if set, is called with the current computation and its
	// progress: done of total units, from 0 at its beginning to total at its
	// end.
	Progress func(what string, done, total int)
}

// Line is a line of a certificate.
type Line struct {
	certificate.Record
	Certificate string // name of the file
}

// check returns an error that names an invalid option.
func (o Options) check() error {
	if err := o.Params.Check(); err != nil {
		return err
	}
	for _, s := range o.Others {
		if err := o.at(s).Check(); err != nil {
			return err
		}
	}
	switch {
	case o.Steps < 0 || o.Steps > 0 && o.Samples < 1:
		return fmt.Errorf("%d steps of an attack with %d samples are impossible: a step needs at least 1 sample", o.Steps, o.Samples)
	case o.Steps > 0 && o.Answers < 1:
		return fmt.Errorf("%d noisy copies are too few for an answer to an attacked image: give at least 1", o.Answers)
	case o.Line != nil && o.Line.Stopped != "":
		return fmt.Errorf("image %d was not estimated (%s), so its line has no bound to explain", o.Line.Image, o.Line.Stopped)
	}
	return nil
}

// Explanation is the content of a page.
type Explanation struct {
	Image       string           `json:"image"`
	Index       int              `json:"index"`                 // of the image, which addresses its noise
	Certificate string           `json:"certificate,omitempty"` // the file of the explained line
	Label       *int             `json:"label,omitempty"`       // the label in the certificate
	Model       string           `json:"model"`
	Digest      string           `json:"model_digest"`
	Trained     float64          `json:"trained_with_sigma"`
	Names       []string         `json:"class_names,omitempty"`
	Seed        certificate.Seed `json:"seed"`
	Noise       string           `json:"noise"` // the kind of noise, as in certificates
	Sound       bool             `json:"sound"`
	Command     string           `json:"command,omitempty"` // that reproduces the page

	Clean   int      `json:"answer_without_noise"`
	Samples []Sample `json:"-"`
	At      Level    `json:"explained"`
	Others  []Level  `json:"other_noise_levels,omitempty"`
	Attacks []Attack `json:"attacks,omitempty"`

	pixels picture
}

// Sample is a noisy copy of the image and the network's answer to it.
type Sample struct {
	Class  int
	pixels picture
}

// explainer computes an explanation.
type explainer struct {
	Options
	model      certify.Model
	classifier smooth.Classifier
	noise      smooth.Noise // for the explained noise level
	about      certificate.Image
	x          []byte   // the explained image
	found      [][]byte // images that attacks found
}

// Make explains the certificate of an image x, 8-bit pixels [C, h, w] at the
// data's resolution.
func Make(ctx context.Context, m certify.Model, x []byte, o Options) (*Explanation, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if err := data.NewInput(m.Input()).Check(o.Image, len(x)); err != nil {
		return nil, err
	}
	if o.Method == "" {
		o.Method = bound.MethodCohen
	}
	o.AccuracyOnly = false // a page needs samples
	e := &explainer{model: m, x: x, about: certificate.Image{Label: -1, Pixels: certificate.PixelDigest(x, o.Sound)}}
	digest, err := certify.ModelDigest(m)
	if err != nil {
		return nil, err
	}
	if o.Derived != nil {
		o.Derived = &certificate.Derivation{Model: digest, Beacon: o.Derived.Beacon}
	}
	e.Options = o
	e.classifier = certify.NewClassifier(m, e.pixels, o.Batch)
	out := &Explanation{
		Image: o.Name, Index: o.Image, Model: o.Model, Digest: digest,
		Trained: o.Trained, Names: m.ClassNames(), Seed: o.Origin(), Noise: o.NoiseKind(), Sound: o.Sound, Command: o.Command, pixels: e.picture(scaled(x)),
	}
	if o.Line != nil {
		out.Certificate, out.Label = o.Line.Certificate, &o.Line.Label
		e.about = certificate.Image{Label: o.Line.Label, Pixels: o.Line.Pixels}
	}
	if e.noise, err = smooth.NoiseOf(o.Params); err != nil {
		return nil, err
	}
	if out.Clean, err = e.clean(ctx, o.Image); err != nil {
		return nil, err
	}
	var line certificate.Record
	if out.At, line, err = e.certify(ctx, o.Params); err != nil {
		return nil, err
	}
	if err := o.Line.compare(line); err != nil {
		return nil, err
	}
	if out.Samples, err = e.samples(ctx); err != nil {
		return nil, err
	}
	for _, sigma := range o.Others {
		level, _, err := e.certify(ctx, o.at(sigma))
		if err != nil {
			return nil, err
		}
		out.Others = append(out.Others, level)
	}
	out.Attacks, err = e.attacks(ctx, out.At)
	return out, err
}

// compare returns an error if the line of a certificate differs from the
// computed one.
func (l *Line) compare(found certificate.Record) error {
	if l == nil {
		return nil
	}
	a, err := json.Marshal(l.Record)
	if err != nil {
		return err
	}
	b, err := json.Marshal(found)
	if err != nil {
		return err
	}
	if string(a) != string(b) {
		return fmt.Errorf("the line of image %d in %s differs from what its samples give: class %d with %d hits and radius %s here, class %d with %d and %s there; audit the certificate",
			found.Image, l.Certificate, found.Predict, hits(found), found.Radius, l.Predict, hits(l.Record), l.Radius)
	}
	return nil
}

func (e *explainer) progress(what string, done, total int) {
	if e.Progress != nil {
		e.Progress(what, done, total)
	}
}

// pixels returns the explained image, or, for larger indices, the images that
// attacks found.
func (e *explainer) pixels(image int) ([]byte, error) {
	if image == e.Image {
		return e.x, nil
	}
	return e.found[uint32(image)-uint32(e.Image)-1], nil
}

// add stores an image that an attack found and returns its index, whose noise
// neither the certificate nor another attack uses.
func (e *explainer) add(found []byte) int {
	e.found = append(e.found, found)
	return int(uint32(e.Image) + uint32(len(e.found)))
}

// clean returns the network's answer to an image without noise.
func (e *explainer) clean(ctx context.Context, image int) (int, error) {
	class := make([]int32, 1)
	err := e.classifier.Classify(ctx, []smooth.Job{{Image: image, Stream: philox.EstimationNoise}}, smooth.Noise{}, class)
	return int(class[0]), err
}

// shownSamples is the number of noisy copies on a page.
const shownSamples = 8

// samples recomputes the first estimation samples to show them.
func (e *explainer) samples(ctx context.Context) ([]Sample, error) {
	jobs := make([]smooth.Job, min(shownSamples, e.N))
	for i := range jobs {
		jobs[i] = smooth.Job{Image: e.Image, Stream: philox.EstimationNoise, Sample: uint32(i), Key: e.Key(e.about.Pixels)}
	}
	classes := make([]int32, len(jobs))
	if err := e.classifier.Classify(ctx, jobs, e.noise, classes); err != nil {
		return nil, err
	}
	var out []Sample
	for i, job := range jobs {
		noisy := make([]float32, len(e.x))
		if e.Sound {
			pixelnoise.Fill(e.noise.Pixels, noisy, e.x, e.noise.Addr(job))
		} else {
			simd.AddGaussian(noisy, scaled(e.x), e.noise.Sigma, e.noise.Addr(job))
		}
		out = append(out, Sample{Class: int(classes[i]), pixels: e.picture(noisy)})
	}
	return out, nil
}

// scaled returns pixels in [0,1].
func scaled(x []byte) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v) / 255
	}
	return y
}
