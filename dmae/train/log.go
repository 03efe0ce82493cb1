package train

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Entry is a line of log.txt: one epoch. The names are those of the official
// log. It contains no times, so that a resumed run writes the same file.
type Entry struct {
	TrainLR   float64 `json:"train_lr"`   // mean over the epoch's steps
	TrainLoss float64 `json:"train_loss"` // mean over the epoch's images

	// Fine-tuning with a consistency regulariser: the means over the epoch's
	// images of the cross-entropy and of the regulariser. TrainLoss is their
	// sum.
	LossNat *float64 `json:"loss_nat,omitempty"`
	LossReg *float64 `json:"loss_reg,omitempty"`

	// Fine-tuning, after epochs with an evaluation. Accuracies are in percent;
	// TestAcc1 is on clean images, TestAcc5, of models with more than 5 classes,
	// counts labels among the five best answers, and NoisyAcc1 is on one noisy copy
	// each. EvalSplit says which images these are.
	TestLoss  *float64 `json:"test_loss,omitempty"`
	TestAcc1  *float64 `json:"test_acc1,omitempty"`
	TestAcc5  *float64 `json:"test_acc5,omitempty"`
	NoisyAcc1 *float64 `json:"test_noisy_acc1,omitempty"`
	EvalSplit string   `json:"eval_split,omitempty"`

	// NoAnswer counts the images, clean and noisy ones, that got no class
	// because no score was a number. TestLoss is left out if it is not finite.
	NoAnswer int `json:"test_no_answer,omitempty"`

	BestEpoch *int `json:"best_epoch,omitempty"` // of the best model so far, if one is chosen

	Epoch       int     `json:"epoch"` // counted from 0
	Step        int     `json:"step"`  // optimiser steps so far
	NParameters int     `json:"n_parameters"`
	Sigma       float64 `json:"sigma"`
}

// line returns the entry as a line of log.txt.
func (e Entry) line() (string, error) {
	b, err := json.Marshal(e)
	if err != nil {
		return "", fmt.Errorf("train: cannot write epoch %d to the log: %w", e.Epoch, err)
	}
	return string(b) + "\n", nil
}

// lastEntry returns the last line of a log.
func lastEntry(log string) (Entry, error) {
	log = strings.TrimSuffix(log, "\n")
	var e Entry
	if err := json.Unmarshal([]byte(log[strings.LastIndexByte(log, '\n')+1:]), &e); err != nil {
		return e, fmt.Errorf("train: the last line of the log is damaged: %w", err)
	}
	return e, nil
}
