package main

import (
	"fmt"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/certify"
	"github.com/godmae/godmae/internal/printable"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

type predictCmd struct {
	computeFlags
	modelFlags
	pixelFlags
	Images []string        `arg:"" help:"Image files." placeholder:"IMAGE"`
	Model  string          `help:"Checkpoint of a classifier, of godmae or PyTorch." required:"" placeholder:"FILE"`
	Sigma  decimal.Decimal `help:"Standard deviation of the noise, in units of pixels scaled to [0,1]." default:"0.25" placeholder:"SIGMA"`
	N      int             `name:"n" help:"Noisy copies of each image." default:"1000" placeholder:"N"`
	Alpha  decimal.Decimal `help:"Largest probability that an answer is not the smoothed classifier's." default:"0.001" placeholder:"P"`
	seedFlag
	BatchSize int  `name:"batch" help:"Noisy images at a time; the result does not depend on it." default:"128" placeholder:"N"`
	Sound     bool `help:"${sound_help}" default:"true" negatable:""`
	JSON      bool `name:"json" help:"Print a JSON array."`
}

func (predictCmd) Help() string {
	return "The answer is the most frequent class of the noisy copies, or an abstention if a binomial test does not separate the first class from the second. A file that cannot be read is named and the others get their answers; the exit code is then 1.\n\nExample: dmae predict --model runs/finetune/checkpoint.safetensors shoe.png"
}

// prediction describes an answer to a program.
type prediction struct {
	File     string           `json:"file"`
	Class    int              `json:"class"` // -1 for an abstention
	Name     string           `json:"name,omitempty"`
	Count    int              `json:"count"` // samples of the most frequent class
	N        int              `json:"n"`
	NoAnswer int              `json:"no_answer,omitempty"` // samples to which the model gave no class
	PValue   decimal.Decimal  `json:"p_value"`
	Noise    string           `json:"noise"` // its kind, with the name in certificates
	Seed     certificate.Seed `json:"seed"`
}

// unanswered replaces the answer of an image that could not be classified.
type unanswered struct {
	File  string `json:"file"`
	Error string `json:"error"`
}

// Run predicts the class of image files. An error of one of them is reported,
// and the others get their answers.
func (c *predictCmd) Run(e *env) error {
	if c.BatchSize < 1 {
		return misused("--batch %d cannot be used: it must be at least 1", c.BatchSize)
	}
	if err := c.withoutData(); err != nil {
		return err
	}
	params := certificate.Params{Plan: bound.Plan{Sigma: c.Sigma, Alpha: c.Alpha, N0: 1, N: c.N}, Sound: c.Sound}
	if err := params.Check(); err != nil {
		return misuse{err}
	}
	noteTooFew(e, "--n", c.N, c.Alpha)
	b, err := c.backend()
	if err != nil {
		return err
	}
	defer b.Close()
	model, _, err := c.classifier(e, b, c.Model)
	if err != nil {
		return err
	}
	if err := c.follow(c.Model); err != nil {
		return err
	}
	if _, err := smooth.NoiseOf(params); err != nil {
		return misuse{err}
	}
	if err := c.Seed.Apply(&params, certificate.Header{}); err != nil {
		return err
	}
	if params, err = certify.Derive(model, params); err != nil {
		return err
	}
	answers, failed := []any{}, 0
	for i, file := range c.Images {
		a, err := c.predict(e, model, i, params)
		if stopped := e.ctx.Err(); stopped != nil {
			return stopped
		}
		if err != nil {
			failed++
			e.note(err.Error())
			answers = append(answers, unanswered{file, err.Error()})
			continue
		}
		a.Noise, a.Seed = params.NoiseKind(), params.Origin()
		answers = append(answers, *a)
		if !c.JSON {
			if err := a.print(e); err != nil {
				return err
			}
		}
	}
	if c.JSON {
		if err := printJSON(e.stdout, answers); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d images got no answer, for the reasons above", failed, len(c.Images))
	}
	return nil
}

// predict classifies one of the images. Its noise depends on its pixels, or
// with a seed on its index in the list, but not on the other images.
func (c *predictCmd) predict(e *env, model *dmae.Classifier, i int, params certificate.Params) (*prediction, error) {
	file := c.Images[i]
	x, err := c.readPixels(file, &model.Config)
	if err != nil {
		return nil, err
	}
	p := newProgress(e.stderr, "predict: "+printable.Text(file), "samples", c.N)
	p.begin(0)
	answer, err := certify.Predict(e.ctx, model, certify.Image{Pixels: x, Index: i}, params, c.BatchSize, func(samples int) { p.update(samples, "") })
	p.end(briefly)
	if err != nil {
		return nil, fmt.Errorf("cannot predict %s: %w", file, err)
	}
	a := &prediction{File: file, Class: answer.Class, Count: answer.Top[1], N: c.N, NoAnswer: answer.Counts.Of(bound.NoClass), PValue: answer.PValue}
	switch {
	case a.NoAnswer == c.N:
		return nil, fmt.Errorf("%s gives no answer to any of %d noisy copies of %s: its scores are not finite numbers (its training may have diverged)", c.Model, c.N, file)
	case a.NoAnswer > 0:
		e.note(fmt.Sprintf("%s: %d of %d noisy copies got no answer, because the model's scores for them are not finite numbers", file, a.NoAnswer, c.N))
	}
	if answer.Class >= 0 && answer.Class < len(model.Config.ClassNames) {
		a.Name = model.Config.ClassNames[answer.Class]
	}
	return a, nil
}

// print prints the answer as text.
func (a *prediction) print(e *env) error {
	answer := "abstains"
	if a.Class >= 0 {
		answer = fmt.Sprintf("class %d", a.Class)
		if a.Name != "" {
			answer = a.Name
		}
	}
	_, err := fmt.Fprintf(e.stdout, "%s: %s (%d of %d samples, p <= %s, noise %s)\n", printable.Text(a.File), printable.Text(answer), a.Count, a.N, a.PValue, a.Noise)
	return err
}

// noteTooFew notes a number of samples with which a prediction always abstains.
func noteTooFew(e *env, flag string, n int, alpha decimal.Decimal) {
	if least := smooth.PredictionNeeds(alpha); n < least {
		e.note(fmt.Sprintf("no image can get an answer with %s %d at alpha %s, even if every sample has its class: it takes at least %d samples", flag, n, alpha, least))
	}
}
