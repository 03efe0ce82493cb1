package main

import "github.com/godmae/godmae/dmae/train"

type linprobeCmd struct {
	trainFlags
	encoderFlags
	Epochs       int     `help:"Total number of epochs." default:"90" placeholder:"N"`
	WarmupEpochs float64 `help:"Epochs of linear warm-up from 0." default:"10" placeholder:"EPOCHS"`
	BLR          float64 `name:"blr" help:"Base learning rate: the peak for 256 images per step." default:"0.1" placeholder:"RATE"`
	MinLR        float64 `name:"min-lr" help:"Learning rate at the end of the half cosine." default:"0" placeholder:"RATE"`
	WeightDecay  float64 `help:"Weight decay of LARS." default:"0" placeholder:"RATE"`
	Momentum     float64 `help:"Momentum of LARS." default:"0.9" placeholder:"SHARE"`
	Trust        float64 `help:"Trust coefficient of LARS; 0 for plain momentum." default:"0.001" placeholder:"SHARE"`
	BNBatch      int     `name:"bn-batch" help:"Images in a batch of batch normalisation; 0 for 512, or for all images of a step if they are fewer." default:"0" placeholder:"N"`
	GlobalPool   bool    `help:"Classify the mean of the patch tokens, not the class token." negatable:""`
}

func (linprobeCmd) Help() string {
	return "Trains a linear layer after batch normalisation on the features of a frozen encoder, with LARS. The result is a classifier like any other: it can be evaluated and certified.\n\nExample: dmae linprobe --data builtin:fashion-mnist --finetune runs/pretrain/checkpoint.safetensors --sigma 0.25 --batch-size 128 --effective-batch 512 --epochs 20 --out runs/linprobe\n\n" + recipesHelp("linprobe")
}

// Run trains a linear probe.
func (c *linprobeCmd) Run(e *env) error {
	if err := c.check("linprobe"); err != nil {
		return err
	}
	model, source, images, err := c.classifier(e, "linprobe", &c.trainFlags)
	if err != nil {
		return err
	}
	model.GlobalPool = c.GlobalPool
	if err := checkModel(&model); err != nil {
		return err
	}
	recipe := c.recipe(train.StageLinprobe, stageFlags{c.BLR, c.MinLR, c.WarmupEpochs, c.WeightDecay, c.Epochs})
	recipe.Beta1, recipe.Momentum, recipe.Trust, recipe.BatchNorm = 0, c.Momentum, c.Trust, c.BNBatch
	if c.BNBatch == 0 {
		recipe.BatchNorm = min(recipe.Batch, train.ProbeBatch)
	}
	if err := recipe.Validate(); err != nil {
		return misuse{err}
	}
	c.noteRecipe(e, "linprobe", model)
	if c.DryRun {
		if err := c.dryEvaluation(e, source, images); err != nil {
			return err
		}
		return c.dry(e, "linprobe", model, recipe, images)
	}
	o, err := c.encoderFlags.options(e, &c.trainFlags, model, recipe, source, images)
	if err != nil {
		return err
	}
	return c.run(e, train.Linprobe, o)
}
