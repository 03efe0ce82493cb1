package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/tensor"
)

// ErrInterrupted is the error of a run whose context is cancelled. Its state
// has been saved; it can be resumed.
var ErrInterrupted = errors.New("training was interrupted")

// Progress is what a run reports after every optimiser step. The receiver
// computes rates and estimates from it.
type Progress struct {
	Stage       string
	Epoch       int // counted from 0
	Epochs      int
	Step, Steps int     // optimiser steps, over the whole run
	Batch       int     // images per step
	Loss        float64 // mean over the step's images: LossNat + LossReg
	LossNat     float64 // the task's own part
	LossReg     float64 // the regulariser's part
	LR          float64
	GradNorm    float64 // before clipping

	// Waited is how long this process has waited for images so far. It is for
	// display only and not saved.
	Waited time.Duration
}

// stage is what differs between pre-training and fine-tuning.
type stage interface {
	// accumulate runs the model forward and backward on a micro-batch and stores
	// the losses of its images. It adds to the gradients the derivative of the
	// weight times the sum of those losses.
	accumulate(b *data.Batch, at place, to *reading)

	// begin is called before the micro-batches of an optimiser step, finish after
	// the step with its scale. finish updates what the model learns without the
	// optimiser, unless the scale says that the step was skipped.
	begin()
	finish(scale *tensor.Tensor)

	// setShards sets the number of groups in which the gradients of a
	// micro-batch are summed.
	setShards(n int)

	// evaluate fills in the measurements after an epoch.
	evaluate(ctx context.Context, e *Entry) error
}

// place is the step to which a micro-batch belongs.
type place struct {
	epoch, step uint32  // both counted from 0, over the whole run
	weight      float64 // of the loss of an image: 1 over the images of the step
}

// loop runs the remaining optimiser steps of the recipe.
func (r *run) loop(ctx context.Context) error {
	stepsPerEpoch := r.opt.Train.Len() / r.state.Recipe.Batch
	if stepsPerEpoch == 0 {
		return tooFewImages(r.opt.Train.Len(), r.state.Recipe.Batch)
	}
	if r.state.Epoch == r.state.Recipe.Epochs {
		return nil
	}
	loader, err := r.loader(ctx)
	if err != nil {
		return err
	}
	defer loader.Close()
	for r.state.Epoch < r.state.Recipe.Epochs {
		if err := r.epoch(ctx, loader, stepsPerEpoch); err != nil {
			return err
		}
	}
	return nil
}

// loader returns the loader of the run's micro-batches, beginning at its state.
func (r *run) loader(ctx context.Context) (*data.Loader, error) {
	s := r.state
	perEpoch := data.Steps(r.opt.Train.Len(), r.part, true)
	prefetch := 0
	if s.Recipe.Stage == StageLinprobe {
		prefetch = 1 // 512 images of 224 pixels are 300 MB
	}
	pipeline := r.pipeline()
	return data.NewLoader(ctx, r.opt.Train, data.LoaderOptions{
		Batch: r.part, DropLast: true, Shuffle: true,
		Seed: s.Recipe.Seed, Pipeline: pipeline, Bytes: pipeline.Integers(),
		Epochs: s.Recipe.Epochs, Start: s.Epoch*perEpoch + s.Step*(s.Recipe.Batch/r.part),
		Workers: max(r.opt.Workers, 1), Prefetch: prefetch, MaxCorrupt: r.opt.MaxCorrupt, Log: r.opt.Log,
	})
}

// next returns the next micro-batch of the current epoch. An epoch ends with
// its last whole batch; the remaining images are skipped.
func (r *run) next(loader *data.Loader) (*data.Batch, error) {
	start := time.Now()
	defer func() { r.waited += time.Since(start) }()
	for {
		b, err := loader.Next()
		if err != nil || b.Epoch == r.state.Epoch {
			return b, err
		}
	}
}

