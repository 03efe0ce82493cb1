package main

import (
	"errors"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/dmae/train"
	"github.com/godmae/godmae/nn/checkpoint"
)

type finetuneCmd struct {
	trainFlags
	encoderFlags
	Epochs       int     `help:"Total number of epochs." default:"50" placeholder:"N"`
	WarmupEpochs float64 `help:"Epochs of linear warm-up from 0." default:"5" placeholder:"EPOCHS"`
	BLR          float64 `name:"blr" help:"Base learning rate: the peak for 256 images per step." default:"5e-4" placeholder:"RATE"`
	MinLR        float64 `name:"min-lr" help:"Learning rate at the end of the half cosine." default:"1e-6" placeholder:"RATE"`
	WeightDecay  float64 `help:"Weight decay of AdamW." default:"0.05" placeholder:"RATE"`
	LayerDecay   float64 `help:"Factor of the learning rate from one block to the one before it." default:"0.65" placeholder:"FACTOR"`
	DropPath     float64 `help:"Rate of stochastic depth in the last block." default:"0.1" placeholder:"RATE"`
	Smoothing    float64 `help:"Label smoothing." default:"0.1" placeholder:"SHARE"`
	GlobalPool   bool    `help:"Classify the mean of the patch tokens; --no-global-pool classifies the class token." default:"true" negatable:""`
	consistencyFlags
	mixFlags
	augmentFlags
}

// encoderFlags choose the initial weights of a classifier, its training images
// and its evaluation images.
type encoderFlags struct {
	Finetune string `help:"Checkpoint with the initial encoder, of godmae or PyTorch: an autoencoder, an encoder, or a classifier, whose head is not used." placeholder:"FILE"`
	archFlags
	InputSize int    `help:"Side of the model's input, if it differs from the checkpoint's or preset's; position embeddings are interpolated." placeholder:"PIXELS"`
	Model     string `help:"Preset of the model to train from scratch, instead of --finetune." placeholder:"PRESET"`
	Balanced  int    `help:"Use the first N training images of each class only; 0 for all." default:"0" placeholder:"N"`
	EvalSplit string `help:"Split to evaluate on: val, test, none, or auto: val if there are both val and test, as with --val-fraction, else test. best.safetensors is chosen on val, never on test." enum:"auto,val,test,none" default:"auto"`
	positionFlag
	EvalEvery int `help:"Evaluate after every N epochs; 0 for the last one only." default:"1" placeholder:"N"`
}

// consistencyFlags are those of the consistency regulariser.
type consistencyFlags struct {
	ConReg         bool    `help:"Consistency regularisation between noisy copies of an image." negatable:""`
	NumNoiseSample int     `help:"Noisy copies of each image in a batch, with --con-reg." default:"2" placeholder:"N"`
	RegForm        string  `help:"Form of the regulariser: default (lbd KL + eta H), xent (lbd (KL + H)), kl (lbd KL) or mse (lbd squared difference)." enum:"default,xent,kl,mse" default:"default"`
	RegLbd         float64 `help:"Weight lbd of the regulariser." default:"2" placeholder:"WEIGHT"`
	RegEta         float64 `help:"Weight eta of the entropy in the default form." default:"0.5" placeholder:"WEIGHT"`
}

func (f *consistencyFlags) apply(r *train.Recipe) {
	if f.ConReg {
		r.Copies, r.Consistency, r.Lambda, r.Eta = f.NumNoiseSample, f.RegForm, f.RegLbd, f.RegEta
	}
}

// mixFlags are those of mixup and cutmix.
type mixFlags struct {
	Mixup           float64   `help:"Mixup: alpha of the Beta distribution of two images' weights; 0 for none." default:"0" placeholder:"ALPHA"`
	Cutmix          float64   `help:"Cutmix: alpha of the Beta distribution of the size of the box; 0 for none." default:"0" placeholder:"ALPHA"`
	CutmixMinmax    []float64 `help:"Bounds of the sides of cutmix's box, as shares of the image's, instead of --cutmix." placeholder:"MIN,MAX"`
	MixupProb       float64   `help:"Probability of mixup or cutmix in a draw (see --mixup-mode)." default:"1" placeholder:"SHARE"`
	MixupSwitchProb float64   `help:"Probability of cutmix if both are on." default:"0.5" placeholder:"SHARE"`
	MixupMode       string    `help:"Images that share a draw: batch (all images of a step), pair (two that are blended with each other) or elem (each noisy copy of an image)." enum:"batch,pair,elem" default:"batch"`
	MixupOrder      string    `help:"noise-first blends noisy images, as the official code does, which weakens the noise by up to the root of 2; mix-first adds the noise to blended images." enum:"noise-first,mix-first" default:"noise-first"`
}

