package explain

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/internal/philox"
	"github.com/godmae/godmae/internal/pixelnoise"
	"github.com/godmae/godmae/smooth"
)

// Options say what to explain.
type Options struct {
	Name   string           // of the image
	Sigma  smooth.Decimal   // noise level, pixels in [0,1]
	Others []smooth.Decimal // other noise levels to compare with
	Alpha  smooth.Decimal   // failure probability of each statement
	N0, N  int              // samples that select a class, and that estimate it
	Seed   uint64
	Sound  bool // integer noise on 8-bit pixels in place of float noise
	Batch  int  // noisy images at a time; changes no result

	// Of the attacks; 0 steps make none.
	Steps, Samples int

	// Progress, if set, is told what is being computed.
	Progress func(what string)
}

// check returns an error that names what makes no sense.
func (o Options) check() error {
	params := smooth.Params{Sigma: o.Sigma, Alpha: o.Alpha, N0: o.N0, N: o.N}
	if err := params.Check(); err != nil {
		return err
	}
	for _, s := range o.Others {
		params.Sigma = s
		if err := params.Check(); err != nil {
			return err
		}
	}
	if o.Steps < 0 || o.Steps > 0 && o.Samples < 1 {
		return fmt.Errorf("%d steps of an attack with %d samples are impossible: a step needs at least 1 sample", o.Steps, o.Samples)
	}
	return nil
}

// Explanation holds what a page shows.
type Explanation struct {
	Image   string   `json:"image"`
	Model   string   `json:"model"`
	Digest  string   `json:"model_digest"`
	Trained float64  `json:"trained_with_sigma"`
	Names   []string `json:"class_names,omitempty"`
	Seed    uint64   `json:"seed"`
	Sound   bool     `json:"sound"`

	Clean   int      `json:"answer_without_noise"`
	Samples []Sample `json:"-"`
	At      Level    `json:"certificate"`
	Others  []Level  `json:"other_noise_levels,omitempty"`
	Attacks []Attack `json:"attacks,omitempty"`

	pixels picture
}

// Sample is a noisy copy of the image and the network's answer to it.
type Sample struct {
	Class  int
	pixels picture
}

// Level is the certificate for one noise level.
type Level struct {
	Sigma     smooth.Decimal `json:"sigma"`
	Alpha     smooth.Decimal `json:"alpha"`
	Selection smooth.Counts  `json:"selection"` // pairs of class and count
	Counts    smooth.Counts  `json:"estimation"`
	N         int            `json:"n"`
	Selected  int            `json:"selected"`
	Count     int            `json:"count"`  // estimation samples of the selected class
	PA        smooth.Decimal `json:"pa"`     // lower bound on its probability
	Radius    smooth.Decimal `json:"radius"` // 0 for an abstention
	Certified bool           `json:"certified"`
}

// explainer is an explanation under way.
type explainer struct {
	Options
	model      *dmae.Classifier
	classifier smooth.Classifier
	noise      smooth.Noise // of the noise level explained
	images     [][]byte     // image 0 is the one explained, others come from attacks
}

// Make explains the certificate of an image x, 8-bit pixels [C, h, w] at the
// data's resolution.
func Make(ctx context.Context, m *dmae.Classifier, x []byte, o Options) (*Explanation, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if c := &m.Config; len(x) != c.Pixels() {
		return nil, &dmae.ImageSizeError{Got: len(x), Want: [3]int{c.Channels, c.DataSize, c.DataSize}}
	}
	e := &explainer{Options: o, model: m, images: [][]byte{x}}
	e.classifier = dmae.NewPixelClassifier(m, func(image int) ([]byte, error) { return e.images[image], nil }, o.Batch)
	digest := m.Digest()
	out := &Explanation{
		Image: o.Name, Model: m.Config.Name, Digest: "sha256:" + hex.EncodeToString(digest[:]),
		Trained: m.Config.Sigma, Names: m.Config.ClassNames, Seed: o.Seed, Sound: o.Sound, pixels: e.picture(scaled(x)),
	}
	var err error
	if e.noise, err = smooth.NewNoise(o.Sigma, o.Seed, o.Sound); err != nil {
		return nil, err
	}
	if out.Clean, err = e.clean(ctx, 0); err != nil {
		return nil, err
	}
	if out.At, err = e.certify(ctx, o.Sigma); err != nil {
		return nil, err
	}
	if out.Samples, err = e.samples(ctx); err != nil {
		return nil, err
	}
	for _, sigma := range o.Others {
		level, err := e.certify(ctx, sigma)
		if err != nil {
			return nil, err
		}
		out.Others = append(out.Others, level)
	}
	out.Attacks, err = e.attacks(ctx, out.At)
	return out, err
}

