package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/godmae/godmae/internal/atomicfile"
	"github.com/godmae/godmae/nn/checkpoint"
)

// BestName is the name of the checkpoint with the best accuracy on the
// validation images.
const BestName = "best.safetensors"

// bestKey is the metadata key of the checkpoint BestName for its [Best] as
// JSON.
const bestKey = "godmae.best"

// Best is the best of the models after the epochs of a run, on the validation
// images.
type Best struct {
	Epoch int     `json:"epoch"`           // counted from 0
	Acc1  float64 `json:"test_noisy_acc1"` // accuracy under noise, in percent
}

// choose compares the model after an epoch with the best one so far: that with
// the highest accuracy under noise, the earliest of equal ones. The accuracy
// under noise determines how much can be certified.
func (s *State) choose(e *Entry) (better bool) {
	if e.NoisyAcc1 == nil || s.Best != nil && !(*e.NoisyAcc1 > s.Best.Acc1) {
		return false
	}
	s.Best = &Best{Epoch: e.Epoch, Acc1: *e.NoisyAcc1}
	return true
}

// NumberedName returns the name of the checkpoint after an epoch, counted from
// 0 as in log.txt.
func NumberedName(epoch int) string { return fmt.Sprintf("checkpoint-%d.safetensors", epoch) }

// numbered returns the epochs for which a folder has a numbered checkpoint, in
// order.
func numbered(dir string) ([]int, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("train: cannot list the checkpoints: %w", err)
	}
	var epochs []int
	for _, e := range entries {
		name, _ := strings.CutSuffix(e.Name(), ".safetensors")
		name, ok := strings.CutPrefix(name, "checkpoint-")
		if epoch, err := strconv.Atoi(name); ok && err == nil && NumberedName(epoch) == e.Name() {
			epochs = append(epochs, epoch)
		}
	}
	slices.Sort(epochs)
	return epochs, nil
}

// saveNumbered writes the checkpoint of the epoch that has just ended, if it is
// one of those to keep, and removes the oldest ones beyond Options.Keep.
func (r *run) saveNumbered() error {
	every, epoch := r.opt.CheckpointEvery, r.state.Epoch-1
	if every == 0 || r.state.Epoch%every != 0 && r.state.Epoch != r.state.Recipe.Epochs {
		return nil
	}
	if err := r.write(filepath.Join(r.opt.Out, NumberedName(epoch))); err != nil {
		return err
	}
	if r.opt.Keep == 0 {
		return nil
	}
	epochs, err := numbered(r.opt.Out)
	if err != nil {
		return err
	}
	// There are later ones if a run was resumed from an earlier epoch: it will
	// write them again.
	epochs = slices.DeleteFunc(epochs, func(e int) bool { return e > epoch })
	for _, e := range epochs[:max(0, len(epochs)-r.opt.Keep)] {
		if err := os.Remove(filepath.Join(r.opt.Out, NumberedName(e))); err != nil {
			return fmt.Errorf("train: cannot remove an old checkpoint: %w", err)
		}
	}
	return nil
}

// saveBest writes the model that was evaluated. Training cannot resume from it:
// it has neither optimiser nor state.
func (r *run) saveBest() error {
	choice, err := json.Marshal(struct {
		*Best
		Split string `json:"split"`
	}{r.state.Best, r.opt.EvalSplit})
	if err != nil {
		return fmt.Errorf("train: cannot save the best model: %w", err)
	}
	model := r.params
	if r.average != nil {
		r.average.adoptFixed()
		model = r.average.shadow
	}
	tensors, err := model.Export()
	if err != nil {
		return fmt.Errorf("train: the best model is not saved: %w", err)
	}
	metadata := map[string]string{bestKey: string(choice)}
	maps.Copy(metadata, r.modelMetadata())
	return checkpoint.Write(r.bestPath(), tensors, metadata)
}

func (r *run) bestPath() string { return filepath.Join(r.opt.Out, BestName) }

// adoptBest copies the best model of a run that continues from a checkpoint in
// another folder.
func (r *run) adoptBest(from string) error {
	if r.state.Best == nil || !r.opt.Select {
		return nil
	}
	if _, err := os.Stat(r.bestPath()); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	there := filepath.Join(filepath.Dir(from), BestName)
	file, err := readIntact(there)
	if errors.Is(err, os.ErrNotExist) {
		r.note(fmt.Sprintf("the best model so far, of epoch %d, is not in the folder of %s; %s is written only if a later one is better", r.state.Best.Epoch, from, BestName))
		return nil
	}
	if err != nil {
		return fmt.Errorf("train: cannot copy the best model: %w", err)
	}
	return atomicfile.WriteBytes(r.bestPath(), file)
}

// readIntact reads a checkpoint and verifies its checksums.
func readIntact(path string) ([]byte, error) {
	f, err := checkpoint.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := f.Verify(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// clearFolder removes files of an earlier run from the folder that this run
// would not replace: its best and its numbered checkpoints.
func (r *run) clearFolder() error {
	epochs, err := numbered(r.opt.Out)
	if err != nil {
		return err
	}
	names := []string{BestName}
	for _, e := range epochs {
		names = append(names, NumberedName(e))
	}
	for _, name := range names {
		if err := os.Remove(filepath.Join(r.opt.Out, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("train: cannot remove a checkpoint of the earlier run: %w", err)
		}
	}
	return nil
}

// note passes on a message that is not an error.
func (r *run) note(message string) {
	if r.opt.Log != nil {
		r.opt.Log(message)
	}
}
