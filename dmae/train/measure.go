package train

import (
	"context"
	"errors"
	"fmt"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
)

var errNoImages = errors.New("there are no images to evaluate on")

// measuring is the part of a stage that evaluates a classifier.
type measuring struct {
	model *dmae.Classifier
	test  data.Dataset // nil for none
	eval  EvalOptions  // with the noise trained with
}

func newMeasuring(m *dmae.Classifier, o *Options, batch int) measuring {
	e := EvalOptions{Batch: batch, Seed: o.Recipe.Seed, Sigma: m.Config.Sigma}
	if o.Test != nil {
		e.LeftOut = data.NewLeftOut(o.Test, o.MaxCorrupt, o.Log)
	}
	return measuring{m, o.Test, e}
}

// evaluate measures the accuracy on the test images, clean and under the noise
// trained with.
func (m *measuring) evaluate(ctx context.Context, e *Entry) error {
	if m.test == nil {
		return nil
	}
	o := m.eval
	noisy, err := Evaluate(ctx, m.model, m.test, o)
	if err != nil {
		return err
	}
	o.Sigma = 0
	clean, err := Evaluate(ctx, m.model, m.test, o)
	if err != nil {
		return err
	}
	loss, acc, noisyAcc := clean.Loss, 100*clean.Accuracy(), 100*noisy.Accuracy()
	e.TestLoss, e.TestAcc1, e.NoisyAcc1 = &loss, &acc, &noisyAcc
	if m.model.Config.Classes > 5 {
		acc5 := 100 * float64(clean.Top5) / float64(clean.Images)
		e.TestAcc5 = &acc5
	}
	return nil
}

// checkClasses compares the images of a run with the classes of its model, and
// records the images evaluated on.
func (r *run) checkClasses() error {
	if got, want := len(r.opt.Train.Classes()), r.opt.Model.Classes; got != want {
		return fmt.Errorf("the images have %d classes and the model %d; use data with the model's classes", got, want)
	}
	if r.opt.Test == nil {
		return nil
	}
	var err error
	r.state.Eval, err = data.Digest(r.opt.Test)
	return err
}
