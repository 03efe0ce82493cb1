package convert

import (
	"encoding/json"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/train"
	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/nn/checkpoint/pickle"
	"github.com/godmae/godmae/nn/optim"
)

// specs returns the parameters of the model in the metadata, in order, or nil
// if there is none.
func (c *content) specs() []nn.Spec {
	kind, cfg, ok := c.describe()
	if !ok {
		return nil
	}
	return dmae.Specs(kind, &cfg)
}

func (c *content) describe() (kind string, cfg dmae.Config, ok bool) {
	kind = c.metadata[dmae.KeyKind]
	if json.Unmarshal([]byte(c.metadata[dmae.KeyConfig]), &cfg) != nil || cfg.Validate() != nil {
		return "", cfg, false
	}
	return kind, cfg, true
}

// official adds to root the values that the official training code saves,
// "optimizer", "epoch" and "args", for a checkpoint that godmae trained. It
// removes the tensors it needs from state, and records the optimiser's
// numbering in metadata for converting back.
func (c *content) official(rd dmae.Reader, root *pickle.Dict, metadata map[string]string, state map[string]checkpoint.Tensor) error {
	kind, cfg, ok := c.describe()
	if !ok {
		return nil
	}
	args := (&pickle.Dict{}).MustSet("model", cfg.Name).MustSet("input_size", cfg.ImageSize).
		MustSet("sigma", cfg.Sigma).MustSet("mask_ratio", cfg.MaskRatio).MustSet("norm_pix_loss", cfg.NormPix).MustSet("norm_pix_eps", cfg.NormPixEps).
		MustSet("drop_path", cfg.DropPath).MustSet("nb_classes", cfg.Classes).MustSet("global_pool", cfg.GlobalPool)
	saved, trained := metadata[train.StateKey]
	if !trained {
		root.MustSet("args", args)
		return nil
	}
	var s train.State
	if err := json.Unmarshal([]byte(saved), &s); err != nil {
		return err
	}
	r := &s.Recipe
	groups := pretrainGroups(dmae.Specs(kind, &cfg))
	switch r.Stage {
	case train.StageFinetune:
		groups = finetuneGroups(dmae.Specs(kind, &cfg))
	case train.StageLinprobe:
		groups = probeGroups(dmae.Specs(kind, &cfg))
	}
	// The moments belong to the weights and not to their moving average. The
	// PyTorch file has the average, which is the model, and no optimiser.
	if r.EMA > 0 {
		note(rd, "the model is the moving average of its weights; the optimiser, whose state belongs to the weights behind it, is kept for godmae alone; --raw converts those weights and their optimiser in place of the average")
	} else if optimizer, names := optimizerState(groups, r, s.InitSteps+s.Steps, cfg.Depth, state); optimizer != nil {
		text, err := json.Marshal(names)
		if err != nil {
			return err
		}
		metadata[namesKey] = string(text)
		root.MustSet("optimizer", optimizer)
	}
	// The official code continues with the epoch after the stored one.
	root.MustSet("epoch", s.Epoch-1)
	root.MustSet("args", args.MustSet("effective_batch", r.Batch).MustSet("epochs", r.Epochs).
		MustSet("warmup_epochs", r.WarmupEpochs).MustSet("lr", r.LR).MustSet("min_lr", r.MinLR).
		MustSet("weight_decay", r.WeightDecay).MustSet("layer_decay", r.LayerDecay).MustSet("smoothing", r.Smoothing).
		MustSet("seed", int64(r.Seed)))
	return nil
}

// optimizerState returns the state dict of the official optimiser, AdamW or
// LARS, and the parameters' names in the order of their numbers. It is nil if a
// moment is missing.
func optimizerState(groups []group, r *train.Recipe, steps, depth int, state map[string]checkpoint.Tensor) (*pickle.Dict, []string) {
	kinds := []string{"exp_avg", "exp_avg_sq"}
	if r.Stage == train.StageLinprobe {
		kinds = []string{"mu"}
	}
	var names []string
	values, list := &pickle.Dict{}, &pickle.List{}
	for _, g := range groups {
		params := &pickle.List{}
		for _, s := range g.specs {
			of := &pickle.Dict{}
			if r.Stage != train.StageLinprobe {
				of.MustSet("step", checkpoint.Float32s("step", nil, []float32{float32(steps)}))
			}
			for _, kind := range kinds {
				m, ok := state[moments[kind]+s.Name]
				if !ok {
					return nil, nil
				}
				of.MustSet(kind, m)
			}
			values.MustSet(int64(len(names)), of)
			params.Items = append(params.Items, int64(len(names)))
			names = append(names, s.Name)
		}
		list.Items = append(list.Items, g.settings(r, depth).MustSet("params", params))
	}
	for _, name := range names {
		for _, kind := range kinds {
			delete(state, moments[kind]+name)
		}
	}
	return (&pickle.Dict{}).MustSet("state", values).MustSet("param_groups", list), names
}

// settings returns PyTorch's settings of a group.
func (g *group) settings(r *train.Recipe, depth int) *pickle.Dict {
	decay := 0.0
	if g.decay {
		decay = r.WeightDecay
	}
	d := (&pickle.Dict{}).MustSet("lr", r.LR)
	if r.Stage == train.StageLinprobe {
		return d.MustSet("weight_decay", decay).MustSet("momentum", r.Momentum).MustSet("trust_coefficient", r.Trust)
	}
	if r.Stage == train.StageFinetune {
		scale := 1.0
		for range depth + 1 - g.layer {
			scale *= r.LayerDecay
		}
		d.MustSet("lr_scale", scale)
	}
	return d.MustSet("betas", pickle.Tuple{r.Beta1, r.Beta2}).MustSet("eps", optim.Eps).
		MustSet("weight_decay", decay).MustSet("amsgrad", false).MustSet("maximize", false).
		MustSet("foreach", nil).MustSet("capturable", false)
}