func (f *mixFlags) apply(r *train.Recipe) error {
	m := data.Mix{Mode: data.MixMode(f.MixupMode), Mixup: f.Mixup, Cutmix: f.Cutmix, Prob: f.MixupProb, Switch: f.MixupSwitchProb}
	if m.Mode == data.MixBatch {
		m.Mode = "" // as in checkpoints of versions without the other modes
	}
	if f.CutmixMinmax != nil {
		if len(f.CutmixMinmax) != 2 {
			return misused("--cutmix-minmax needs two numbers, such as 0.2,0.8, not %d", len(f.CutmixMinmax))
		}
		m.MinMax = [2]float64(f.CutmixMinmax)
	}
	if err := m.Validate(); err != nil {
		return misused("the %w", err)
	}
	if m.Mixup != 0 || m.Cutmix != 0 || f.CutmixMinmax != nil {
		r.Mix, r.MixClean = &m, f.MixupOrder == "mix-first"
	}
	return nil
}

// augmentFlags are those of colour jitter, RandAugment and random erasing.
type augmentFlags struct {
	ColorJitter float64 `help:"Change brightness, contrast and saturation by up to this share, in random order, instead of --aa; 0 for none." default:"0" placeholder:"SHARE"`
	AA          string  `name:"aa" help:"Policy of RandAugment, such as rand-m9-mstd0.5-inc1, or none." default:"none" placeholder:"POLICY"`
	Reprob      float64 `help:"Random erasing: probability that boxes of an image are erased, before the noise." default:"0" placeholder:"SHARE"`
	Remode      string  `help:"Random erasing: const (mean colour), rand (one random colour) or pixel (a random colour for each pixel)." enum:"const,rand,pixel" default:"pixel"`
	Recount     int     `help:"Random erasing: number of boxes in an image." default:"1" placeholder:"N"`
}

func (f *augmentFlags) apply(r *train.Recipe) error {
	if err := atLeast(1, number{"--recount", f.Recount}); err != nil {
		return err
	}
	r.ColorJitter = f.ColorJitter
	if f.AA != "none" {
		r.AutoAugment = f.AA
	}
	if f.Reprob != 0 {
		r.EraseProb, r.EraseMode, r.EraseCount = f.Reprob, data.EraseMode(f.Remode), f.Recount
	}
	return nil
}

func (finetuneCmd) Help() string {
	return "Each sigma needs its own classifier.\n\nExample: dmae finetune --data builtin:fashion-mnist --finetune runs/pretrain/checkpoint.safetensors --sigma 0.25 --epochs 60 --out runs/finetune\n\n" + recipesHelp("finetune")
}

// config returns the configuration to train: that of the checkpoint or of the
// preset; in a dry run with neither, that of the recipe.
func (f *encoderFlags) config(e *env, command string, t *trainFlags) (dmae.Config, error) {
	preset := f.Model
	switch {
	case f.Finetune != "" && f.Model != "":
		return dmae.Config{}, misused("--finetune and --model cannot be used together: the checkpoint says which model it is")
	case f.Finetune == "" && f.Model == "" && t.resumed() != "":
		model, err := t.configOf(e, t.resumed(), &f.archFlags, dmae.Reader.Describe)
		return f.resized(model), err
	case f.Finetune == "" && f.Model == "":
		if !t.DryRun || t.Recipe == "" {
			return dmae.Config{}, misused("give --finetune and a checkpoint to start from, or --model and a preset to train from scratch")
		}
		r, err := findRecipe(command, t.Recipe)
		if err != nil {
			return dmae.Config{}, err
		}
		preset = r.model
	}
	if preset != "" {
		model, err := dmae.Preset(preset)
		if err != nil {
			return model, misuse{err}
		}
		return f.resized(model), nil
	}
	model, err := t.configOf(e, f.Finetune, &f.archFlags, dmae.Reader.DescribeStart)
	return f.resized(model.StartConfig()), err
}