// epoch finishes the current epoch: it evaluates, logs and saves.
func (r *run) epoch(ctx context.Context, loader *data.Loader, stepsPerEpoch int) error {
	s := r.state
	for s.Step < stepsPerEpoch {
		if err := r.step(ctx, loader, stepsPerEpoch); err != nil {
			return r.interrupted(ctx, err)
		}
		if r.opt.SaveEvery > 0 && s.Steps%r.opt.SaveEvery == 0 && s.Step < stepsPerEpoch {
			if err := r.drain(); err != nil {
				return err
			}
			if err := r.save(); err != nil {
				return err
			}
		}
	}
	if err := r.drain(); err != nil {
		return err
	}
	entry := Entry{
		TrainLR:     s.LRSum / float64(stepsPerEpoch),
		TrainLoss:   s.LossSum / float64(stepsPerEpoch*s.Recipe.Batch),
		Epoch:       s.Epoch,
		Step:        s.Steps,
		NParameters: r.params.Count(),
		Sigma:       r.opt.Model.Sigma,
	}
	if s.Recipe.regulariser() != nil {
		images := float64(stepsPerEpoch * s.Recipe.Batch)
		nat, reg := s.NatSum/images, s.RegSum/images
		entry.LossNat, entry.LossReg = &nat, &reg
	}
	last := s.Epoch == s.Recipe.Epochs-1
	saves := last || r.opt.SaveEpochs <= 1 || (s.Epoch+1)%r.opt.SaveEpochs == 0
	if last || r.opt.EvalEvery > 0 && (s.Epoch+1)%r.opt.EvalEvery == 0 {
		if err := r.evaluate(ctx, &entry, saves); err != nil {
			return err
		}
	}
	better := r.judge(&entry)
	line, err := entry.line()
	if err != nil {
		return err
	}
	s.log += line
	s.Epoch++
	s.Step, s.LossSum, s.LRSum, s.NatSum, s.RegSum = 0, 0, 0, 0, 0
	if err := r.record(&entry); err != nil {
		return err
	}
	if better {
		if err := r.saveBest(); err != nil {
			return err
		}
	}
	if err := r.saveNumbered(); err != nil {
		return err
	}
	if saves {
		return r.save()
	}
	return nil
}

// evaluate measures the model after the last step of an epoch. The state is saved
// before that, if the epoch is one to save after, and in any case before an error
// is returned. So no training is lost if an image cannot be evaluated or the
// process ends. A run that is resumed there begins with the evaluation.
func (r *run) evaluate(ctx context.Context, e *Entry, saves bool) error {
	if saves && r.opt.Test != nil {
		if err := r.save(); err != nil {
			return err
		}
	}
	err := r.average.with(func() error { return r.stage.evaluate(ctx, e) })
	switch {
	case err == nil || cancelled(ctx, err):
		return r.interrupted(ctx, err)
	case errors.Is(err, errNoAnswers) && r.saved != r.state.Steps:
		return r.diverged()
	}
	if r.saved != r.state.Steps {
		if err := r.save(); err != nil {
			return err
		}
	}
	return fmt.Errorf("the evaluation after epoch %d failed: %w; the training so far is saved in %s, and --resume auto continues with the evaluation", r.state.Epoch, err, r.path())
}

// step submits one optimiser step and settles the one before. If loading fails
// or the context ends during it, state and weights are those of the step
// before.
func (r *run) step(ctx context.Context, loader *data.Loader, stepsPerEpoch int) error {
	s := r.state
	lr := r.schedule.At(timeOf(s.Epoch, s.Step, stepsPerEpoch))
	at := place{epoch: uint32(s.Epoch), step: uint32(s.Steps), weight: 1 / float64(s.Recipe.Batch)}
	now, before := r.readings[s.Steps%2], r.readings[(s.Steps+1)%2]
	now.begin(s.Epoch, s.Steps, lr)
	r.params.ZeroGrad()
	r.stage.begin()
	r.shards.begin()
	for done := 0; done < s.Recipe.Batch; done += r.part {
		if err := ctx.Err(); err != nil {
			return err
		}
		batch, err := r.next(loader)
		if err != nil {
			return err
		}
		r.stage.accumulate(batch, at, now)
		r.shards.add()
	}
	scale := r.optimiser.Measure(s.Recipe.ClipGrad, now.losses)
	now.fetch(r.optimiser)
	r.optimiser.Step(lr)
	r.stage.finish(scale)
	if r.average != nil {
		r.average.step(s.Steps+1, scale)
	}
	s.Step++
	s.Steps++
	s.LRSum += lr
	return r.settle(before)
}

