package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/train"
	"github.com/godmae/godmae/internal/printable"
)

// defaultPreset is the model for the embedded images.
const defaultPreset = "dmae_vit_tiny_patch4_28"

type pretrainCmd struct {
	trainFlags
	Model string `help:"The model to train, one of the presets that 'dmae version --capabilities' lists (default: dmae_vit_tiny_patch4_28)." placeholder:"PRESET"`
	Init  string `help:"Checkpoint of an autoencoder whose pre-training is continued, instead of --model, with the moments and the step count of its optimiser, if it has them. From an encoder or a classifier the encoder is used, with a new decoder." placeholder:"FILE"`
	archFlags
	Epochs       int      `help:"Total number of epochs." default:"50" placeholder:"N"`
	WarmupEpochs float64  `help:"Epochs of linear warm-up from 0." default:"10" placeholder:"EPOCHS"`
	BLR          float64  `name:"blr" help:"Base learning rate: the peak for 256 images per step." default:"1.5e-4" placeholder:"RATE"`
	MinLR        float64  `name:"min-lr" help:"Learning rate at the end of the half cosine." default:"0" placeholder:"RATE"`
	WeightDecay  float64  `help:"Weight decay of AdamW." default:"0.05" placeholder:"RATE"`
	MaskRatio    *float64 `help:"Share of the patches that are hidden (default: the preset's, 0.75)." placeholder:"SHARE"`
	NormPixLoss  *bool    `help:"Reconstruct patches normalised by their own mean and variance (default: the preset's, yes)." negatable:""`
	NormPixEps   *float64 `help:"Added to the variance in that normalisation (default: the preset's)." placeholder:"EPS"`
}

func (pretrainCmd) Help() string {
	return "Labels are not used. A stopped or killed run continues bit for bit with --resume auto.\n\nExample: dmae pretrain --data builtin:fashion-mnist --epochs 8 --warmup-epochs 1 --batch-size 128 --lr 1.5e-3 --out runs/pretrain\n\n" + recipesHelp("pretrain")
}

// Run pre-trains an autoencoder.
func (c *pretrainCmd) Run(e *env) error {
	if err := c.check("pretrain"); err != nil {
		return err
	}
	if err := c.archFlags.belong(c.Init, c.resumed()); err != nil {
		return err
	}
	model, err := c.model(e)
	if err != nil {
		return err
	}
	source, err := c.source(e, model.Channels)
	if err != nil {
		return err
	}
	images, err := c.images(source)
	if err != nil {
		return err
	}
	if model, err = c.fit("pretrain", model, images); err != nil {
		return err
	}
	if c.MaskRatio != nil {
		model.MaskRatio = *c.MaskRatio
	}
	if c.NormPixLoss != nil {
		model.NormPix = *c.NormPixLoss
	}
	if c.NormPixEps != nil {
		model.NormPixEps = *c.NormPixEps
	}
	if err := checkModel(&model); err != nil {
		return err
	}
	recipe := c.recipe(train.StagePretrain, stageFlags{c.BLR, c.MinLR, c.WarmupEpochs, c.WeightDecay, c.Epochs})
	recipe.Beta2 = 0.95
	if err := recipe.Validate(); err != nil {
		return misuse{err}
	}
	c.noteRecipe(e, "pretrain", model)
	if c.DryRun {
		return c.dry(e, "pretrain", model, recipe, images)
	}
	o := c.options(e, &c.archFlags, model, recipe, images)
	o.Init = c.Init
	return c.run(e, train.Pretrain, o)
}

// model returns the configuration to train: of a preset or of a checkpoint.
func (c *pretrainCmd) model(e *env) (dmae.Config, error) {
	switch {
	case c.Init != "" && c.Model != "":
		return dmae.Config{}, misused("--init and --model cannot be used together: the checkpoint says which model it is")
	case c.Init != "":
		model, err := c.configOf(e, c.Init, &c.archFlags, dmae.Reader.DescribeStart)
		return model.StartConfig(), err
	case c.Model == "" && c.resumed() != "":
		return c.configOf(e, c.resumed(), &c.archFlags, dmae.Reader.Describe)
	case c.Model == "":
		return dmae.Preset(defaultPreset)
	}
	model, err := dmae.Preset(c.Model)
	if err != nil {
		return model, misuse{err}
	}
	return model, nil
}

// run trains a stage and prints its result.
func (f *trainFlags) run(e *env, stage func(context.Context, train.Options) (*train.Result, error), o train.Options) error {
	b, err := f.backend()
	if err != nil {
		return err
	}
	defer b.Close()
	report, done := trainingProgress(e, o.Recipe.Stage)
	o.Backend, o.Progress = b, report
	if err := f.followResumed(&o); err != nil {
		return err
	}
	r, err := stage(e.ctx, o)
	done()
	if err != nil {
		return err
	}
	if f.JSON {
		return printJSON(e.stdout, struct {
			Checkpoint string      `json:"checkpoint"`
			Resumed    bool        `json:"resumed"`
			Last       train.Entry `json:"last"`
			Best       *train.Best `json:"best,omitempty"`
		}{r.Checkpoint, r.Resumed, r.Last, r.Best})
	}
	fmt.Fprintf(e.stdout, "checkpoint %s, training loss %.4f", printable.Text(r.Checkpoint), r.Last.TrainLoss)
	if r.Last.TestAcc1 != nil {
		fmt.Fprintf(e.stdout, ", %s accuracy %.2f%% clean, %.2f%% under noise", r.Last.EvalSplit, *r.Last.TestAcc1, *r.Last.NoisyAcc1)
	}
	if r.Best != nil {
		fmt.Fprintf(e.stdout, "; the best model is that of epoch %d in log.txt, %.2f%% under noise: %s", r.Best.Epoch, r.Best.Acc1, printable.Text(filepath.Join(filepath.Dir(r.Checkpoint), train.BestName)))
	}
	fmt.Fprintln(e.stdout)
	return nil
}
