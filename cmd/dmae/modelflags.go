package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/ops"
)

// archFlags describe the model in a PyTorch checkpoint. They are not needed for
// checkpoints of godmae.
type archFlags struct {
	Arch         string `help:"Preset of the model in a PyTorch checkpoint that does not name it." placeholder:"PRESET"`
	Heads        int    `help:"Attention heads of the model in a PyTorch checkpoint (default: the preset's)." placeholder:"N"`
	DecoderHeads int    `help:"Attention heads of the decoder of an autoencoder in a PyTorch checkpoint (default: the preset's)." placeholder:"N"`
	Weights      string `help:"The model to use from a PyTorch checkpoint with several, such as model_ema: its keys and the prefix of its names." placeholder:"PATH"`

	LayerNormEps float64 `help:"Epsilon of the layer normalisations of the model in a PyTorch checkpoint (default: 1e-6, and 1e-12 with Hugging Face's names)." placeholder:"EPS"`
}

func (f *archFlags) reader(mean, std []float64) dmae.Reader {
	return dmae.Reader{Preset: f.Arch, Heads: f.Heads, DecoderHeads: f.DecoderHeads, Weights: f.Weights, NormEps: f.LayerNormEps, Mean: mean, Std: std}
}

// belong returns an error if any of the flags is given and no checkpoint is
// read.
func (f *archFlags) belong(checkpoints ...string) error {
	if *f == (archFlags{}) || slices.ContainsFunc(checkpoints, func(path string) bool { return path != "" }) {
		return nil
	}
	return misused("--arch, --heads, --decoder-heads, --weights and --layer-norm-eps describe the model of a PyTorch checkpoint, and none is given; leave them out")
}

// modelFlags supply settings of a model that PyTorch checkpoints lack.
type modelFlags struct {
	archFlags
	Mean []float64 `help:"Mean of each channel, of pixels scaled to [0,1], instead of the checkpoint's; PyTorch's have none (default: the preset's, or ImageNet's)." placeholder:"MEAN"`
	Std  []float64 `help:"Standard deviation of each channel, likewise." placeholder:"STD"`

	DataSize int `help:"Side of the images at which noise is added, before they are resized to the model's input (default: the checkpoint's; with PyTorch's, that of the data)." placeholder:"PIXELS"`
	classFlags
}

// given reports whether any of the flags is set.
func (f *modelFlags) given() bool {
	return f.archFlags != archFlags{} || f.Mean != nil || f.Std != nil || f.DataSize != 0 || f.classFlags.given()
}

// line returns the flags as they are typed.
func (f *modelFlags) line() []string {
	var line []string
	add := func(flag string, given bool, value any) {
		if given {
			line = append(line, flag, fmt.Sprint(value))
		}
	}
	add("--arch", f.Arch != "", f.Arch)
	add("--heads", f.Heads != 0, f.Heads)
	add("--decoder-heads", f.DecoderHeads != 0, f.DecoderHeads)
	add("--weights", f.Weights != "", f.Weights)
	add("--layer-norm-eps", f.LayerNormEps != 0, f.LayerNormEps)
	add("--mean", f.Mean != nil, commas(f.Mean))
	add("--std", f.Std != nil, commas(f.Std))
	add("--data-size", f.DataSize != 0, f.DataSize)
	add("--class-names", f.ClassNames.path != "", f.ClassNames.path)
	if f.Position.ClassesByPosition {
		line = append(line, "--classes-by-position")
	}
	return line
}

// commas joins the values of a flag.
func commas[V any](values []V) string {
	var text []string
	for _, v := range values {
		text = append(text, fmt.Sprint(v))
	}
	return strings.Join(text, ",")
}

// reader returns a reader of checkpoints that notes what it assumes.
func (f *modelFlags) reader(e *env) dmae.Reader {
	r := f.archFlags.reader(f.Mean, f.Std)
	r.Note, r.DataSize, r.ClassNames = e.note, f.DataSize, f.ClassNames.names
	return r
}

// classifier opens a checkpoint; foreign says that another program wrote it, so
// that it does not contain the size of the images.
func (f *modelFlags) classifier(e *env, b ops.Backend, path string) (model *dmae.Classifier, foreign bool, err error) {
	file, err := checkpoint.Open(path)
	if err != nil {
		return nil, false, err
	}
	defer file.Close()
	if model, err = f.reader(e).ReadClassifier(b, file); err != nil {
		return nil, false, err
	}
	what, err := dmae.NotFinite(model.Params)
	if err != nil {
		return nil, false, err
	}
	if what != "" {
		e.note(fmt.Sprintf("%s is damaged or comes from training that diverged: %s", path, what))
	}
	return model, dmae.IsForeign(file), nil
}

// classifierFor opens a checkpoint and images for it, with the model's labels
// and with the preprocessing of the flags, or else of the checkpoint.
func (f *modelFlags) classifierFor(e *env, b ops.Backend, path string, d *dataFlags, split data.Split) (*dmae.Classifier, data.Dataset, error) {
	model, images, err := f.classifierOf(e, b, path, d, split)
	if err != nil {
		return nil, nil, err
	}
	if err := d.follow(path); err != nil {
		return nil, nil, err
	}
	images, err = data.Preprocessed(images, d.Preprocess, model.Config.DataSize)
	return model, images, err
}

// classifierOf is classifierFor without the preprocessing, which the caller
// chooses. With a checkpoint of PyTorch, noise is added at the resolution of
// the images.
func (f *modelFlags) classifierOf(e *env, b ops.Backend, path string, d *dataFlags, split data.Split) (*dmae.Classifier, data.Dataset, error) {
	model, foreign, err := f.classifier(e, b, path)
	if err != nil {
		return nil, nil, err
	}
	images, err := d.open(e, split, model.Config.Channels)
	if err != nil {
		return nil, nil, err
	}
	if images, err = f.Position.match(e, images, &model.Config); err != nil {
		return nil, nil, err
	}
	if foreign && f.DataSize == 0 {
		model.Config, err = fit(model.Config, images)
	}
	return model, images, err
}
