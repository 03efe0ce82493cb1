package dmae

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/tensor"
)

// HeadStd is the standard deviation that the head of a classifier starts with
// when its encoder is pre-trained.
const HeadStd = 2e-5

// Classifier is a Vision Transformer with the encoder of an autoencoder and a
// linear head. Its position embedding is trained.
type Classifier struct {
	Config Config
	Params *nn.Params

	trunk
	norm  nn.LayerNorm // fc_norm after the mean over tokens, or norm of the class token
	probe *batchNorm   // before the linear layer of a linear probe, else nil
	head  nn.Linear
}

// NewClassifier allocates a model on b with all values zero; call InitScratch,
// LoadEncoder or load values next. The error is that of [Config.Validate], or
// that the configuration names no classes.
func NewClassifier(b ops.Backend, cfg Config) (*Classifier, error) {
	return newClassifier(b, cfg, classifierSpecs)
}

func newClassifier(b ops.Backend, cfg Config, specs func(*Config) []nn.Spec) (*Classifier, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Classes < 1 {
		return nil, errors.New("model configuration: a classifier needs at least one class")
	}
	cfg = cfg.clone()
	p := nn.NewParams(b, specs(&cfg))
	m := &Classifier{
		Config: cfg,
		Params: p,
		trunk:  newTrunk(&cfg, p),
		norm:   nn.NewLayerNorm(p, cfg.finalNorm()),
	}
	m.norm.Eps = cfg.normEps()
	if cfg.Head == BatchNormHead {
		m.probe = newBatchNorm(p)
	}
	m.head = nn.NewLinear(p, cfg.linear())
	return m, nil
}

// finalNorm returns the name of a classifier's last layer normalisation.
func (c *Config) finalNorm() string {
	if c.GlobalPool {
		return "fc_norm"
	}
	return "norm"
}

// ClassifierSpecs lists the parameters of the classifier of a valid
// configuration, before they have memory.
func (c *Config) ClassifierSpecs() []nn.Spec { return classifierSpecs(c) }

// classifierSpecs lists all parameters in the order of the official model,
// which creates fc_norm after the head.
func classifierSpecs(c *Config) []nn.Spec {
	weight := func(int, int) nn.Initializer { return nn.Normal(0.02) }
	learned := *c
	learned.Positions = Learned
	norm := nn.LayerNormSpecs(c.finalNorm(), c.Width)
	head := nn.LinearSpecs(c.linear(), c.Classes, c.Width, nn.Normal(0.02))
	if c.Head == BatchNormHead {
		head = slices.Concat(batchNormSpecs(c.Width), head)
	}
	if c.GlobalPool {
		norm, head = head, norm
	}
	return slices.Concat(
		[]nn.Spec{tokenSpec("cls_token", c.Width, 0.02), learned.positionSpec("pos_embed", c.Width)},
		// The default of a convolution: uniform within 1/sqrt(fan in).
		c.encoderSpecs(nn.ConvBias(c.PatchValues()), weight),
		norm, head,
	)
}

// Backend returns the backend that holds the model.
func (m *Classifier) Backend() ops.Backend { return m.Params.Backend() }

// Classes returns the number of classes.
func (m *Classifier) Classes() int { return m.Config.Classes }

// ClassNames returns the names of the classes, none when they are unknown.
func (m *Classifier) ClassNames() []string { return m.Config.ClassNames }

// Input returns the shape of the images that the model takes: channels, and the
// side at the data's resolution.
func (m *Classifier) Input() (channels, size int) { return m.Config.Input() }

// MaxBatch returns how many images the model takes at a time: as many as the
// memory that is meant for a batch holds.
func (m *Classifier) MaxBatch() int { return m.Config.Batch(math.MaxInt) }

// InitScratch draws all parameters as for training without pre-training.
func (m *Classifier) InitScratch(seed uint64) { m.Params.Init(seed) }

// LoadEncoder takes class token, position embedding, patch embedding, blocks
// and, for a class-token model, the last normalisation from a pre-trained
// autoencoder of the same encoder; fc_norm starts at 1 and 0, and the head is
// drawn with deviation HeadStd and zero bias. The error lists what does not
// fit.
func (m *Classifier) LoadEncoder(from *Autoencoder, seed uint64) error {
	if err := m.Params.CopyFrom(from.Params); err != nil {
		return fmt.Errorf("the autoencoder %s does not fit the classifier %s: %w", from.Config.Name, m.Config.Name, err)
	}
	m.initHead(seed, nil)
	return nil
}

// initHead draws what an autoencoder does not have, fc_norm and the head, but
// for what was taken from elsewhere, and a norm that was not.
func (m *Classifier) initHead(seed uint64, taken map[string]bool) {
	head := m.Config.linear()
	for _, p := range m.Params.All() {
		if taken[p.Name] {
			continue
		}
		init := p.Init
		switch p.Name {
		case head + ".weight":
			init = nn.Normal(HeadStd)
			if m.probe != nil {
				init = nn.Normal(ProbeStd)
			}
		case head + ".bias", "fc_norm.weight", "fc_norm.bias", runningMean, runningVar, batchesTracked:
		case "norm.weight", "norm.bias":
			if taken == nil {
				continue // an autoencoder's
			}
		default:
			continue
		}
		values := make([]float32, p.Elems())
		init(philox.NewGen(philox.Addr{Seed: seed, Stream: philox.Init, A: uint32(p.Index)}), values)
		m.Params.Upload(p, values)
	}
}

// Logits maps images [B, C, h, w] in [0,1] at the data's resolution to logits
// [B, K]. The images may be differentiated.
func (m *Classifier) Logits(t *autograd.Tape, images *autograd.Variable) *autograd.Variable {
	return m.TrainLogits(t, images, nil)
}

// TrainLogits is Logits with stochastic depth: drop, [2*Depth, B] as
// [Config.DropPathScales] draws it, holds its factors; nil drops nothing.
func (m *Classifier) TrainLogits(t *autograd.Tape, images *autograd.Variable, drop *tensor.Tensor) *autograd.Variable {
	var path *nn.DropPath
	if drop != nil {
		path = &nn.DropPath{Scales: drop}
	}
	return m.Classify(t, m.features(t, images, path))
}

// Features maps images, as Logits takes them, to what the head classifies
// [B, D].
func (m *Classifier) Features(t *autograd.Tape, images *tensor.Tensor) *autograd.Variable {
	return m.features(t, t.Const(images), nil)
}

func (m *Classifier) features(t *autograd.Tape, images *autograd.Variable, path *nn.DropPath) *autograd.Variable {
	x := m.blocks.Forward(t, m.tokens(t, &m.Config, images), path)
	if !m.Config.GlobalPool {
		x = t.Apply(ops.Slice, ops.Attr{Count: 1}, x)
		// The mean of one token is the token, without its dimension.
		x = t.Apply(ops.MeanTokens, ops.Attr{}, x)
	} else {
		x = t.Apply(ops.MeanTokens, ops.Attr{From: 1}, x)
	}
	return m.norm.Forward(t, x)
}

// Classify maps features [B, D] to logits [B, K]. A linear probe normalises them
// by the statistics it has gathered.
func (m *Classifier) Classify(t *autograd.Tape, features *autograd.Variable) *autograd.Variable {
	if m.probe != nil {
		features = m.probe.use(t, features)
	}
	return m.head.Forward(t, features)
}
