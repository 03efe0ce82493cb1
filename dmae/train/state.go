package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/godmae/godmae/internal/atomicfile"
	"github.com/godmae/godmae/nn/checkpoint"
)

// Names of the files in the folder of a run.
const (
	CheckpointName = "checkpoint.safetensors"
	LogName        = "log.txt"
)

// Metadata keys of a checkpoint that this package owns. StateKey is that of a
// [State] as JSON.
const (
	StateKey         = "godmae.train"
	logKey           = "godmae.log"
	preprocessingKey = "godmae.preprocessing"
)

// State is the state of a training run, always between two optimiser steps.
type State struct {
	Recipe Recipe `json:"recipe"`
	Data   string `json:"data"`           // digest of the training images
	Eval   string `json:"eval,omitempty"` // digest of the images evaluated on

	// Classes are those of the training images in pre-training, whose model has
	// none; checkpoints of earlier versions lack them.
	Classes []string `json:"classes,omitempty"`

	Init string `json:"init,omitempty"` // digest of the initial model, unless it was random

	// InitSteps is the number of steps of the optimiser before training began.
	// For a run of the official trainer that is continued here it is the
	// optimiser's count minus Steps: its epochs may have had another number of
	// steps.
	InitSteps int `json:"init_steps,omitempty"`

	// For such a run: the first epoch trained here, and the digest of the
	// loaded weights.
	FirstEpoch int    `json:"first_epoch,omitempty"`
	TakenOver  string `json:"taken_over,omitempty"`

	Epoch int `json:"epoch"`      // epochs that are finished and logged
	Step  int `json:"epoch_step"` // optimiser steps in the current epoch
	Steps int `json:"step"`       // optimiser steps in total

	// Sums over the current epoch. JSON keeps them exactly: Go prints the
	// shortest decimal that reads back as the same float64.
	LossSum float64 `json:"loss_sum"` // over images
	LRSum   float64 `json:"lr_sum"`   // over steps

	// The two parts of LossSum: without the regulariser, and of the
	// regulariser.
	NatSum float64 `json:"nat_sum,omitempty"`
	RegSum float64 `json:"reg_sum,omitempty"`

	Best *Best `json:"best,omitempty"` // the best model on the validation images so far

	log string // text of log.txt
}

// metadata returns the state as metadata of a checkpoint.
func (s *State) metadata() (map[string]string, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("train: cannot save the state of training: %w", err)
	}
	return map[string]string{StateKey: string(b), logKey: s.log}, nil
}

// ReadState returns the state of training in a checkpoint.
func ReadState(f *checkpoint.File) (*State, error) {
	m := f.Metadata()
	text, ok := m[StateKey]
	if !ok {
		return nil, fmt.Errorf("train: %s holds no state of training; resume from a %s written by pretrain or finetune", f.Name(), CheckpointName)
	}
	s := &State{log: m[logKey]}
	if err := json.Unmarshal([]byte(text), s); err != nil {
		return nil, fmt.Errorf("train: the state of training in %s cannot be read: %w", f.Name(), err)
	}
	return s, nil
}

// check returns an error for counts that are impossible in a run over the given
// number of images.
func (s *State) check(name string, images int) error {
	perEpoch := images / s.Recipe.Batch
	ok := s.InitSteps+s.Steps >= 0 && (s.InitSteps >= 0 || s.FirstEpoch > 0) && s.FirstEpoch >= 0 && s.FirstEpoch <= s.Epoch && s.Epoch <= s.Recipe.Epochs && s.Step >= 0 && s.Step <= perEpoch &&
		(s.Epoch < s.Recipe.Epochs || s.Step == 0) && s.Steps == s.Epoch*perEpoch+s.Step &&
		strings.Count(s.log, "\n") == s.Epoch-s.FirstEpoch && (s.Best == nil || s.Best.Epoch >= 0 && s.Best.Epoch < s.Epoch)
	if !ok {
		return fmt.Errorf("train: %s counts %d epochs, %d steps in the next one, %d steps in all and %d lines of log, which do not fit together; the file is damaged, start anew or from another checkpoint",
			name, s.Epoch, s.Step, s.Steps, strings.Count(s.log, "\n"))
	}
	return nil
}

// Log returns the text of log.txt up to this state.
func (s *State) Log() string { return s.log }

// sameRun returns an error that names the differences if a run described by now
// cannot continue from the saved state s.
func (s *State) sameRun(name string, now *State) error {
	type identity struct {
		Recipe
		Data      string `json:"training images"`
		Eval      string `json:"evaluation images"`
		Init      string `json:"initial weights"`
		InitSteps int    `json:"initial steps"`
	}
	initSteps := now.InitSteps
	if s.FirstEpoch > 0 {
		initSteps = s.InitSteps // what it was taken over with
	}
	diff, err := differences(identity{s.Recipe, s.Data, s.Eval, s.Init, s.InitSteps}, identity{now.Recipe, now.Data, now.Eval, now.Init, initSteps})
	if err != nil {
		return err
	}
	if diff != "" {
		return fmt.Errorf("train: %s cannot be resumed with other settings: it has %s; repeat its settings, or start anew in another folder", name, diff)
	}
	return nil
}

// writeLog replaces log.txt by the log of the state.
func (s *State) writeLog(dir string) error {
	return atomicfile.WriteBytes(filepath.Join(dir, LogName), []byte(s.log))
}

// findCheckpoint returns the checkpoint to continue from, "" for none: resume
// is "" (a new run), "auto" (continue if the folder has a checkpoint) or a
// path. A new run in a folder with a checkpoint needs overwrite.
func findCheckpoint(dir, resume string, overwrite bool) (string, error) {
	here := filepath.Join(dir, CheckpointName)
	switch resume {
	case "auto":
		_, err := os.Stat(here)
		if errors.Is(err, os.ErrNotExist) {
			return "", nil
		}
		return here, err
	case "":
		return "", mayReplace(here, overwrite)
	}
	return resume, nil
}

// mayReplace returns an error if there is a checkpoint that a new run may not
// overwrite.
func mayReplace(path string, overwrite bool) error {
	if _, err := os.Stat(path); err == nil && !overwrite {
		return fmt.Errorf("train: %s exists already; continue from it with --resume auto, replace it with --overwrite, or choose another --out", path)
	}
	return nil
}
