package dmae

import (
	"strings"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// ProbeStd is the standard deviation that the weight of a linear probe starts
// with.
const ProbeStd = 0.01

// Constants of a linear probe's batch normalisation: inside the root, and the
// share of a batch in the running statistics.
const (
	probeEps      = 1e-6
	probeMomentum = 0.1
)

// Parameters of batch normalisation, by timm's names.
const (
	runningMean    = "head.0.running_mean"
	runningVar     = "head.0.running_var"
	batchesTracked = "head.0.num_batches_tracked"
)

// linear returns the name of the layer that makes the logits.
func (c *Config) linear() string {
	if c.Head == BatchNormHead {
		return "head.1"
	}
	return "head"
}

// NewProbe is NewClassifier for training a linear probe: a head with batch
// normalisation, while everything before it stays as it is. What is saved is an
// ordinary classifier.
func NewProbe(b ops.Backend, cfg Config) (*Classifier, error) {
	cfg.Head = BatchNormHead
	return newClassifier(b, cfg, (*Config).ProbeSpecs)
}

// ProbeSpecs is ClassifierSpecs for training a linear probe: all but the linear
// layer is fixed.
func (c *Config) ProbeSpecs() []nn.Spec {
	cfg := *c
	cfg.Head = BatchNormHead
	specs := classifierSpecs(&cfg)
	for i := range specs {
		specs[i].Fixed = !strings.HasPrefix(specs[i].Name, cfg.linear()+".")
	}
	return specs
}

// batchNorm is the first layer of a linear probe's head.
type batchNorm struct {
	params        *nn.Params
	mean, v, seen *nn.Param
}

func batchNormSpecs(width int) []nn.Spec {
	return []nn.Spec{
		{Name: runningMean, Shape: tensor.Of(width), Init: nn.Zeros, Fixed: true},
		{Name: runningVar, Shape: tensor.Of(width), Init: nn.Ones, Fixed: true},
		{Name: batchesTracked, Shape: tensor.Of(), Init: nn.Zeros, Fixed: true, Whole: true},
	}
}

func newBatchNorm(p *nn.Params) *batchNorm {
	return &batchNorm{p, p.Get(runningMean), p.Get(runningVar), p.Get(batchesTracked)}
}

func (n *batchNorm) use(t *autograd.Tape, x *autograd.Variable) *autograd.Variable {
	return t.Apply(ops.Standardize, ops.Attr{Eps: probeEps}, x, n.mean.Var, n.v.Var)
}

// TrainProbe maps features [B, D] to logits [B, K] as in training: normalised by
// the batch's own mean and variance, which are returned, [D] each.
func (m *Classifier) TrainProbe(t *autograd.Tape, features *autograd.Variable) (logits *autograd.Variable, mean, variance *tensor.Tensor) {
	out := t.ApplyAll(ops.BatchNorm, ops.Attr{Eps: probeEps}, features)
	return m.head.Forward(t, out[0]), out[1].Value, out[2].Value
}

// GatherStats moves a linear probe's running statistics towards those of a
// batch of n features, as TrainProbe returned them. The error is the backend's.
func (m *Classifier) GatherStats(mean, variance *tensor.Tensor, n int) error {
	p := m.probe
	p.params.Backend().Run(ops.RunningStats, []*tensor.Tensor{p.mean.Value, p.v.Value}, []*tensor.Tensor{mean, variance}, &ops.Attr{Scale: probeMomentum, Count: n})
	seen, err := p.params.Download(p.seen)
	if err != nil {
		return err
	}
	seen[0]++
	p.params.Upload(p.seen, seen)
	return nil
}
