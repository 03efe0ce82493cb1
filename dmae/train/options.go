package train

import (
	"errors"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/ops"
)

// Options describe a run.
type Options struct {
	Backend ops.Backend
	Model   dmae.Config // sigma, the noise trained with, is part of it
	Recipe  Recipe

	// MicroBatch is the number of images that go through the model at a time;
	// it divides Recipe.Batch, and 0 means Recipe.Batch. It bounds memory and
	// changes no result.
	MicroBatch int

	Train data.Dataset

	// Preprocess says how the images of Train and Test come to the model's data
	// size where no crop of Recipe does that; "" is data.PreprocessAuto. A choice
	// is recorded in the checkpoint.
	Preprocess data.Preprocess

	// Augment are transforms of one's own, after those of Recipe. Corruption takes
	// the place of Gaussian noise, and Mask, in pre-training, that of
	// dmae.UniformMasking; nil for neither. Recipe records the names.
	Augment    []data.Custom
	Corruption *dmae.Corruption
	Mask       *dmae.Masking

	// Fine-tuning: images to evaluate on (nil for none), after the last epoch
	// and after every EvalEvery-th (0 for the last alone).
	Test      data.Dataset
	EvalEvery int

	// EvalSplit is what log.txt calls these images, such as "val". With Select they
	// choose the model in BestName: the one that is right most often under noise.
	// Choosing by images that a result is reported on makes it worthless.
	EvalSplit string
	Select    bool

	// ClassesByPosition takes the classes of Test for those of Train in their order,
	// whatever their names; without it they are matched by name.
	ClassesByPosition bool

	// Init is the checkpoint of an autoencoder whose pre-training is continued: with
	// the moments and the step count of its optimiser if it carries one. "" starts
	// from random weights.
	Init string

	// Encoder is the checkpoint of the autoencoder whose encoder fine-tuning
	// starts from; "" starts from scratch.
	Encoder string
	Reader  dmae.Reader // says of it what a PyTorch file does not

	// Open opens Init and Resume, files of PyTorch in the form of godmae's own:
	// package convert does. nil opens godmae's own alone.
	Open func(path string) (*checkpoint.File, error)

	// Out is the folder for checkpoint.safetensors and log.txt. It is locked while
	// the run lasts: another one that is to write there is refused.
	Out string

	// Resume is "" to start anew, "auto" to go on from a checkpoint in Out if
	// there is one, or the path of a checkpoint to go on from: of the same run, or
	// of the official trainer. Overwrite lets a new run replace the checkpoint of
	// an old one.
	Resume    string
	Overwrite bool

	// The checkpoint is saved after every SaveEpochs-th epoch (0: every one)
	// and, if SaveEvery is positive, after every SaveEvery-th optimiser step.
	SaveEpochs int
	SaveEvery  int

	// A numbered checkpoint is written after every CheckpointEvery-th epoch and the
	// last (0: none), and the newest Keep of them stay (0: all).
	CheckpointEvery, Keep int

	// LogDir is the folder for the TensorBoard event file EventsName, "" for none.
	// Pre-training draws reconstructions into it after every PictureEvery-th epoch
	// and the last: 0 chooses about ten a run, a negative number draws none.
	LogDir       string
	PictureEvery int

	// Workers decode and augment images beside training; 0 means one.
	Workers int

	// MaxCorrupt is the number of images that are left out because they cannot
	// be decoded, as in data.LoaderOptions; Log, which may be nil, is told of
	// each.
	MaxCorrupt int
	Log        func(message string)

	Progress func(Progress) // called after every optimiser step; may be nil
}

// nameOwn records in the recipe what is the caller's own.
func (o *Options) nameOwn() error {
	r := &o.Recipe
	r.Augment, r.Corruption, r.Mask = nil, "", ""
	complete := true
	for _, a := range o.Augment {
		r.Augment = append(r.Augment, a.Name)
		complete = complete && a.Name != "" && a.Change != nil
	}
	if c := o.Corruption; c != nil {
		r.Corruption = c.Name
		complete = complete && c.Name != "" && c.Apply != nil
	}
	if m := o.Mask; m != nil {
		r.Mask = m.Name
		complete = complete && m.Name != "" && m.Rank != nil
	}
	if !complete {
		return errors.New("train: a transform, a corruption or a masking of one's own needs a function and a name, which the checkpoint records; give both")
	}
	return nil
}