func (e *explainer) progress(format string, args ...any) {
	if e.Progress != nil {
		e.Progress(fmt.Sprintf(format, args...))
	}
}

// classify returns the classes of the first n noisy copies of an image in a
// stream.
func (e *explainer) classify(ctx context.Context, image int, stream philox.Stream, n int, noise smooth.Noise) ([]int32, error) {
	jobs := make([]smooth.Job, n)
	for i := range jobs {
		jobs[i] = smooth.Job{Image: image, Stream: stream, Sample: uint32(i)}
	}
	classes := make([]int32, n)
	return classes, e.classifier.Classify(ctx, jobs, noise, classes)
}

// clean returns the network's answer to an image without noise.
func (e *explainer) clean(ctx context.Context, image int) (int, error) {
	class, err := e.classify(ctx, image, philox.EstimationNoise, 1, smooth.Noise{})
	return int(class[0]), err
}

// certify runs Cohen et al.'s procedure on the image.
func (e *explainer) certify(ctx context.Context, sigma smooth.Decimal) (Level, error) {
	e.progress("certifying with sigma %s", sigma)
	level := Level{Sigma: sigma, Alpha: e.Alpha, N: e.N}
	noise := e.noise
	if sigma.Cmp(e.Sigma) != 0 {
		var err error
		if noise, err = smooth.NewNoise(sigma, e.Seed, e.Sound); err != nil {
			return level, err
		}
	}
	for _, part := range []struct {
		stream philox.Stream
		n      int
		counts *smooth.Counts
	}{{philox.SelectionNoise, e.N0, &level.Selection}, {philox.EstimationNoise, e.N, &level.Counts}} {
		classes, err := e.classify(ctx, 0, part.stream, part.n, noise)
		if err != nil {
			return level, err
		}
		*part.counts = e.count(classes)
	}
	first, _ := level.Selection.Top()
	level.Selected = first[0]
	if level.Selected == smooth.NoClass {
		return level, nil
	}
	level.Count = level.Counts.Of(level.Selected)
	level.PA = exact.ClopperPearsonLower(level.Count, level.N, e.Alpha)
	if half := smooth.MustDecimal("0.5"); level.PA.Cmp(half) >= 0 {
		level.Certified = true
		level.Radius = smooth.CertifiedRadius(level.PA, sigma)
	}
	return level, nil
}

// count sorts answers into counts, classes ascending.
func (e *explainer) count(classes []int32) smooth.Counts {
	of := make([]int, e.model.Config.Classes+1)
	for _, c := range classes {
		of[c+1]++ // smooth.NoClass is -1
	}
	counts := smooth.Counts{}
	for i, n := range of {
		if n > 0 {
			counts = append(counts, smooth.ClassCount{i - 1, n})
		}
	}
	return counts
}

// shownSamples is the number of noisy copies on a page.
const shownSamples = 8

// samples makes the first estimation samples again, to be looked at.
func (e *explainer) samples(ctx context.Context) ([]Sample, error) {
	n := min(shownSamples, e.N)
	noise := e.noise
	classes, err := e.classify(ctx, 0, philox.EstimationNoise, n, noise)
	if err != nil {
		return nil, err
	}
	var out []Sample
	for i, class := range classes {
		noisy := make([]float32, len(e.images[0]))
		job := smooth.Job{Stream: philox.EstimationNoise, Sample: uint32(i)}
		if e.Sound {
			pixelnoise.Fill(noise.Pixels, noisy, e.images[0], noise.Addr(job))
		} else {
			smooth.AddGaussian(noisy, scaled(e.images[0]), noise.Sigma, noise.Addr(job))
		}
		out = append(out, Sample{Class: int(class), pixels: e.picture(noisy)})
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
