package main

import (
	"context"
	"fmt"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/dmae/train"
	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/smooth"
)

type predictCmd struct {
	computeFlags
	modelFlags
	pixelFlags
	Images []string      `arg:"" help:"Image files." placeholder:"IMAGE"`
	Model  string        `help:"Checkpoint of a classifier, of godmae or PyTorch." required:"" placeholder:"FILE"`
	Sigma  exact.Decimal `help:"Standard deviation of the noise, in units of pixels scaled to [0,1]." default:"0.25" placeholder:"SIGMA"`
	N      int           `name:"n" help:"Noisy copies of each image." default:"1000" placeholder:"N"`
	Alpha  exact.Decimal `help:"Probability that an answer is not the smoothed classifier's." default:"0.001" placeholder:"P"`
	seedFlag
	BatchSize int  `name:"batch" help:"Noisy images at a time; the result does not depend on it." default:"128" placeholder:"N"`
	Sound     bool `help:"${sound_help}" default:"true" negatable:""`
	JSON      bool `name:"json" help:"Print a JSON array."`
}

func (predictCmd) Help() string {
	return "The answer is the class that most noisy copies get, or an abstention where a binomial test cannot tell the first from the second.\n\nExample: dmae predict --model runs/finetune/checkpoint.safetensors shoe.png"
}

// prediction is an answer for a program.
type prediction struct {
	File   string        `json:"file"`
	Class  int           `json:"class"` // -1 for an abstention
	Name   string        `json:"name,omitempty"`
	Count  int           `json:"count"` // samples of the most frequent class
	N      int           `json:"n"`
	PValue exact.Decimal `json:"p_value"`
	Seed   smooth.Seed   `json:"seed"`
}

// Run predicts the class of image files.
func (c *predictCmd) Run(e *env) error {
	if c.BatchSize < 1 {
		return misused("--batch %d cannot be used: it must be at least 1", c.BatchSize)
	}
	params := smooth.Params{Sigma: c.Sigma, Alpha: c.Alpha, N0: 1, N: c.N}
	if err := params.Check(); err != nil {
		return misuse{err}
	}
	b, err := c.backend()
	if err != nil {
		return err
	}
	defer b.Close()
	model, _, err := c.classifier(e, b, c.Model)
	if err != nil {
		return err
	}
	seed, err := c.draw(func() (uint64, bool) { return 0, false })
	if err != nil {
		return err
	}
	noise, err := smooth.NewNoise(c.Sigma, seed, c.Sound)
	if err != nil {
		return misuse{err}
	}
	answers := []prediction{}
	for i, file := range c.Images {
		x, err := readPixels(file, &model.Config, c.MaxPixels)
		if err != nil {
			return err
		}
		p := newProgress(e.stderr, "predict: "+file, "samples", c.N)
		p.begin(0)
		classifier := counted{dmae.NewPixelClassifier(model, func(int) ([]byte, error) { return x, nil }, c.BatchSize), p}
		answer, err := smooth.Predict(e.ctx, classifier, i, noise, c.N, c.Alpha)
		p.end(briefly)
		if err != nil {
			return fmt.Errorf("cannot predict %s: %w", file, err)
		}
		a := prediction{File: file, Class: answer.Class, Count: answer.Top[1], N: c.N, PValue: answer.PValue, Seed: smooth.Seed(seed)}
		if answer.Class >= 0 && answer.Class < len(model.Config.ClassNames) {
			a.Name = model.Config.ClassNames[answer.Class]
		}
		answers = append(answers, a)
	}
	if c.JSON {
		return printJSON(e.stdout, answers)
	}
	for _, a := range answers {
		answer := "abstains"
		if a.Class >= 0 {
			answer = fmt.Sprintf("class %d", a.Class)
			if a.Name != "" {
				answer = a.Name
			}
		}
		fmt.Fprintf(e.stdout, "%s: %s (%d of %d samples, p <= %s)\n", a.File, answer, a.Count, a.N, a.PValue)
	}
	return nil
}

// counted is a classifier that shows how many samples it has classified.
type counted struct {
	*dmae.SmoothClassifier
	progress *progress
}

// Classify answers the jobs.
func (c counted) Classify(ctx context.Context, jobs []smooth.Job, noise smooth.Noise, out []int32) error {
	if err := c.SmoothClassifier.Classify(ctx, jobs, noise, out); err != nil {
		return err
	}
	c.progress.update(c.progress.done+len(jobs), "")
	return nil
}

// readPixels reads the 8-bit pixels of an image file at the data's resolution.
func readPixels(path string, c *dmae.Config, maxPixels int) ([]byte, error) {
	im, err := data.ReadImage(path, c.Channels, maxPixels)
	if err != nil {
		return nil, unreadable("the image", path, err)
	}
	one, err := data.NewMemory(path, []string{"unknown"}, []data.Image{im}, []int32{0})
	if err != nil {
		return nil, err
	}
	x := make([]byte, c.Pixels())
	return x, train.Bytes(one, 0, c, x)
}
