package train

import (
	"fmt"
	"maps"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/nn/checkpoint"
)

// Metadata keys of the backend that computed a checkpoint; the contract is in
// the model's own metadata. They are informative: any backend can continue from
// it.
const (
	backendKey   = "godmae.backend"
	precisionKey = "godmae.precision"
)

// write writes a checkpoint from which training can resume. It is an error if
// weights or moments are not finite; the file is then not replaced.
func (r *run) write(path string) error {
	metadata, err := r.state.metadata()
	if err != nil {
		return err
	}
	maps.Copy(metadata, r.modelMetadata())
	var tensors []checkpoint.Tensor
	if r.average != nil {
		tensors, err = r.average.export()
	} else {
		tensors, err = r.params.Export()
	}
	if err != nil {
		return fmt.Errorf("train: nothing is saved: %w", err)
	}
	state, err := r.optimiser.Export(r.optimiserPrefix)
	if err != nil {
		return fmt.Errorf("train: nothing is saved: %w", err)
	}
	tensors = append(tensors, state...)
	for _, t := range tensors {
		if ok, err := t.Finite(); err != nil {
			return err
		} else if !ok {
			return r.diverged()
		}
	}
	return checkpoint.Write(path, tensors, metadata)
}

// checkStart returns an error for initial weights that are not finite.
func (r *run) checkStart(from string) error {
	what, err := dmae.NotFinite(r.params)
	if err != nil {
		return err
	}
	if what != "" {
		return fmt.Errorf("%s cannot be used for training: %s (its training may have diverged); start from another checkpoint", from, what)
	}
	return nil
}

// modelMetadata returns the metadata about the model in all checkpoints of a
// run.
func (r *run) modelMetadata() map[string]string {
	m := r.describe()
	m[preprocessingKey] = inputOf(&r.opt.Model).Describe(r.opt.Train, false)
	if r.opt.Preprocess != "" {
		m[data.PreprocessKey] = string(r.opt.Preprocess)
	}
	m[backendKey] = r.opt.Backend.Identity().Name
	m[precisionKey] = r.opt.Backend.Identity().Precision
	return m
}

// load loads the weights from a checkpoint of this run.
func (r *run) load(f *checkpoint.File) error {
	if r.average != nil {
		return r.average.load(f)
	}
	return r.params.Load(f)
}

// judge adds the evaluation split to an epoch's entry and, if a best model is
// chosen, its epoch; better reports whether it is this epoch.
func (r *run) judge(e *Entry) (better bool) {
	if e.TestAcc1 != nil {
		e.EvalSplit = r.opt.EvalSplit
	}
	if !r.opt.Select {
		return false
	}
	better = r.state.choose(e)
	if b := r.state.Best; b != nil {
		e.BestEpoch = &b.Epoch
	}
	return better
}

// record writes the events at the end of an epoch.
func (r *run) record(e *Entry) error {
	s := r.state
	if err := r.events.epoch(e, s.position()); err != nil {
		return err
	}
	p, ok := r.stage.(*pretraining)
	if !ok || r.events == nil || !wantsPicture(r.opt.PictureEvery, s.Epoch, s.Recipe.Epochs) {
		return nil
	}
	return r.average.with(func() error {
		return r.events.picture(p.model, r.opt.Train, r.opt.Model.Sigma, s.Recipe.Seed, s.Epoch, s.position())
	})
}
