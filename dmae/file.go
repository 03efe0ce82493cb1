package dmae

import (
	"encoding/json"
	"strings"

	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/ops"
)

// The kinds of models, as checkpoints name them.
const (
	KindAutoencoder = "autoencoder"
	KindClassifier  = "classifier"
	KindEncoder     = "encoder" // without decoder and head: initial weights for training
)

// Metadata keys of a checkpoint.
const (
	KeyKind     = "godmae.kind"
	KeyConfig   = "godmae.config"
	KeyContract = "godmae.contract"
)

// StatePrefix is the prefix of the names of tensors in a checkpoint that belong
// to the trainer and not to the model.
const StatePrefix = "train."

func isState(name string) bool { return strings.HasPrefix(name, StatePrefix) }

// Specs lists the parameters of a model of the given kind, in the order of the
// official one.
func Specs(kind string, c *Config) []nn.Spec {
	switch kind {
	case KindClassifier:
		return c.ClassifierSpecs()
	case KindEncoder:
		return encoderOnlySpecs(c)
	}
	return c.AutoencoderSpecs()
}

// Metadata returns the metadata in a checkpoint of a model whose weights were
// computed under the given numerics contract ([ops.Identity]).
func Metadata(kind string, c *Config, contract string) map[string]string {
	config, err := json.Marshal(c)
	if err != nil {
		panic(err) // a validated Config holds nothing that JSON cannot
	}
	return map[string]string{KeyKind: kind, KeyConfig: string(config), KeyContract: contract}
}

// Metadata returns what a checkpoint of the model says about it; a trainer
// adds its own keys.
func (m *Autoencoder) Metadata() map[string]string {
	return Metadata(KindAutoencoder, &m.Config, contractOf(m.Params))
}

// Save writes the model to a checkpoint.
func (m *Autoencoder) Save(path string) error {
	tensors, err := m.Params.Export()
	if err != nil {
		return err
	}
	return checkpoint.Write(path, tensors, m.Metadata())
}

// ReadAutoencoder reads the model in a checkpoint onto b.
func ReadAutoencoder(b ops.Backend, f *checkpoint.File) (*Autoencoder, error) {
	return Reader{}.ReadAutoencoder(b, f)
}

// LoadAutoencoder is ReadAutoencoder for the file at path.
func LoadAutoencoder(b ops.Backend, path string) (*Autoencoder, error) {
	return Reader{}.LoadAutoencoder(b, path)
}

// Metadata returns what a checkpoint of the model says about it; a trainer
// adds its own keys.
func (m *Classifier) Metadata() map[string]string {
	return Metadata(KindClassifier, &m.Config, contractOf(m.Params))
}

// Save writes the model to a checkpoint.
func (m *Classifier) Save(path string) error {
	tensors, err := m.Params.Export()
	if err != nil {
		return err
	}
	return checkpoint.Write(path, tensors, m.Metadata())
}

// ReadClassifier reads the model in a checkpoint onto b.
func ReadClassifier(b ops.Backend, f *checkpoint.File) (*Classifier, error) {
	return Reader{}.ReadClassifier(b, f)
}

// LoadClassifier is ReadClassifier for the file at path.
func LoadClassifier(b ops.Backend, path string) (*Classifier, error) {
	return Reader{}.LoadClassifier(b, path)
}

// contractOf returns the contract that a model computes under.
func contractOf(p *nn.Params) string { return p.Backend().Identity().Contract }
