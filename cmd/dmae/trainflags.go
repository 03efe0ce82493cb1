package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/convert"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/dmae/train"
	"github.com/godmae/godmae/nn/checkpoint"
)

// trainFlags are common to the stages of training. Their names are those of the
// official scripts.
type trainFlags struct {
	computeFlags
	outputFlags
	Data string `help:"${data_help} Not needed for a dry run." placeholder:"DATA"`
	splitFlags
	Recipe  string `help:"Name of a recipe (listed above): values for flags that are not given." placeholder:"NAME"`
	DryRun  bool   `help:"Print what would be done: configuration, parameter groups, steps, learning rates; train nothing."`
	LRCurve string `name:"lr-curve" help:"With --dry-run: draw the learning rates into this PNG or SVG file (default with --out: lr.png there)." placeholder:"FILE"`

	MaxImages      int       `help:"Use the first N training images only; 0 for all." default:"0" placeholder:"N"`
	Out            string    `help:"Folder for checkpoint.safetensors and log.txt." placeholder:"DIR"`
	Resume         string    `help:"Continue from a checkpoint: auto for the one in --out, if it exists, or a path, also of a .pth of the official code." placeholder:"auto|FILE"`
	Overwrite      bool      `help:"Allow a new run to replace the checkpoint in --out."`
	Seed           uint64    `help:"Seed of all random numbers." default:"0" placeholder:"N"`
	BatchSize      int       `help:"Images that are processed at a time." default:"64" placeholder:"N"`
	AccumIter      int       `help:"Batches per optimiser step; the result depends only on batch size * accum iter." default:"1" placeholder:"N"`
	GradShards     int       `help:"Groups of images, a power of two, in which the gradients of a step are summed; the result depends on it. More than 1 is for devices and machines that share a step." default:"1" placeholder:"S"`
	EffectiveBatch int       `help:"Images per optimiser step, instead of --accum-iter; 0 for batch size * accum iter." default:"0" placeholder:"N"`
	LR             *float64  `name:"lr" help:"Peak learning rate, instead of --blr." placeholder:"RATE"`
	ClipGrad       float64   `help:"Largest gradient norm; 0 for no limit." default:"0" placeholder:"NORM"`
	Sigma          float64   `help:"Standard deviation of the noise, in units of pixels scaled to [0,1]." default:"0.25" placeholder:"SIGMA"`
	Mean           []float64 `help:"Mean of each channel, of pixels scaled to [0,1], subtracted inside the model (default: the model's)." placeholder:"MEAN"`
	Std            []float64 `help:"Standard deviation of each channel, divided by inside the model (default: the model's)." placeholder:"STD"`
	Flip           bool      `help:"Flip half of the images horizontally." default:"true" negatable:""`
	CropMin        float64   `help:"Smallest share of the area that a random resized crop keeps; 0 for no crops." default:"0" placeholder:"SHARE"`
	SaveEvery      int       `help:"Save also after every N optimiser steps, not only after epochs." default:"0" placeholder:"N"`
	Workers        int       `help:"Goroutines that decode and augment images." default:"1" placeholder:"N"`
	JSON           bool      `name:"json" help:"Print the result as a JSON object."`
}

// batch returns the number of images per optimiser step.
func (f *trainFlags) batch() int {
	if f.EffectiveBatch > 0 {
		return f.EffectiveBatch
	}
	return f.BatchSize * f.AccumIter
}

// check returns an error for invalid flags, and completes the others.
func (f *trainFlags) check(command string) error {
	var missing []string
	if f.Data == "" && !f.DryRun {
		missing = append(missing, "--data=DATA")
	}
	if f.Out == "" && !f.DryRun {
		missing = append(missing, "--out=DIR")
	}
	if len(missing) > 0 {
		return misused("missing flags: %s", strings.Join(missing, ", "))
	}
	if f.Recipe != "" {
		if _, err := findRecipe(command, f.Recipe); err != nil {
			return err
		}
	}
	if f.LRCurve != "" && !f.DryRun {
		return misused("--lr-curve %s needs --dry-run", f.LRCurve)
	}
	if f.BatchSize < 1 || f.AccumIter < 1 {
		return misused("--batch-size %d with --accum-iter %d cannot be used: both must be at least 1", f.BatchSize, f.AccumIter)
	}
	if f.EffectiveBatch != 0 {
		if f.EffectiveBatch < 0 || f.EffectiveBatch%f.BatchSize != 0 {
			return misused("--effective-batch %d cannot be made of batches of --batch-size %d; use a divisor", f.EffectiveBatch, f.BatchSize)
		}
		if f.AccumIter > 1 && f.BatchSize*f.AccumIter != f.EffectiveBatch {
			return misused("--effective-batch %d is not --batch-size %d times --accum-iter %d; leave --accum-iter out", f.EffectiveBatch, f.BatchSize, f.AccumIter)
		}
	}
	if err := atLeast(0, number{"--max-images", f.MaxImages}, number{"--save-every", f.SaveEvery}, number{"--workers", f.Workers}); err != nil {
		return err
	}
	if err := atLeast(1, number{"--grad-shards", f.GradShards}); err != nil {
		return err
	}
	return f.outputFlags.check()
}

