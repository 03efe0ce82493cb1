package dmae

import (
	"errors"
	"fmt"
	"math"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/tensor"
)

// HeadStd is the standard deviation of the initial weights of the head of a
// classifier with a pre-trained encoder.
const HeadStd = 2e-5

// Classifier is an image classifier of a [Family]: the backbone of its
// architecture and a linear head. For the Vision Transformer, the backbone is
// the encoder of an autoencoder, with a trained position embedding.
type Classifier struct {
	Config Config
	Params *nn.Params

	backbone Backbone
	head     *ClassifierHead
}

// NewClassifier allocates a model on b with all values zero; call InitScratch,
// LoadEncoder or load values next. The error is that of [Config.Validate], or
// that the configuration names no classes.
func NewClassifier(b ops.Backend, cfg Config) (*Classifier, error) {
	return newClassifier(b, cfg, func(string) bool { return false })
}

// newClassifier is NewClassifier with fixed parameters, which are not trained.
func newClassifier(b ops.Backend, cfg Config, fixed func(name string) bool) (*Classifier, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Classes < 1 {
		return nil, errors.New("model configuration: a classifier needs at least one class")
	}
	m := &Classifier{Config: cfg.clone()}
	declared := nn.NewBuilder()
	m.backbone, m.head = m.Config.mustFamily().Build(declared, &m.Config)
	declared.Fix(fixed)
	m.Params = declared.Allocate(b)
	return m, nil
}

// ClassifierSpecs lists the parameters of the classifier of a valid
// configuration, before they have memory.
func (c *Config) ClassifierSpecs() []nn.Spec {
	b := nn.NewBuilder()
	c.mustFamily().Build(b, c)
	return b.Specs()
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

// MaxBatch returns how many images the model processes at a time: as many as
// fit into the memory for a batch.
func (m *Classifier) MaxBatch() int { return m.Config.Batch(math.MaxInt) }

// InitScratch draws all parameters as for training without pre-training.
func (m *Classifier) InitScratch(seed uint64) { m.Params.Init(seed) }

// LoadEncoder copies class token, position embedding, patch embedding, blocks
// and, for a class-token model, the last normalisation from a pre-trained
// autoencoder with the same encoder. fc_norm starts at 1 and 0; the head is
// drawn with deviation HeadStd and zero bias. The error lists the parameters
// that do not fit.
func (m *Classifier) LoadEncoder(from *Autoencoder, seed uint64) error {
	if err := m.Config.HasAutoencoder(); err != nil {
		return err
	}
	if err := m.Params.CopyFrom(from.Params); err != nil {
		return fmt.Errorf("the autoencoder %s does not fit the classifier %s: %w", from.Config.Name, m.Config.Name, err)
	}
	m.drawRest(seed, func(name string) bool { return from.Params.Get(name) != nil })
	return nil
}

// drawRest draws the parameters that were not loaded from a checkpoint; the
// head is always drawn, with small weights.
func (m *Classifier) drawRest(seed uint64, taken func(name string) bool) {
	for _, p := range m.Params.All() {
		if taken(p.Name) {
			continue
		}
		init := p.Init
		if p.Var == m.head.linear.W {
			init = nn.Normal(m.head.startStd())
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
// [Config.DropPathScales] draws it, holds the factors of the branches; nil
// drops nothing.
func (m *Classifier) TrainLogits(t *autograd.Tape, images *autograd.Variable, drop *tensor.Tensor) *autograd.Variable {
	var path *nn.DropPath
	if drop != nil {
		path = &nn.DropPath{Scales: drop}
	}
	return m.Classify(t, m.backbone.Features(t, images, path))
}

// FeatureWidth returns D, the number of features of an image.
func (m *Classifier) FeatureWidth() int { return m.head.linear.W.Value.Shape().Last() }

// Features maps images, as for Logits, to the features [B, D] that the head
// classifies.
func (m *Classifier) Features(t *autograd.Tape, images *tensor.Tensor) *autograd.Variable {
	return m.backbone.Features(t, t.Const(images), nil)
}

// Classify maps features [B, D] to logits [B, K]. A linear probe normalises
// them by its running statistics.
func (m *Classifier) Classify(t *autograd.Tape, features *autograd.Variable) *autograd.Variable {
	return m.head.forward(t, features)
}