// settle waits for the numbers of a step that was submitted, adds them up and reports
// them. A step whose loss or gradient is not finite was skipped by the backend; it
// ends the run.
func (r *run) settle(of *reading) error {
	if !of.open {
		return nil
	}
	s := r.state
	n, err := of.await(s.Recipe.GradShards)
	switch {
	case err != nil:
		return err
	case math.IsNaN(n.sum) || math.IsInf(n.sum, 0):
		return r.nonFinite("loss", of)
	case math.IsNaN(n.norm) || math.IsInf(n.norm, 0):
		return r.nonFinite("gradient norm", of)
	}
	regularised := s.Recipe.regulariser() != nil
	s.LossSum += n.sum
	if regularised {
		s.NatSum += n.natural
		s.RegSum += n.regulariser
	}
	images := float64(s.Recipe.Batch)
	p := Progress{
		Stage: s.Recipe.Stage, Epoch: of.epoch, Epochs: s.Recipe.Epochs,
		Step: of.step + 1, Steps: s.Recipe.Epochs * (r.opt.Train.Len() / s.Recipe.Batch), Batch: s.Recipe.Batch,
		Loss: n.sum / images, LossNat: n.natural / images, LossReg: n.regulariser / images, LR: of.lr, GradNorm: n.norm,
		Waited: r.waited,
	}
	if err := r.events.step(&p, regularised, uint64(of.step+1)+uint64(of.epoch)); err != nil {
		return err
	}
	if r.opt.Progress != nil {
		r.opt.Progress(p)
	}
	return nil
}

// drain settles all steps that were submitted.
func (r *run) drain() error {
	for i := range r.readings {
		if err := r.settle(r.readings[(r.state.Steps+i)%2]); err != nil {
			return err
		}
	}
	return nil
}

// interrupted turns the error of a cancelled context into ErrInterrupted, after
// saving. Any other error stays what it is, also if the context has ended meanwhile.
func (r *run) interrupted(ctx context.Context, err error) error {
	if !cancelled(ctx, err) {
		return err
	}
	if err := r.drain(); err != nil {
		return err
	}
	if err := r.save(); err != nil {
		return err
	}
	return fmt.Errorf("%w after step %d (in epoch %d of %d); everything is saved in %s; continue with --resume auto", ErrInterrupted, r.state.Steps, r.state.Epoch+1, r.state.Recipe.Epochs, r.path())
}

// cancelled reports whether err is that of a context which has ended.
func cancelled(ctx context.Context, err error) bool {
	return ctx.Err() != nil && errors.Is(err, ctx.Err())
}

// nonFinite returns the error of a step that was skipped.
func (r *run) nonFinite(what string, of *reading) error {
	return fmt.Errorf("train: the %s is not finite in step %d at learning rate %g; %s; lower the learning rate or limit the gradient norm", what, of.step+1, of.lr, r.lastGood())
}

// diverged returns the error of a step after which the weights cannot be used.
func (r *run) diverged() error {
	return fmt.Errorf("train: the weights or the model's answers are not finite after step %d and are not saved; %s; lower the learning rate or limit the gradient norm", r.state.Steps, r.lastGood())
}

// lastGood names the last good checkpoint for an error message.
func (r *run) lastGood() string {
	if r.saved >= 0 {
		return fmt.Sprintf("the last good checkpoint is %s of step %d", r.path(), r.saved)
	}
	return "no checkpoint has been written yet"
}
