package main

import (
	"fmt"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/dmae/train"
)

type pretrainCmd struct {
	dataFlags
	trainFlags
	Model        string   `help:"The model to train, one of the presets that 'dmae version --capabilities' lists." default:"dmae_vit_tiny_patch4_28" placeholder:"PRESET"`
	Epochs       int      `help:"Epochs in all." default:"50"`
	WarmupEpochs float64  `help:"Epochs of linear warm-up from 0." default:"10" placeholder:"EPOCHS"`
	BLR          float64  `name:"blr" help:"Base learning rate: the peak for 256 images a step." default:"1.5e-4" placeholder:"RATE"`
	MinLR        float64  `name:"min-lr" help:"Learning rate at the end of the half-cosine." default:"0" placeholder:"RATE"`
	MaskRatio    *float64 `help:"Share of the patches that are hidden (default: the preset's, 0.75)." placeholder:"SHARE"`
	NormPixLoss  *bool    `help:"Reconstruct patches normalised by their own mean and variance (default: the preset's, yes)." negatable:""`
	NormPixEps   *float64 `help:"Added to the variance in that normalisation (default: the preset's)." placeholder:"EPS"`
}

func (pretrainCmd) Help() string {
	return "Labels play no part. Killed or stopped, the run goes on bit for bit with --resume auto.\n\nExample: dmae pretrain --data builtin:fashion-mnist --epochs 8 --warmup-epochs 1 --batch-size 128 --lr 1.5e-3 --out runs/pretrain"
}

// Run pre-trains an autoencoder.
func (c *pretrainCmd) Run(e *env) error {
	if err := c.check(); err != nil {
		return err
	}
	model, err := dmae.Preset(c.Model)
	if err != nil {
		return misuse{err}
	}
	images, err := c.open(e, data.Train, model.Channels)
	if err != nil {
		return err
	}
	images = data.First(images, c.MaxImages)
	if model, err = fit(model, images); err != nil {
		return err
	}
	model.Sigma = c.Sigma
	if c.MaskRatio != nil {
		model.MaskRatio = *c.MaskRatio
	}
	if c.NormPixLoss != nil {
		model.NormPix = *c.NormPixLoss
	}
	if c.NormPixEps != nil {
		model.NormPixEps = *c.NormPixEps
	}
	recipe := c.recipe(train.StagePretrain, c.BLR, c.MinLR, c.WarmupEpochs, c.Epochs)
	recipe.Beta2 = 0.95
	if err := recipe.Validate(); err != nil {
		return misuse{err}
	}
	b, err := c.backend()
	if err != nil {
		return err
	}
	defer b.Close()
	o := c.options(model, recipe, images)
	o.Backend, o.MaxCorrupt, o.Log = b, c.corrupt(), e.note
	report, done := trainingProgress(e, "pretrain")
	o.Progress = report
	result, err := train.Pretrain(e.ctx, o)
	done()
	if err != nil {
		return err
	}
	return printTraining(e, c.JSON, result)
}

// printTraining shows where the result of a training run is.
func printTraining(e *env, json bool, r *train.Result) error {
	if json {
		return printJSON(e.stdout, struct {
			Checkpoint string      `json:"checkpoint"`
			Resumed    bool        `json:"resumed"`
			Last       train.Entry `json:"last"`
		}{r.Checkpoint, r.Resumed, r.Last})
	}
	fmt.Fprintf(e.stdout, "checkpoint %s, training loss %.4f", r.Checkpoint, r.Last.TrainLoss)
	if r.Last.TestAcc1 != nil {
		fmt.Fprintf(e.stdout, ", test accuracy %.2f%% clean, %.2f%% under noise", *r.Last.TestAcc1, *r.Last.NoisyAcc1)
	}
	fmt.Fprintln(e.stdout)
	return nil
}
