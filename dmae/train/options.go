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
	Model   dmae.Config // includes sigma, the training noise
	Recipe  Recipe

	// MicroBatch is the number of images that are processed at a time; it
	// divides Recipe.Batch, and 0 means Recipe.Batch. It bounds memory and
	// does not affect the result.
	MicroBatch int

	Train data.Dataset

	// Preprocess says how the images of Train and Test are brought to the model's
	// data size, except where a crop of Recipe does so; "" is
	// data.PreprocessAuto. Other values are recorded in the checkpoint.
	Preprocess data.Preprocess

	// Augment are the caller's own transforms, applied after those of Recipe.
	// Corruption replaces Gaussian noise, and Mask, in pre-training,
	// dmae.UniformMasking; nil replaces nothing. Recipe records the names.
	Augment    []data.Custom
	Corruption *dmae.Corruption
	Mask       *dmae.Masking

	// Fine-tuning: images to evaluate on (nil for none), after the last epoch
	// and after every EvalEvery-th one (0 for the last one only).
	Test      data.Dataset
	EvalEvery int

	// EvalSplit is the name of these images in log.txt, such as "val". With Select,
	// BestName gets the model with the highest accuracy on them under noise.
	// Results that are reported on the same images are then biased.
	EvalSplit string
	Select    bool

	// ClassesByPosition matches the classes of Test with those of Train in
	// their order, whatever their names; without it they are matched by name.
	ClassesByPosition bool

	// Init is the checkpoint of an autoencoder whose pre-training is continued, with
	// the moments and the step count of its optimiser if it has them. "" starts from
	// random weights.
	Init string

	// Encoder is the checkpoint of the autoencoder whose encoder fine-tuning
	// starts from; "" starts from scratch.
	Encoder string
	Reader  dmae.Reader // supplies what a PyTorch file lacks

	// Open opens Init and Resume, and converts files of PyTorch; package
	// convert has such a function. nil opens only checkpoints of godmae.
	Open func(path string) (*checkpoint.File, error)

	// Out is the folder for checkpoint.safetensors and log.txt. It is locked
	// during the run: another run in the same folder is an error.
	Out string

	// Resume is "" for a new run, "auto" to continue from the checkpoint in Out if
	// there is one, or the path of a checkpoint to continue from: of the same run,
	// or of the official trainer. Overwrite allows a new run to replace the
	// checkpoint of an old one.
	Resume    string
	Overwrite bool

	// The checkpoint is saved after every SaveEpochs-th epoch (0: every one)
	// and, if SaveEvery is positive, after every SaveEvery-th optimiser step.
	SaveEpochs int
	SaveEvery  int

	// A numbered checkpoint is written after every CheckpointEvery-th epoch and
	// the last (0: none), and the newest Keep of them are kept (0: all).
	CheckpointEvery, Keep int

	// LogDir is the folder for the TensorBoard event file EventsName, "" for none.
	// Pre-training draws reconstructions into it after every PictureEvery-th epoch
	// and the last: 0 means about ten per run, a negative number none.
	LogDir       string
	PictureEvery int

	// Workers is the number of goroutines that decode and augment images during
	// training; 0 means one.
	Workers int

	// MaxCorrupt is the largest number of images that are left out because
	// they cannot be decoded, as in data.LoaderOptions; Log, which may be nil,
	// gets a message for each.
	MaxCorrupt int
	Log        func(message string)

	Progress func(Progress) // called after every optimiser step; may be nil
}

// nameOwn records the names of the caller's own transforms, corruption and
// masking in the recipe.
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
		return errors.New("train: a custom transform, corruption or masking needs a function and a name, which the checkpoint records; give both")
	}
	return nil
}
