package dmae

import (
	"strings"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// ProbeStd is the standard deviation of the initial weights of a linear probe.
const ProbeStd = 0.01

// Constants of a linear probe's batch normalisation: the epsilon inside the
// root, and the weight of a batch in the running statistics.
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

// linear returns the name of the layer that computes the logits.
func (c *Config) linear() string {
	if c.Head == BatchNormHead {
		return "head.1"
	}
	return "head"
}

// ClassifierHead maps features [B, D] to logits [B, K]: a linear layer, after
// batch normalisation in a linear probe.
type ClassifierHead struct {
	linear nn.Linear
	norm   *batchNorm // nil unless it is a linear probe
}

// NewHead declares the head of a configuration, for width features:
// "head.weight" and "head.bias", or the layers "head.0" and "head.1" of a linear
// probe.
func NewHead(b *nn.Builder, c *Config, width int) *ClassifierHead {
	h := &ClassifierHead{}
	if c.Head == BatchNormHead {
		h.norm = newBatchNorm(b, width)
	}
	h.linear = nn.NewLinear(b, c.linear(), width, c.Classes, nn.Normal(0.02))
	return h
}

// startStd returns the deviation of the initial weights after a trained
// encoder.
func (h *ClassifierHead) startStd() float64 {
	if h.norm != nil {
		return ProbeStd
	}
	return HeadStd
}

func (h *ClassifierHead) forward(t *autograd.Tape, features *autograd.Variable) *autograd.Variable {
	if h.norm != nil {
		features = h.norm.use(t, features)
	}
	return h.linear.Forward(t, features)
}

// NewProbe is NewClassifier for training a linear probe: a head with batch
// normalisation, while all other parameters are fixed. It is saved as an
// ordinary classifier.
func NewProbe(b ops.Backend, cfg Config) (*Classifier, error) {
	cfg.Head = BatchNormHead
	return newClassifier(b, cfg, cfg.fixedInProbe)
}

// fixedInProbe reports whether a parameter is not trained in a linear probe.
func (c *Config) fixedInProbe(name string) bool { return !strings.HasPrefix(name, c.linear()+".") }

// ProbeSpecs is ClassifierSpecs for training a linear probe: all but the linear
// layer is fixed.
func (c *Config) ProbeSpecs() []nn.Spec {
	cfg := *c
	cfg.Head = BatchNormHead
	b := nn.NewBuilder()
	cfg.mustFamily().Build(b, &cfg)
	b.Fix(cfg.fixedInProbe)
	return b.Specs()
}

// batchNorm is the first layer of a linear probe's head.
type batchNorm struct{ mean, v, seen *nn.Param }

func newBatchNorm(b *nn.Builder, width int) *batchNorm {
	return &batchNorm{
		mean: b.Param(nn.Spec{Name: runningMean, Shape: tensor.Of(width), Init: nn.Zeros, Fixed: true}),
		v:    b.Param(nn.Spec{Name: runningVar, Shape: tensor.Of(width), Init: nn.Ones, Fixed: true}),
		seen: b.Param(nn.Spec{Name: batchesTracked, Shape: tensor.Of(), Init: nn.Zeros, Fixed: true, Whole: true}),
	}
}

func (n *batchNorm) use(t *autograd.Tape, x *autograd.Variable) *autograd.Variable {
	return t.Apply(ops.Standardize, ops.Attr{Eps: probeEps}, x, n.mean.Var, n.v.Var)
}

// TrainProbe maps features [B, D] to logits [B, K] as in training: features are
// normalised by the batch's own mean and variance, which are returned, [D]
// each.
func (m *Classifier) TrainProbe(t *autograd.Tape, features *autograd.Variable) (logits *autograd.Variable, mean, variance *tensor.Tensor) {
	out := t.ApplyAll(ops.BatchNorm, ops.Attr{Eps: probeEps}, features)
	return m.head.linear.Forward(t, out[0]), out[1].Value, out[2].Value
}

// GatherStats moves a linear probe's running statistics towards those of a batch of n
// features, as returned by TrainProbe, and counts the batch. scale, which may be nil,
// is that of an optimiser step: if it is not finite, the statistics do not change.
func (m *Classifier) GatherStats(mean, variance *tensor.Tensor, n int, scale *tensor.Tensor) {
	norm, b := m.head.norm, m.Params.Backend()
	b.Run(ops.RunningStats, []*tensor.Tensor{norm.mean.Value, norm.v.Value}, []*tensor.Tensor{mean, variance, scale}, &ops.Attr{Scale: probeMomentum, Count: n})
	scope := b.Mark()
	defer b.Release(scope)
	one := b.New(b.Float(), norm.seen.Value.Shape())
	b.Run(ops.Fill, []*tensor.Tensor{one}, nil, &ops.Attr{Value: 1})
	b.Run(ops.AddInPlace, []*tensor.Tensor{norm.seen.Value}, []*tensor.Tensor{one}, &ops.Attr{})
}
