package train

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/internal/outfile"
	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/nn/optim"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// adamWPrefix is the prefix of the names of AdamW's tensors in a checkpoint.
const adamWPrefix = dmae.StatePrefix + "adamw."

// optimiser is one of those of package optim.
type optimiser interface {
	Measure(maxNorm float64, losses *tensor.Tensor) (scale *tensor.Tensor)
	FetchNorm(squared []float64) ops.Ticket
	Step(lr float64)
	Export(prefix string) ([]checkpoint.Tensor, error)
	Import(f *checkpoint.File, prefix string, steps int) error
}

// Result is the result of a finished run.
type Result struct {
	Checkpoint string // path
	Log        string // text of log.txt
	Last       Entry  // its last line
	Best       *Best  // the best model on the validation images; nil for none
	Resumed    bool   // it continued from a checkpoint
}

// run is a training run.
type run struct {
	opt             Options         // its Backend is the field memory
	memory          *ops.Arena      // of the run, on the caller's backend
	folder          *outfile.Folder // Options.Out, locked against other processes
	images          data.Dataset    // Options.Train before it was preprocessed
	params          *nn.Params
	optimiser       optimiser
	optimiserPrefix string // of its tensors in a checkpoint
	schedule        optim.Schedule
	stage           stage
	describe        func() map[string]string // metadata of the model
	state           *State
	part            int         // images of a micro-batch
	readings        [2]*reading // of the steps that are not settled
	shards          *shards     // nil for one group
	saved           int         // step of the last checkpoint; -1 for none

	average *average // nil for none
	events  *events  // nil for none
	waited  time.Duration
}

// close frees the memory of the run, unlocks its folder, and returns the error
// of the run; if the device was full, with a remedy.
func (r *run) close(err error) error {
	for _, open := range r.readings {
		if open != nil && open.open {
			_, _ = open.await(1) // a fetch owns host memory until it has been awaited
		}
	}
	r.memory.FreeAll()
	r.folder.Release()
	if !errors.As(err, new(*ops.MemoryError)) {
		return err
	}
	least := 1
	if m := r.opt.Recipe.Mix; m != nil && m.On() {
		least = 2 // it blends pairs
	}
	if n := r.opt.MicroBatch; n > least {
		return fmt.Errorf("train: %w; a --batch-size below %d needs less and gives the same result with --effective-batch %d; %s", err, n, r.state.Recipe.Batch, r.lastGood())
	}
	return fmt.Errorf("train: %w; no smaller --batch-size is possible; use a smaller model or another device; %s", err, r.lastGood())
}

// newRun checks the options, locks the folder for the results and fills in the
// fields that all stages use; the caller closes the run.
func newRun(o Options, stageName string) (*run, error) {
	if o.MicroBatch == 0 {
		o.MicroBatch = o.Recipe.Batch
	}
	if err := o.nameOwn(); err != nil {
		return nil, err
	}
	if err := o.Recipe.Validate(); err != nil {
		return nil, err
	}
	if o.Recipe.Stage != stageName {
		return nil, fmt.Errorf("train: the recipe is for %s, not for %s", o.Recipe.Stage, stageName)
	}
	part, whole := o.MicroBatch, o.Recipe.Batch
	if stageName == StageLinprobe {
		part, whole = o.Recipe.BatchNorm, o.Recipe.BatchNorm
		o.MicroBatch = min(o.MicroBatch, part)
	}
	if o.MicroBatch < 0 || whole%o.MicroBatch != 0 {
		return nil, fmt.Errorf("train: a batch of %d images cannot be accumulated from micro-batches of %d; use a divisor", whole, o.MicroBatch)
	}
	if o.Preprocess == data.PreprocessAuto {
		o.Preprocess = ""
	}
	images := o.Train
	var err error
	if o.Train, err = data.Preprocessed(images, o.Preprocess, o.Model.DataSize); err != nil {
		return nil, err
	}
	if o.Test != nil {
		if o.Test, err = data.Preprocessed(o.Test, o.Preprocess, o.Model.DataSize); err != nil {
			return nil, err
		}
	}
	folder, err := outfile.LockFolder(o.Out)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	digest, err := data.Digest(o.Train)
	if err != nil {
		folder.Release()
		return nil, err
	}
	memory := ops.NewArena(o.Backend)
	o.Backend = memory
	r := &run{
		memory:          memory,
		images:          images,
		opt:             o,
		folder:          folder,
		part:            part,
		optimiserPrefix: adamWPrefix,
		saved:           -1,
		state:           &State{Recipe: o.Recipe, Data: digest},
		schedule:        o.Recipe.schedule(),
	}
	if stageName == StagePretrain {
		r.state.Classes = o.Train.Classes()
	}
	return r, nil
}

