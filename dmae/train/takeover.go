package train

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/nn/optim"
)

// TorchExtraKey is the metadata key of the values other than the model in a
// converted PyTorch file, as JSON.
const TorchExtraKey = "torch.extra"

// takeOver continues a run of the official trainer with its weights and its
// optimiser's moments, from the epoch after that of the file. The official
// trainer does not save the state of its random numbers; those of this package
// for that epoch are used. The settings are the recipe's; a note lists settings
// of the file that differ.
func (r *run) takeOver(f *checkpoint.File, metadata map[string]string) error {
	var official struct {
		Epoch     *int            `json:"epoch"`
		Args      json.RawMessage `json:"args"`
		Optimizer *torchOptimizer `json:"optimizer"`
	}
	if err := json.Unmarshal([]byte(metadata[TorchExtraKey]), &official); err != nil || official.Epoch == nil {
		return fmt.Errorf("train: %s does not say after which epoch it was saved, so training cannot continue from it; start from its weights with %s", f.Name(), r.startFlag())
	}
	// Otherwise the same command, given again, would discard what it has
	// trained.
	if filepath.Clean(f.Name()) != r.path() {
		if err := mayReplace(r.path(), r.opt.Overwrite); err != nil {
			return err
		}
	}
	if err := r.fits(f); err != nil {
		return err
	}
	s, epochs := r.state, r.state.Recipe.Epochs
	s.Epoch = *official.Epoch + 1
	if s.Epoch < 0 || s.Epoch >= epochs {
		return fmt.Errorf("train: %s has finished %d epochs and this run is to have %d; nothing is left to train: raise --epochs, which includes those of the file", f.Name(), s.Epoch, epochs)
	}
	if err := r.params.Load(f); err != nil {
		return err
	}
	if err := r.checkStart(f.Name()); err != nil {
		return err
	}
	if r.average != nil {
		r.average.copy(r.average.shadow, r.params)
	}
	s.Steps = s.Epoch * (r.opt.Train.Len() / s.Recipe.Batch)
	steps := s.Steps
	if what := official.Optimizer.lacks(); what != "" {
		return fmt.Errorf("train: %s has %s, so training cannot continue from it; start from its weights with %s", f.Name(), what, r.startFlag())
	}
	if s.Recipe.Stage != StageLinprobe { // LARS counts no steps
		if metadata[optim.TorchStepsKey] == "" {
			return fmt.Errorf("train: %s has no optimiser state of a known form, so training cannot continue from it; start from its weights with %s", f.Name(), r.startFlag())
		}
		var err error
		if steps, err = torchSteps(f.Name(), metadata); err != nil {
			return err
		}
	}
	if err := r.optimiser.Import(f, r.optimiserPrefix, steps); err != nil {
		return err
	}
	digest, err := weightsDigest(r.params)
	if err != nil {
		return err
	}
	s.InitSteps, s.FirstEpoch, s.TakenOver = steps-s.Steps, s.Epoch, digest
	r.noteTakenOver(f.Name(), official.Args)
	return nil
}

// torchOptimizer is a PyTorch optimiser in a converted file: a state for each
// parameter, which is empty before the first step.
type torchOptimizer struct {
	State json.RawMessage `json:"state"`
}

// lacks says in words which optimiser state is missing in a file; "" if none
// is.
func (o *torchOptimizer) lacks() string {
	switch {
	case o == nil:
		return "no optimiser"
	case string(o.State) == "{}":
		return "an optimiser that has taken no step, and so has neither moments nor steps"
	}
	return ""
}

// noteTakenOver notes what is continued, and which settings in its arguments
// differ from those of this run.
func (r *run) noteTakenOver(name string, args json.RawMessage) {
	classes := ""
	if r.state.Recipe.Stage != StagePretrain {
		classes = ", and its classes are those of the training images in their order, " + data.NameList(r.opt.Train.Classes())
	}
	r.note(fmt.Sprintf("%s was saved by the official trainer after its epoch %d: training continues with its weights and moments, and with the random numbers of this program%s", name, r.state.Epoch-1, classes))
	var list map[string]json.RawMessage
	if json.Unmarshal(args, &list) != nil {
		return
	}
	if namespace, ok := list["$namespace"]; ok && json.Unmarshal(namespace, &list) != nil {
		return
	}
	var other []string
	for _, a := range r.arguments() {
		var there *float64
		if json.Unmarshal(list[a.name], &there) == nil && there != nil && !(math.Abs(*there-a.value) <= 1e-9*math.Abs(a.value)) {
			other = append(other, fmt.Sprintf("%s %g, not %g", a.name, *there, a.value))
		}
	}
	if len(other) > 0 {
		r.note(fmt.Sprintf("%s was trained with other settings than this run has: %s", name, strings.Join(other, "; ")))
	}
}

// fits reports how the model in a file of another trainer differs from that of
// the run.
func (r *run) fits(f *checkpoint.File) error {
	specs := make([]nn.Spec, len(r.params.All()))
	for i, p := range r.params.All() {
		specs[i] = p.Spec
	}
	if err := nn.Match(specs, f, func(name string) bool { return strings.HasPrefix(name, dmae.StatePrefix) }); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	_, there, err := dmae.Describe(f)
	if err != nil {
		return err
	}
	here := &r.opt.Model
	if err := r.adoptClasses(f.Name(), there.ClassNames); err != nil {
		return err
	}
	if there.Heads != here.Heads || r.state.Recipe.Stage == StagePretrain && there.Decoder.Heads != here.Decoder.Heads {
		return fmt.Errorf("train: %s has %d attention heads (decoder: %d) and the model of this run %d (%d); choose the same model", f.Name(), there.Heads, there.Decoder.Heads, here.Heads, here.Decoder.Heads)
	}
	return nil
}

// adoptClasses compares the classes in a file with those of the training
// images. A file of the official trainer has no classes and gets those of the
// images.
func (r *run) adoptClasses(name string, there []string) error {
	if r.state.Recipe.Stage == StagePretrain || len(there) == 0 || r.opt.ClassesByPosition {
		return nil
	}
	return r.sameClasses(name, there, r.opt.Model.ClassNames)
}

// argument is a setting with its name in the official trainer.
type argument struct {
	name  string
	value float64
}

// arguments lists the settings of the run that the official trainer also has.
func (r *run) arguments() []argument {
	c, m := &r.state.Recipe, &r.opt.Model
	list := []argument{
		{"epochs", float64(c.Epochs)}, {"warmup_epochs", c.WarmupEpochs}, {"lr", c.LR}, {"min_lr", c.MinLR},
		{"weight_decay", c.WeightDecay}, {"sigma", m.Sigma},
	}
	switch c.Stage {
	case StagePretrain:
		return append(list, argument{"mask_ratio", m.MaskRatio})
	case StageFinetune:
		return append(list, argument{"layer_decay", c.LayerDecay}, argument{"drop_path", m.DropPath}, argument{"smoothing", c.Smoothing})
	}
	return list
}

// startFlag names the flag that starts a run from only the weights of a file.
func (r *run) startFlag() string {
	if r.state.Recipe.Stage == StagePretrain {
		return "--init"
	}
	return "--finetune"
}
