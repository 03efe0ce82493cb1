package train

import (
	"cmp"
	"context"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/nn/optim"
	"github.com/godmae/godmae/tensor"
)

// Pretrain trains the autoencoder Options.Model describes to restore clean
// images from noisy ones of which most patches are hidden (paper, section 3).
// Labels are not used. When ctx is cancelled it saves and returns an error that
// is ErrInterrupted.
func Pretrain(ctx context.Context, o Options) (result *Result, err error) {
	r, err := newRun(o, StagePretrain)
	if err != nil {
		return nil, err
	}
	defer func() { err = r.close(err) }()
	model, err := dmae.NewAutoencoder(r.memory, o.Model)
	if err != nil {
		return nil, err
	}
	c := &model.Config
	n, patches := r.opt.MicroBatch, c.Patches()
	r.params, r.describe = model.Params, model.Metadata
	adam := optim.NewAdamW(model.Params, o.Recipe.Beta1, o.Recipe.Beta2, optim.Pretrain(o.Recipe.WeightDecay))
	r.optimiser = adam
	r.stage = &pretraining{
		batchRunner: r.newBatchRunner(c, n, 1),
		model:       model,
		config:      c,
		mask:        cmp.Or(o.Mask, &dmae.UniformMasking),
		keep:        make([]int32, n*(1+c.Visible())),
		restore:     make([]int32, n*patches),
		keepIDs:     r.memory.Persist(tensor.I32, tensor.Of(n, 1+c.Visible())),
		restoreIDs:  r.memory.Persist(tensor.I32, tensor.Of(n, patches)),
	}
	model.Init(o.Recipe.Seed)
	if o.Init != "" {
		if err := r.initialise(model, adam); err != nil {
			return nil, err
		}
	}
	return r.start(ctx)
}

// pretraining is the stage of Pretrain.
type pretraining struct {
	*batchRunner
	model               pretrained
	config              *dmae.Config
	mask                *dmae.Masking
	keep, restore       []int32
	keepIDs, restoreIDs *tensor.Tensor
}

func (p *pretraining) accumulate(b *data.Batch, at place, to *reading) {
	c := p.config
	p.mask.IDs(p.seed, at.epoch, b.Index, c.Patches(), c.MaskRatio, p.keep, p.restore)
	p.b.Upload(p.keepIDs, p.keep)
	p.b.Upload(p.restoreIDs, p.restore)
	p.run(b, at, to, func(t *autograd.Tape, clean, noisy *tensor.Tensor) terms {
		loss, _ := p.model.Forward(t, clean, noisy, p.keepIDs, p.restoreIDs)
		return terms{rows: loss}
	})
}

// evaluate measures nothing: pre-training has no accuracy.
func (p *pretraining) evaluate(context.Context, *Entry) error { return nil }
