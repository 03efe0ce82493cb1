package train

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/godmae/godmae/dmae/data"
)

var errNoImages = errors.New("there are no images to evaluate on")

// errNoAnswers is the error of an evaluation of a model that has diverged.
var errNoAnswers = errors.New("the model gives no answer to any image")

// measuring is the part of a stage that evaluates a classifier.
type measuring struct {
	measured Classifier
	test     data.Dataset // nil for none
	eval     EvalOptions  // with the training noise
}

func newMeasuring(m Classifier, o *Options, batch int) measuring {
	e := EvalOptions{Batch: batch, Seed: o.Recipe.Seed, Sigma: o.Model.Sigma}
	if o.Test != nil {
		e.LeftOut = data.NewLeftOut(o.Test, o.MaxCorrupt, o.Log)
	}
	return measuring{m, o.Test, e}
}

// evaluate measures the accuracy on the test images, clean and under the
// training noise.
func (m *measuring) evaluate(ctx context.Context, e *Entry) error {
	if m.test == nil {
		return nil
	}
	o := m.eval
	noisy, err := Evaluate(ctx, m.measured, m.test, o)
	if err != nil {
		return err
	}
	o.Sigma = 0
	clean, err := Evaluate(ctx, m.measured, m.test, o)
	if err != nil {
		return err
	}
	if clean.NoAnswer+noisy.NoAnswer == clean.Images+noisy.Images {
		return errNoAnswers
	}
	acc, noisyAcc := 100*clean.Accuracy(), 100*noisy.Accuracy()
	e.TestLoss, e.TestAcc1, e.NoisyAcc1 = clean.FiniteLoss(), &acc, &noisyAcc
	e.NoAnswer = clean.NoAnswer + noisy.NoAnswer
	if m.measured.Classes() > 5 {
		acc5 := 100 * float64(clean.Top5) / float64(clean.Images)
		e.TestAcc5 = &acc5
	}
	return nil
}

// checkClasses compares the images of a run with the classes of its model,
// gives the evaluation images the labels of the training images, and records
// the classes.
func (r *run) checkClasses() error {
	classes, model := r.opt.Train.Classes(), &r.opt.Model
	if got, want := len(classes), model.Classes; got != want {
		return fmt.Errorf("the images have %d classes and the model %d; use data with the model's classes", got, want)
	}
	if model.ClassNames != nil && !slices.Equal(classes, model.ClassNames) {
		return fmt.Errorf("the images have the classes %s and the model is to have %s; use data with the model's classes", data.NameList(classes), data.NameList(model.ClassNames))
	}
	if r.opt.Test == nil {
		return nil
	}
	test, note, err := MatchEvaluation(classes, r.opt.Test, r.opt.ClassesByPosition)
	if err != nil {
		return err
	}
	if note != "" {
		r.note(note)
	}
	r.opt.Test = test
	r.state.Eval, err = data.Digest(test)
	return err
}

// MatchEvaluation returns the images to evaluate on with the labels of training
// images of the given classes, as data.MatchClasses does.
func MatchEvaluation(classes []string, test data.Dataset, byPosition bool) (matched data.Dataset, note string, err error) {
	matched, note, err = data.MatchClasses(test, data.Known{Count: len(classes), Names: classes}, byPosition)
	if err != nil {
		return nil, "", fmt.Errorf("the images to evaluate on do not match the training images: %w", err)
	}
	return matched, note, nil
}

// sameClasses returns an error if a checkpoint has other classes than the
// training images of this run.
func (r *run) sameClasses(name string, there, here []string) error {
	if data.SameNames(there, here) {
		return nil
	}
	start := "--finetune"
	if r.opt.Recipe.Stage == StagePretrain {
		start = "--init"
	}
	return fmt.Errorf("train: %s was trained on the classes %s, and the images of this run have %s; continue with the same images, or start from its weights with %s in another folder", name, data.NameList(there), data.NameList(here), start)
}