// describe is a function that describes the model in a checkpoint.
type describe func(dmae.Reader, *checkpoint.File) (kind string, cfg dmae.Config, err error)

// configOf returns the configuration of the model in a checkpoint.
func (f *trainFlags) configOf(e *env, path string, a *archFlags, as describe) (dmae.Config, error) {
	file, err := checkpoint.Open(path)
	if err != nil {
		return dmae.Config{}, err
	}
	reader := a.reader(f.Mean, f.Std)
	reader.Note = e.note
	_, model, err := as(reader, file)
	return model, errors.Join(err, file.Close())
}

// resized applies --input-size.
func (f *encoderFlags) resized(model dmae.Config) dmae.Config {
	if f.InputSize != 0 {
		model.ImageSize, model.DataSize = f.InputSize, f.InputSize
	}
	return model
}

// classifier opens the images and adapts a model to them.
func (f *encoderFlags) classifier(e *env, command string, t *trainFlags) (model dmae.Config, source *data.Source, images data.Dataset, err error) {
	if err = atLeast(0, number{"--balanced", f.Balanced}, number{"--eval-every", f.EvalEvery}, number{"--input-size", f.InputSize}); err != nil {
		return model, nil, nil, err
	}
	if err = f.archFlags.belong(f.Finetune, t.resumed()); err != nil {
		return model, nil, nil, err
	}
	if model, err = f.config(e, command, t); err != nil {
		return model, nil, nil, err
	}
	if source, err = t.source(e, model.Channels); err != nil {
		return model, nil, nil, err
	}
	if source != nil {
		if images, err = source.Open(data.Train); err != nil {
			return model, nil, nil, err
		}
		if f.Balanced > 0 {
			if images, err = data.Balanced(images, f.Balanced); err != nil {
				return model, nil, nil, err
			}
		}
		images = data.First(images, t.MaxImages)
	}
	if model, err = t.fit(command, model, images); err != nil {
		return model, nil, nil, err
	}
	if images != nil {
		model.Classes, model.ClassNames = len(images.Classes()), images.Classes()
	} else if r, err := t.standIn(command); err != nil {
		return model, nil, nil, err
	} else {
		model.Classes = r.classes
	}
	return model, source, images, nil
}

// options fills in the options that both stages of classifiers share.
func (f *encoderFlags) options(e *env, t *trainFlags, model dmae.Config, recipe train.Recipe, source *data.Source, images data.Dataset) (train.Options, error) {
	o := t.options(e, &f.archFlags, model, recipe, images)
	o.Encoder, o.EvalEvery, o.ClassesByPosition = f.Finetune, f.EvalEvery, f.ClassesByPosition
	return o, f.evaluation(e, source, &o)
}

// Run fine-tunes a classifier.
func (c *finetuneCmd) Run(e *env) error {
	if err := c.check("finetune"); err != nil {
		return err
	}
	model, source, images, err := c.classifier(e, "finetune", &c.trainFlags)
	if err != nil {
		return err
	}
	model.DropPath, model.GlobalPool = c.DropPath, c.GlobalPool
	if err := checkModel(&model); err != nil {
		return err
	}
	recipe := c.recipe(train.StageFinetune, stageFlags{c.BLR, c.MinLR, c.WarmupEpochs, c.WeightDecay, c.Epochs})
	recipe.Beta2, recipe.LayerDecay, recipe.Smoothing = 0.999, c.LayerDecay, c.Smoothing
	c.consistencyFlags.apply(&recipe)
	if err := c.augmentFlags.apply(&recipe); err != nil {
		return err
	}
	if err := c.mixFlags.apply(&recipe); err != nil {
		return err
	}
	if err := recipe.Validate(); err != nil {
		return misuse{err}
	}
	if recipe.Mix != nil && recipe.Mix.On() && c.BatchSize%2 == 1 && c.BatchSize != recipe.Batch {
		return misused("--batch-size %d separates the pairs of images that mixup and cutmix blend; use an even number", c.BatchSize)
	}
	c.noteRecipe(e, "finetune", model)
	if c.DryRun {
		if err := c.dryEvaluation(e, source, images); err != nil {
			return err
		}
		return c.dry(e, "finetune", model, recipe, images)
	}
	o, err := c.encoderFlags.options(e, &c.trainFlags, model, recipe, source, images)
	if err != nil {
		return err
	}
	return c.run(e, train.Finetune, o)
}
