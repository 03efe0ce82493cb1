package main

import (
	"errors"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/dmae/train"
	"github.com/godmae/godmae/nn/checkpoint"
)

type finetuneCmd struct {
	dataFlags
	trainFlags
	Finetune       string  `help:"Checkpoint of the autoencoder whose encoder is the start." placeholder:"FILE"`
	Model          string  `help:"Preset of the model to train from scratch, in place of --finetune." placeholder:"PRESET"`
	Epochs         int     `help:"Epochs in all." default:"50"`
	WarmupEpochs   float64 `help:"Epochs of linear warm-up from 0." default:"5" placeholder:"EPOCHS"`
	BLR            float64 `name:"blr" help:"Base learning rate: the peak for 256 images a step." default:"5e-4" placeholder:"RATE"`
	MinLR          float64 `name:"min-lr" help:"Learning rate at the end of the half-cosine." default:"1e-6" placeholder:"RATE"`
	LayerDecay     float64 `help:"Factor of the learning rate from one block to the one before it." default:"0.65" placeholder:"FACTOR"`
	DropPath       float64 `help:"Rate of stochastic depth in the last block." default:"0.1" placeholder:"RATE"`
	Smoothing      float64 `help:"Label smoothing." default:"0.1" placeholder:"SHARE"`
	ConReg         bool    `help:"Consistency regularisation between noisy copies of an image."`
	NumNoiseSample int     `help:"Noisy copies of each image in a batch, with --con-reg." default:"2" placeholder:"N"`
	RegForm        string  `help:"Form of the regulariser: default (lbd KL + eta H), xent (lbd (KL + H)), kl (lbd KL) or mse (lbd squared difference)." enum:"default,xent,kl,mse" default:"default"`
	RegLbd         float64 `help:"Weight lbd of the regulariser." default:"2" placeholder:"WEIGHT"`
	RegEta         float64 `help:"Weight eta of the entropy in the default form." default:"0.5" placeholder:"WEIGHT"`
	GlobalPool     bool    `help:"Classify the mean of the patch tokens; --no-global-pool takes the class token." default:"true" negatable:""`
	Balanced       int     `help:"Use the first N training images of each class only; 0 for all." default:"0" placeholder:"N"`
	EvalSplit      string  `help:"Split to evaluate on: val, test or none." enum:"val,test,none" default:"test"`
	EvalEvery      int     `help:"Evaluate after every N epochs; 0 for the last one alone." default:"1" placeholder:"N"`
}

func (finetuneCmd) Help() string {
	return "A separate classifier is fine-tuned for each sigma.\n\nExample: dmae finetune --data builtin:fashion-mnist --finetune runs/pretrain/checkpoint.safetensors --sigma 0.25 --epochs 60 --out runs/finetune"
}

// model returns the configuration to train, and whether it names an encoder.
func (c *finetuneCmd) model() (dmae.Config, error) {
	switch {
	case c.Finetune != "" && c.Model != "":
		return dmae.Config{}, misused("--finetune and --model cannot be used together: the checkpoint says which model it is")
	case c.Finetune == "" && c.Model == "":
		return dmae.Config{}, misused("give --finetune and a checkpoint to start from, or --model and a preset to train from scratch")
	case c.Model != "":
		model, err := dmae.Preset(c.Model)
		if err != nil {
			return model, misuse{err}
		}
		return model, nil
	}
	f, err := checkpoint.Open(c.Finetune)
	if err != nil {
		return dmae.Config{}, err
	}
	_, model, err := dmae.Describe(f)
	return model, errors.Join(err, f.Close())
}

// Run fine-tunes a classifier.
func (c *finetuneCmd) Run(e *env) error {
	if err := c.check(); err != nil {
		return err
	}
	if c.Balanced < 0 || c.EvalEvery < 0 {
		return misused("--balanced %d and --eval-every %d must not be negative", c.Balanced, c.EvalEvery)
	}
	model, err := c.model()
	if err != nil {
		return err
	}
	source, err := c.find(e, model.Channels)
	if err != nil {
		return err
	}
	images, err := source.Open(data.Train)
	if err != nil {
		return err
	}
	if c.Balanced > 0 {
		if images, err = data.Balanced(images, c.Balanced); err != nil {
			return err
		}
	}
	images = data.First(images, c.MaxImages)
	if model, err = fit(model, images); err != nil {
		return err
	}
	model.Sigma, model.DropPath, model.GlobalPool = c.Sigma, c.DropPath, c.GlobalPool
	model.Classes, model.ClassNames = len(images.Classes()), images.Classes()
	recipe := c.recipe(train.StageFinetune, c.BLR, c.MinLR, c.WarmupEpochs, c.Epochs)
	recipe.Beta2, recipe.LayerDecay, recipe.Smoothing = 0.999, c.LayerDecay, c.Smoothing
	if c.ConReg {
		recipe.Copies, recipe.Consistency, recipe.Lambda, recipe.Eta = c.NumNoiseSample, c.RegForm, c.RegLbd, c.RegEta
	}
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
	o.Encoder, o.EvalEvery = c.Finetune, c.EvalEvery
	if c.EvalSplit != "none" {
		if o.Test, err = source.Open(data.Split(c.EvalSplit)); err != nil {
			return err
		}
	}
	report, done := trainingProgress(e, "finetune")
	o.Progress = report
	result, err := train.Finetune(e.ctx, o)
	done()
	if err != nil {
		return err
	}
	return printTraining(e, c.JSON, result)
}
