package main

import (
	"fmt"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/dmae/train"
)

// outputFlags choose the output files of a training run.
type outputFlags struct {
	LogDir          *string `help:"Folder for the TensorBoard event file (default: that of --out); --log-dir= for no event file." placeholder:"DIR"`
	PictureEvery    int     `help:"Pre-training: draw reconstructions into the event file after every N epochs; 0 for about ten per run, -1 for none." default:"0" placeholder:"N"`
	CheckpointEvery int     `help:"Write checkpoint-EPOCH.safetensors after every N epochs and the last; 0 for none, or with --keep for every epoch." default:"0" placeholder:"N"`
	Keep            int     `help:"Numbered checkpoints to keep, the newest; 0 for all." default:"0" placeholder:"N"`
	EMA             float64 `name:"ema" help:"Decay of an exponential moving average of the weights; the average is evaluated and saved as the model; 0 for none." default:"0" placeholder:"DECAY"`
}

// apply fills in the options of a run.
func (f *outputFlags) apply(o *train.Options) {
	o.LogDir, o.PictureEvery = o.Out, f.PictureEvery
	if f.LogDir != nil {
		o.LogDir = *f.LogDir
	}
	o.CheckpointEvery, o.Keep = f.CheckpointEvery, f.Keep
	if f.Keep > 0 && f.CheckpointEvery == 0 {
		o.CheckpointEvery = 1
	}
}

func (f *outputFlags) check() error {
	return atLeast(0, number{"--checkpoint-every", f.CheckpointEvery}, number{"--keep", f.Keep})
}

// checkNormalisation returns an error for a --mean and --std that are invalid
// for the model. They are stored in its checkpoint.
func (f *trainFlags) checkNormalisation(model *dmae.Config) error {
	for _, v := range []struct {
		flag string
		got  []float64
	}{{"mean", f.Mean}, {"std", f.Std}} {
		if v.got != nil && len(v.got) != model.Channels {
			return misused("--%s has %d values and the model %d channels: give one for each", v.flag, len(v.got), model.Channels)
		}
	}
	return nil
}

// checkModel returns an error for a model that is invalid because of the flags;
// that of a checkpoint or a preset is valid.
func checkModel(model *dmae.Config) error {
	if err := model.Validate(); err != nil {
		return misuse{err}
	}
	return nil
}

// evaluation sets the images to evaluate a run on. The best model is only
// chosen on images held out of training, never on those for which results are
// reported.
func (f *encoderFlags) evaluation(e *env, source *data.Source, o *train.Options) error {
	split := f.EvalSplit
	if split == "auto" {
		split = string(data.Test)
		if source.HasVal() {
			split = string(data.Val)
		}
	}
	if split == "none" {
		return nil
	}
	images, err := source.Open(data.Split(split))
	if err != nil {
		return err
	}
	o.Test, o.EvalSplit = images, split
	if split == string(data.Val) {
		o.Select = true
		e.note(fmt.Sprintf("evaluating on the %d images of the split val, on which %s is chosen", images.Len(), train.BestName))
	} else {
		e.note(fmt.Sprintf("evaluating on the %d images of the split test: there will be no %s, which needs validation images (--val-fraction)", images.Len(), train.BestName))
	}
	return nil
}