// stageFlags are those whose defaults depend on the stage; each stage declares
// its own.
type stageFlags struct {
	blr, minLR, warmup, weightDecay float64
	epochs                          int
}

// recipe fills in the flags that all stages share.
func (f *trainFlags) recipe(stage string, s stageFlags) train.Recipe {
	batch := f.batch()
	r := train.Recipe{
		Stage: stage, Seed: f.Seed, Batch: batch, Epochs: s.epochs, WarmupEpochs: s.warmup,
		LR: train.ScaledLR(s.blr, batch), MinLR: s.minLR,
		WeightDecay: s.weightDecay, Beta1: 0.9, ClipGrad: f.ClipGrad,
		Flip: f.Flip, CropMin: f.CropMin,
	}
	if f.LR != nil {
		r.LR = *f.LR
	}
	r.EMA = f.EMA
	if f.GradShards != 1 {
		r.GradShards = f.GradShards
	}
	return r
}

// noteRecipe notes a recipe that is for a model of another size.
func (f *trainFlags) noteRecipe(e *env, command string, model dmae.Config) {
	r, err := findRecipe(command, f.Recipe)
	if err != nil {
		return // none was given
	}
	if p, err := dmae.Preset(r.model); err == nil && (p.Width != model.Width || p.Depth != model.Depth || p.Patch != model.Patch) {
		e.note("the recipe " + r.name + " is for " + r.model + "; it is used for " + model.Name)
	}
}

// options fills in the options that all stages share.
func (f *trainFlags) options(e *env, a *archFlags, model dmae.Config, recipe train.Recipe, images data.Dataset) train.Options {
	o := train.Options{
		Model: model, Recipe: recipe, MicroBatch: f.BatchSize, Train: images,
		Out: f.Out, Resume: f.Resume, Overwrite: f.Overwrite, SaveEvery: f.SaveEvery, Workers: f.Workers,
		MaxCorrupt: f.corrupt(), Preprocess: f.Preprocess, Log: e.note,
	}
	o.Reader = a.reader(f.Mean, f.Std)
	o.Open = func(path string) (*checkpoint.File, error) { return convert.Open(path, o.Reader) }
	f.outputFlags.apply(&o)
	return o
}

// resumed returns the checkpoint that --resume continues from, "" if there is
// none.
func (f *trainFlags) resumed() string {
	if f.Resume != "auto" {
		return f.Resume
	}
	here := filepath.Join(f.Out, train.CheckpointName)
	if _, err := os.Stat(here); err != nil {
		return ""
	}
	return here
}

// followResumed sets the preprocessing of a resumed run to the one in its
// checkpoint, unless --preprocess is given.
func (f *trainFlags) followResumed(o *train.Options) error {
	from := f.resumed()
	if from == "" || f.Preprocess != data.PreprocessAuto {
		return nil
	}
	file, err := checkpoint.Open(from)
	if err != nil {
		return err
	}
	defer file.Close()
	o.Preprocess = train.RecordedPreprocess(file.Metadata(), o.Train, &o.Model)
	return nil
}

// source recognises --data, nil in a dry run without.
func (f *trainFlags) source(e *env, channels int) (*data.Source, error) {
	if f.Data == "" {
		return nil, nil
	}
	return f.find(e, f.Data, channels)
}

// images opens the training images of a source, nil for none.
func (f *trainFlags) images(source *data.Source) (data.Dataset, error) {
	if source == nil {
		return nil, nil
	}
	images, err := source.Open(data.Train)
	if err != nil {
		return nil, err
	}
	return data.First(images, f.MaxImages), nil
}

// fit adapts a model to its images, nil in a dry run without, and to the flags.
func (f *trainFlags) fit(command string, model dmae.Config, images data.Dataset) (dmae.Config, error) {
	model.DataSize = model.ImageSize
	if images != nil {
		var err error
		if model, err = fit(model, images); err != nil {
			return model, err
		}
	} else if r, err := f.standIn(command); err != nil {
		return model, err
	} else if r.images == cifarImages {
		model.DataSize = min(cifarSize, model.ImageSize)
	}
	model.Sigma = f.Sigma
	if f.Mean != nil {
		model.Mean = f.Mean
	}
	if f.Std != nil {
		model.Std = f.Std
	}
	return model, f.checkNormalisation(&model)
}
