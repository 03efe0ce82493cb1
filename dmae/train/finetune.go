package train

import (
	"context"
	"encoding/hex"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/nn/optim"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// Finetune trains the classifier Options.Model describes on images under
// Gaussian noise (paper, section 3.3), starting from the encoder of an
// autoencoder or, without one, from scratch. When ctx is cancelled it saves and
// returns an error that is ErrInterrupted.
func Finetune(ctx context.Context, o Options) (result *Result, err error) {
	r, err := newRun(o, StageFinetune)
	if err != nil {
		return nil, err
	}
	defer func() { err = r.close(err) }()
	if err := r.checkClasses(); err != nil {
		return nil, err
	}
	model, err := dmae.NewClassifier(r.memory, o.Model)
	if err != nil {
		return nil, err
	}
	c := &model.Config
	n, copies := r.opt.MicroBatch, o.Recipe.copies()
	r.params, r.describe = model.Params, model.Metadata
	r.optimiser = optim.NewAdamW(model.Params, o.Recipe.Beta1, o.Recipe.Beta2, optim.Finetune(o.Recipe.WeightDecay, o.Recipe.LayerDecay, c.Depth))
	stage := &finetuning{
		batchRunner: r.newBatchRunner(c, n, copies),
		measuring:   newMeasuring(model, &r.opt, n),
		model:       model,
		config:      c,
		smoothing:   o.Recipe.Smoothing,
		regulariser: o.Recipe.regulariser(),
		labels:      make([]int32, n*copies),
		target:      make([]float32, n*copies*c.Classes),
		targets:     r.memory.Persist(r.memory.Float(), tensor.Of(n*copies, c.Classes)),
	}
	if stage.blend, err = newBlending(r.memory, c, &o.Recipe, n); err != nil {
		return nil, err
	}
	if c.DropPath > 0 {
		stage.drop = make([]float32, 2*c.Depth*n*copies)
		stage.drops = r.memory.Persist(r.memory.Float(), tensor.Of(2*c.Depth, n*copies))
	}
	r.stage = stage
	if err := initialise(model, o); err != nil {
		return nil, err
	}
	if err := r.checkStart(o.Encoder); err != nil {
		return nil, err
	}
	digest, err := model.Digest()
	if err != nil {
		return nil, err
	}
	r.state.Init = hex.EncodeToString(digest[:])
	return r.start(ctx)
}

// initialise sets the initial weights of the model: the encoder of a checkpoint
// with a new head, or random ones.
func initialise(model *dmae.Classifier, o Options) error {
	if o.Encoder == "" {
		model.InitScratch(o.Recipe.Seed)
		return nil
	}
	start, err := o.Reader.StartClassifier(model, o.Encoder, o.Recipe.Seed)
	if err != nil {
		return err
	}
	if start.Kind != dmae.KindAutoencoder && o.Log != nil {
		o.Log(start.String())
	}
	return nil
}

// finetuning is the stage of Finetune.
type finetuning struct {
	*batchRunner
	measuring
	model       finetuned
	config      *dmae.Config
	smoothing   float64
	regulariser *ops.Regulariser // nil for none
	labels      []int32          // [B*copies]
	target      []float32        // [B*copies, K]
	targets     *tensor.Tensor
	drop        []float32 // [2*Depth, B*copies], or nil
	drops       *tensor.Tensor
}

func (f *finetuning) accumulate(b *data.Batch, at place, to *reading) {
	for i := range f.labels {
		f.labels[i] = b.Labels[i/f.copies]
	}
	f.blend.draw(f.b, b.Index, at.step)
	f.blend.targets(f.labels, f.config.Classes, f.smoothing, f.target)
	f.b.Upload(f.targets, f.target)
	if f.drop != nil {
		f.config.DropPathScales(f.seed, at.epoch, f.copies, b.Index, f.drop)
		f.b.Upload(f.drops, f.drop)
	}
	f.run(b, at, to, func(t *autograd.Tape, _, noisy *tensor.Tensor) terms {
		logits := f.model.TrainLogits(t, t.Const(noisy), f.drops)
		loss := terms{rows: t.Apply(ops.CrossEntropy, ops.Attr{}, logits, t.Const(f.targets))}
		if f.regulariser != nil {
			loss.images = t.Apply(ops.Consistency, ops.Attr{Reg: *f.regulariser}, logits)
		}
		return loss
	})
}
