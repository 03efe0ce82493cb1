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

// Linprobe trains a linear classifier, with batch normalisation before it, on
// the features of noisy images from the encoder of an autoencoder; the encoder
// does not change. Batch normalisation computes its statistics over
// Recipe.BatchNorm images, as each process of the official code does over its
// own images. Options.MicroBatch divides that number, and bounds the memory of
// the encoder only. When ctx is cancelled it saves and returns an error that is
// ErrInterrupted.
func Linprobe(ctx context.Context, o Options) (result *Result, err error) {
	r, err := newRun(o, StageLinprobe)
	if err != nil {
		return nil, err
	}
	defer func() { err = r.close(err) }()
	if err := r.checkClasses(); err != nil {
		return nil, err
	}
	o.Model.Head = dmae.BatchNormHead
	r.opt.Model = o.Model
	model, err := dmae.NewProbe(r.memory, o.Model)
	if err != nil {
		return nil, err
	}
	c, group := &model.Config, o.Recipe.BatchNorm
	r.params, r.describe = model.Params, model.Metadata
	r.optimiser = optim.NewLARS(model.Params, o.Recipe.Momentum, o.Recipe.Trust, o.Recipe.WeightDecay)
	r.optimiserPrefix = dmae.StatePrefix + "lars."
	b := r.memory
	width := model.FeatureWidth()
	stats := tensor.Of(o.Recipe.Batch/group, width)
	r.stage = &probing{
		batchRunner: r.newBatchRunner(c, r.opt.MicroBatch, 1),
		measuring:   newMeasuring(model, &r.opt, r.opt.MicroBatch),
		model:       model,
		encoder:     autograd.NewInference(b),
		features:    b.Persist(b.Float(), tensor.Of(group, width)),
		target:      make([]float32, group*c.Classes),
		targets:     b.Persist(b.Float(), tensor.Of(group, c.Classes)),
		smoothing:   o.Recipe.Smoothing,
		weights:     make([]float32, group),
		seeds:       b.Persist(b.Float(), tensor.Of(group)),
		means:       b.Persist(b.Float(), stats),
		variances:   b.Persist(b.Float(), stats),
	}
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

// probing is the stage of Linprobe. Its micro-batch is the batch of batch
// normalisation.
type probing struct {
	*batchRunner // of the encoder, for parts of a micro-batch
	measuring
	model     probe
	encoder   *autograd.Tape
	part      data.Batch
	features  *tensor.Tensor // [N, D]
	target    []float32      // [N, K]
	targets   *tensor.Tensor
	smoothing float64
	weights   []float32
	seeds     *tensor.Tensor

	// Statistics of the step's batches [steps, D]. The running ones are moved
	// towards them after the optimiser step.
	means, variances *tensor.Tensor
	gathered         int
}

func (p *probing) begin() { p.gathered = 0 }

func (p *probing) accumulate(b *data.Batch, at place, to *reading) {
	for lo := 0; lo < b.N(); lo += p.batch {
		p.encode(b, lo, at)
	}
	dmae.Targets(b.Labels, p.model.Classes(), p.smoothing, p.target)
	p.b.Upload(p.targets, p.target)
	for i := range p.weights {
		p.weights[i] = float32(at.weight)
	}
	p.b.Upload(p.seeds, p.weights)

	scope := p.b.Mark()
	defer p.b.Release(scope)
	defer p.tape.Reset()
	logits, mean, variance := p.model.TrainProbe(p.tape, p.tape.Const(p.features))
	loss := p.tape.Apply(ops.CrossEntropy, ops.Attr{}, logits, p.tape.Const(p.targets))
	to.store(loss.Value, nil)
	p.tape.Backward(loss, p.seeds)
	d := p.model.FeatureWidth()
	for _, s := range [2]struct{ all, one *tensor.Tensor }{{p.means, mean}, {p.variances, variance}} {
		view := s.all.View(p.gathered*d, tensor.Of(d))
		p.b.Run(ops.Copy, []*tensor.Tensor{view}, []*tensor.Tensor{s.one}, &ops.Attr{})
	}
	p.gathered++
}

// encode computes the features of a part of a batch.
func (p *probing) encode(b *data.Batch, lo int, at place) {
	hi := lo + p.batch
	p.part.Index, p.part.Labels = b.Index[lo:hi], b.Labels[lo:hi]
	if p.stored != nil {
		p.part.Bytes = b.Bytes[lo*p.pixels : hi*p.pixels]
	} else {
		p.part.Images = b.Images[lo*p.pixels : hi*p.pixels]
	}
	p.upload(&p.part, at)
	scope := p.b.Mark()
	defer p.b.Release(scope)
	defer p.encoder.Reset()
	defer p.tape.Reset()
	f := p.model.Features(p.encoder, p.corrupt(p.images(p.encoder))).Value
	d := f.Shape().Dim(1)
	p.b.Run(ops.Copy, []*tensor.Tensor{p.features.View(lo*d, f.Shape())}, []*tensor.Tensor{f}, &ops.Attr{})
}

func (p *probing) finish(scale *tensor.Tensor) {
	d := p.features.Shape().Dim(1)
	for i := range p.gathered {
		row := func(t *tensor.Tensor) *tensor.Tensor { return t.View(i*d, tensor.Of(d)) }
		p.model.GatherStats(row(p.means), row(p.variances), len(p.weights), scale)
	}
}