// start begins with the current parameters or resumes from a checkpoint,
// trains, and returns the result.
func (r *run) start(ctx context.Context) (*Result, error) {
	recipe := &r.opt.Recipe
	for i := range r.readings {
		r.readings[i] = newReading(r.opt.Backend, recipe.Batch, recipe.copies(), recipe.regulariser() != nil)
	}
	shards, err := newShards(r.params, recipe.GradShards, recipe.Batch, r.part)
	if err != nil {
		return nil, err
	}
	if r.shards = shards; shards != nil {
		r.stage.setShards(shards.perBatch)
	}
	from, err := findCheckpoint(r.opt.Out, r.opt.Resume, r.opt.Overwrite)
	if err != nil {
		return nil, err
	}
	if r.opt.Recipe.EMA > 0 {
		r.average = newAverage(r.params, r.opt.Recipe.EMA)
	}
	switch {
	case from != "":
		err = r.resume(from)
	case r.opt.Overwrite:
		err = r.clearFolder()
	}
	if err != nil {
		return nil, err
	}
	// The events of a run that ended before its first checkpoint may be
	// replaced.
	leftOver := filepath.Clean(r.opt.LogDir) == filepath.Clean(r.opt.Out)
	if err := r.openEvents(from == "" && (r.opt.Overwrite || leftOver)); err != nil {
		return nil, err
	}
	defer r.events.close()
	if r.state.Epoch == r.state.Recipe.Epochs && filepath.Clean(from) != r.path() {
		// Nothing is left to train, but the result must be saved in this
		// folder.
		if err := r.save(); err != nil {
			return nil, err
		}
	}
	if err := r.loop(ctx); err != nil {
		return nil, err
	}
	last, err := lastEntry(r.state.log)
	if err != nil {
		return nil, err
	}
	return &Result{Checkpoint: r.path(), Log: r.state.log, Last: last, Best: r.state.Best, Resumed: from != ""}, nil
}

// open opens a checkpoint that training is to continue from.
func (r *run) open(path string) (*checkpoint.File, error) {
	if r.opt.Open != nil {
		return r.opt.Open(path)
	}
	return checkpoint.Open(path)
}

// path returns the path of the run's checkpoint.
func (r *run) path() string { return filepath.Join(r.opt.Out, CheckpointName) }

// resume loads weights, optimiser and position from a checkpoint of the same
// run.
func (r *run) resume(from string) error {
	f, err := r.open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	if metadata := f.Metadata(); metadata[StateKey] == "" && metadata[TorchExtraKey] != "" {
		return r.takeOver(f, metadata)
	}
	saved, err := ReadState(f)
	if err != nil {
		return err
	}
	_, model, err := dmae.Describe(f)
	if err != nil {
		return err
	}
	if saved.Recipe.Stage == r.state.Recipe.Stage {
		if err := r.sameClasses(from, model.ClassNames, r.opt.Model.ClassNames); err != nil {
			return err
		}
		if len(saved.Classes) > 0 {
			if err := r.sameClasses(from, saved.Classes, r.state.Classes); err != nil {
				return err
			}
		}
	}
	if err := r.recogniseImages(saved); err != nil {
		return err
	}
	if err := saved.sameRun(from, r.state); err != nil {
		return err
	}
	if err := r.samePreprocessing(f); err != nil {
		return err
	}
	if err := saved.check(from, r.opt.Train.Len()); err != nil {
		return err
	}
	if diff, err := differences(model, r.opt.Model); err != nil {
		return err
	} else if diff != "" {
		return fmt.Errorf("train: %s cannot be resumed with another model: it has %s; repeat its settings, or start anew in another folder", from, diff)
	}
	if there, here := f.Metadata()[dmae.KeyContract], r.opt.Backend.Identity().Contract; there != here {
		r.note(fmt.Sprintf("%s was computed under the numerics contract %s, and this run continues under %s: its result will not have the bits of a run under a single contract", from, there, here))
	}
	if err := r.load(f); err != nil {
		return err
	}
	if err := r.optimiser.Import(f, r.optimiserPrefix, saved.InitSteps+saved.Steps); err != nil {
		return err
	}
	saved.Classes = r.state.Classes // earlier versions did not record them
	r.state = saved
	r.saved = saved.Steps
	if err := r.adoptBest(from); err != nil {
		return err
	}
	// A kill between the two files of a save leaves an older log.
	return r.state.writeLog(r.opt.Out)
}

// save writes the checkpoint and the log, each replacing its predecessor
// atomically, after the events that belong to them.
func (r *run) save() error {
	if err := r.events.sync(); err != nil {
		return err
	}
	if err := r.write(r.path()); err != nil {
		return err
	}
	r.saved = r.state.Steps
	return r.state.writeLog(r.opt.Out)
}
