package train

import (
	"fmt"
	"math"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/nn/optim"
)

// Plan describes a run, computed without training and without memory for a
// model.
type Plan struct {
	Images        int     `json:"images"`
	StepsPerEpoch int     `json:"steps_per_epoch"`
	LeftOut       int     `json:"images_left_out"` // in each epoch: they do not fill a batch
	Steps         int     `json:"steps"`
	WarmupSteps   int     `json:"warmup_steps"`
	Parameters    int     `json:"parameters"` // trained ones
	Groups        []Group `json:"groups"`
	Curve         []Rate  `json:"learning_rate"`
}

// Group is a set of parameters with the same learning rate scale and weight
// decay.
type Group struct {
	LRScale     float64 `json:"lr_scale"`
	WeightDecay float64 `json:"weight_decay"`
	Tensors     int     `json:"tensors"`
	Values      int     `json:"values"`
	First       string  `json:"first"` // name of the first parameter
	Last        string  `json:"last"`
}

// Rate is a point of the learning-rate curve.
type Rate struct {
	Step  int     `json:"step"`
	Epoch float64 `json:"epoch"`
	LR    float64 `json:"lr"`
}

// NewPlan plans a run over the given number of images. The curve has at most
// the given number of points, including the first and the last step. The
// error is that of the recipe or the model, or reports too few images.
func NewPlan(model dmae.Config, r Recipe, images, points int) (*Plan, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	if err := model.Validate(); err != nil {
		return nil, err
	}
	if r.Stage == StagePretrain {
		if err := model.HasAutoencoder(); err != nil {
			return nil, err
		}
	}
	p := &Plan{Images: images, StepsPerEpoch: images / r.Batch, LeftOut: images % r.Batch}
	if p.StepsPerEpoch == 0 {
		return nil, tooFewImages(images, r.Batch)
	}
	p.Steps = p.StepsPerEpoch * r.Epochs
	p.WarmupSteps = min(p.Steps, int(math.Ceil(r.WarmupEpochs*float64(p.StepsPerEpoch))))
	specs, rule := r.parameters(&model)
	p.group(specs, rule)
	schedule, points := r.schedule(), max(points, 2)
	n := min(points, p.Steps)
	for i := range n {
		step := 0
		if n > 1 {
			step = i * (p.Steps - 1) / (n - 1)
		}
		epoch := timeOf(step/p.StepsPerEpoch, step%p.StepsPerEpoch, p.StepsPerEpoch)
		p.Curve = append(p.Curve, Rate{step, epoch, schedule.At(epoch)})
	}
	return p, nil
}

// parameters returns the parameters of a model that a recipe's stage trains,
// and the rule for their groups.
func (r *Recipe) parameters(model *dmae.Config) ([]nn.Spec, optim.Rule) {
	switch r.Stage {
	case StagePretrain:
		return model.AutoencoderSpecs(), optim.Pretrain(r.WeightDecay)
	case StageLinprobe:
		return model.ProbeSpecs(), optim.Probe(r.WeightDecay)
	default:
		return model.ClassifierSpecs(), optim.Finetune(r.WeightDecay, r.LayerDecay, model.Depth)
	}
}

// group sorts parameters into groups, in the order of their first members.
func (p *Plan) group(specs []nn.Spec, rule optim.Rule) {
	type key struct{ scale, decay float64 }
	at := map[key]int{}
	for _, s := range specs {
		if s.Fixed {
			continue
		}
		scale, decay := rule(&nn.Param{Spec: s})
		i, ok := at[key{scale, decay}]
		if !ok {
			i = len(p.Groups)
			at[key{scale, decay}] = i
			p.Groups = append(p.Groups, Group{LRScale: scale, WeightDecay: decay, First: s.Name})
		}
		g := &p.Groups[i]
		g.Tensors++
		g.Values += s.Shape.Elems()
		g.Last = s.Name
		p.Parameters += s.Shape.Elems()
	}
}

// schedule returns the learning rates of a recipe.
func (r *Recipe) schedule() optim.Schedule {
	return optim.Schedule{LR: r.LR, MinLR: r.MinLR, Warmup: r.WarmupEpochs, Epochs: float64(r.Epochs)}
}

// timeOf returns the time of an optimiser step, in epochs.
func timeOf(epoch, step, stepsPerEpoch int) float64 {
	return float64(epoch) + float64(step)/float64(stepsPerEpoch)
}

func tooFewImages(images, batch int) error {
	return fmt.Errorf("train: %d images are fewer than one batch of %d; lower the batch size or the accumulation", images, batch)
}
