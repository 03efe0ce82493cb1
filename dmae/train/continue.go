package train

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/nn/optim"
)

// initialise loads the weights of Options.Init into an autoencoder. It also
// loads the moments and the step count of the optimiser in that file, if it has
// them: a run of this package, or of the official trainer. Moments belong to the
// optimiser's weights, so these are loaded from a run with a moving average, not
// the average. From a file without a decoder only the encoder is loaded, and the
// decoder is drawn.
func (r *run) initialise(model *dmae.Autoencoder, o *optim.AdamW) error {
	start, err := r.opt.Reader.StartAutoencoder(model, r.opt.Init)
	if err != nil {
		return err
	}
	if err := r.checkStart(r.opt.Init); err != nil {
		return err
	}
	if start.Kind != dmae.KindAutoencoder {
		r.note(start.String())
		r.state.Init, err = weightsDigest(model.Params)
		return err
	}
	f, err := r.open(r.opt.Init)
	if err != nil {
		return err
	}
	defer f.Close()
	metadata, own := f.Metadata(), f.Extra() == nil
	switch {
	case own && metadata[StateKey] != "":
		s, err := ReadState(f)
		if err != nil {
			return err
		}
		if s.Recipe.Stage != StagePretrain {
			return fmt.Errorf("%s comes from %s; continue one of %s", r.opt.Init, s.Recipe.Stage, StagePretrain)
		}
		if s.Recipe.EMA > 0 {
			if err := loadRaw(model.Params, f); err != nil {
				return err
			}
		}
		if err := o.Import(f, adamWPrefix, s.InitSteps+s.Steps); err != nil {
			return err
		}
	case own && metadata[optim.TorchStepsKey] != "": // converted
		steps, err := torchSteps(f.Name(), metadata)
		if err != nil {
			return err
		}
		if err := o.Import(f, adamWPrefix, steps); err != nil {
			return err
		}
	default:
		if _, err := o.ImportTorch(f); err != nil {
			return err
		}
	}
	if r.state.Init, err = weightsDigest(model.Params); err != nil {
		return err
	}
	r.state.InitSteps = o.Steps()
	if r.state.InitSteps == 0 {
		what := "no optimiser"
		var torch struct {
			Optimizer *torchOptimizer `json:"optimizer"`
		}
		if text := metadata[TorchExtraKey]; text != "" && json.Unmarshal([]byte(text), &torch) != nil {
			torch.Optimizer = nil // damaged: treated as missing
		}
		if _, raw := f.Extra().Get("optimizer"); raw || torch.Optimizer != nil || own && metadata[StateKey] != "" {
			what = "an optimiser that has taken no step"
		}
		r.note(fmt.Sprintf("%s has %s: training continues with its weights, and the moments start at zero", r.opt.Init, what))
	}
	return nil
}

// torchSteps returns the number of steps of the optimiser in a converted file.
func torchSteps(name string, metadata map[string]string) (int, error) {
	steps, err := strconv.Atoi(metadata[optim.TorchStepsKey])
	if err != nil {
		return 0, fmt.Errorf("%s: its metadata %q is not a number of steps: %w", name, optim.TorchStepsKey, err)
	}
	return steps, nil
}

// weightsDigest identifies the values of all parameters. The error is the
// backend's.
func weightsDigest(p *nn.Params) (string, error) {
	h := sha256.New()
	if err := p.Identify(h, p.All()); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
