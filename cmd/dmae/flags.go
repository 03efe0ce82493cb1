package main

import (
	"fmt"
	"strconv"

	"github.com/alecthomas/kong"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/dmae/train"
	"github.com/godmae/godmae/ops/cpu"
)

// computeFlags say where to compute. They never change a result.
type computeFlags struct {
	Threads int `help:"Worker threads; 0 for all processors. The result does not depend on it." default:"0" placeholder:"N"`
}

// backend starts the backend; the caller closes it.
func (f *computeFlags) backend() (*cpu.Backend, error) {
	if f.Threads < 0 {
		return nil, misused("--threads %d cannot be used: give the number of worker threads, or 0 for all processors", f.Threads)
	}
	return cpu.New(cpu.Options{Threads: f.Threads}), nil
}

// flagDefaults are defaults that other packages choose.
var flagDefaults = kong.Vars{"max_corrupt": strconv.Itoa(data.DefaultMaxCorrupt)}

// dataFlags name a data set.
type dataFlags struct {
	Data        string  `required:"" help:"Images: builtin:fashion-mnist, or a folder of IDX files, CIFAR-10 batches or class folders of JPEG and PNG files, or a .tar.gz of those." placeholder:"DATA"`
	ValFraction float64 `help:"Share of the training images held out as the split val." default:"0" placeholder:"SHARE"`
	SplitSeed   uint64  `help:"Seed that chooses the images held out." default:"0" placeholder:"N"`
	MaxCorrupt  int     `help:"Number of corrupt images to leave out before giving up." default:"${max_corrupt}" placeholder:"N"`
}

// find recognises the data set, for a model of the given channels.
func (f *dataFlags) find(e *env, channels int) (*data.Source, error) {
	return data.Find(f.Data, data.Options{
		ValFraction: f.ValFraction, Seed: f.SplitSeed,
		Channels: channels, MaxCorrupt: f.corrupt(), Log: e.note,
	})
}

// open opens one split of the data set.
func (f *dataFlags) open(e *env, split data.Split, channels int) (data.Dataset, error) {
	source, err := f.find(e, channels)
	if err != nil {
		return nil, err
	}
	return source.Open(split)
}

// corrupt returns --max-corrupt in the form of package data, where 0 stands for
// the default and a negative number for none.
func (f *dataFlags) corrupt() int {
	if f.MaxCorrupt <= 0 {
		return -1
	}
	return f.MaxCorrupt
}

// trainFlags are common to pretrain and finetune. Their names are those of the
// official scripts.
type trainFlags struct {
	computeFlags
	MaxImages   int      `help:"Use the first N training images only; 0 for all." default:"0" placeholder:"N"`
	Out         string   `help:"Folder for checkpoint.safetensors and log.txt." required:"" placeholder:"DIR"`
	Resume      string   `help:"Go on from a checkpoint: auto for the one in --out if there is one, or a path." placeholder:"auto|FILE"`
	Overwrite   bool     `help:"Let a new run replace the checkpoint in --out."`
	Seed        uint64   `help:"Seed of everything random." default:"0" placeholder:"N"`
	BatchSize   int      `help:"Images that go through the model at a time." default:"64" placeholder:"N"`
	AccumIter   int      `help:"Batches behind one optimiser step; the result depends on batch size * accum iter alone." default:"1" placeholder:"N"`
	LR          *float64 `name:"lr" help:"Peak learning rate; takes the place of --blr." placeholder:"RATE"`
	WeightDecay float64  `help:"Weight decay of AdamW." default:"0.05" placeholder:"RATE"`
	ClipGrad    float64  `help:"Largest gradient norm; 0 for no limit." default:"0" placeholder:"NORM"`
	Sigma       float64  `help:"Standard deviation of the noise, in units of pixels scaled to [0,1]." default:"0.25" placeholder:"SIGMA"`
	Flip        bool     `help:"Flip half of the images horizontally." default:"true" negatable:""`
	CropMin     float64  `help:"Smallest share of the area that a random resized crop keeps; 0 for no crops." default:"0" placeholder:"SHARE"`
	SaveEvery   int      `help:"Save after every N optimiser steps too, not only after epochs." default:"0" placeholder:"N"`
	Workers     int      `help:"Goroutines that decode and augment images." default:"1" placeholder:"N"`
	JSON        bool     `name:"json" help:"Print the result as a JSON object."`
}

// recipe fills in the flags that both stages share.
func (f *trainFlags) recipe(stage string, blr, minLR, warmup float64, epochs int) train.Recipe {
	batch := f.BatchSize * f.AccumIter
	r := train.Recipe{
		Stage: stage, Seed: f.Seed, Batch: batch, Epochs: epochs, WarmupEpochs: warmup,
		LR: train.ScaledLR(blr, batch), MinLR: minLR,
		WeightDecay: f.WeightDecay, Beta1: 0.9, ClipGrad: f.ClipGrad,
		Flip: f.Flip, CropMin: f.CropMin,
	}
	if f.LR != nil {
		r.LR = *f.LR
	}
	return r
}

// options fills in the options that both stages share.
func (f *trainFlags) options(model dmae.Config, recipe train.Recipe, images data.Dataset) train.Options {
	return train.Options{
		Model: model, Recipe: recipe, MicroBatch: f.BatchSize, Train: images,
		Out: f.Out, Resume: f.Resume, Overwrite: f.Overwrite, SaveEvery: f.SaveEvery, Workers: f.Workers,
	}
}

// check refuses numbers that no run can work with.
func (f *trainFlags) check() error {
	if f.BatchSize < 1 || f.AccumIter < 1 {
		return misused("--batch-size %d with --accum-iter %d cannot be used: both must be at least 1", f.BatchSize, f.AccumIter)
	}
	if f.MaxImages < 0 || f.SaveEvery < 0 || f.Workers < 0 {
		return misused("--max-images %d, --save-every %d and --workers %d must not be negative", f.MaxImages, f.SaveEvery, f.Workers)
	}
	return nil
}

// fit adapts a model's configuration to the images it will see: noise is added
// at their own resolution.
func fit(model dmae.Config, images data.Dataset) (dmae.Config, error) {
	c, h, w := images.Shape()
	if c != model.Channels {
		return model, fmt.Errorf("the images of %s have %d channels and the model %s takes %d; choose another --model", images.Name(), c, model.Name, model.Channels)
	}
	model.DataSize = model.ImageSize
	if h == w && h > 0 && h < model.ImageSize {
		model.DataSize = h
	}
	return model, nil
}

// trainingProgress shows a training run.
func trainingProgress(e *env, title string) (report func(train.Progress), done func()) {
	var p *progress
	report = func(t train.Progress) {
		if p == nil {
			p = newProgress(e.stderr, title, "images", t.Steps*t.Batch)
			p.begin((t.Step - 1) * t.Batch)
		}
		p.update(t.Step*t.Batch, fmt.Sprintf("epoch %d/%d, loss %.4f, lr %.2e, |g| %.2f", t.Epoch+1, t.Epochs, t.Loss, t.LR, t.GradNorm))
	}
	return report, func() {
		if p != nil {
			p.close()
		}
	}
}
