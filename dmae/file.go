package dmae

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/ops"
)

// Contract is the version of the numerics contract under which models compute
// (docs/numerics.md). It stands in every checkpoint.
const Contract = "f32/1"

// The kinds of models, as checkpoints name them.
const (
	KindAutoencoder = "autoencoder"
	KindClassifier  = "classifier"
)

// Metadata keys of a checkpoint.
const (
	KeyKind     = "godmae.kind"
	KeyConfig   = "godmae.config"
	KeyContract = "godmae.contract"
)

// StatePrefix starts the names of tensors in a checkpoint that belong to the
// trainer and not to the model.
const StatePrefix = "train."

func isState(name string) bool { return strings.HasPrefix(name, StatePrefix) }

// metadata returns what a checkpoint says about a model.
func metadata(kind string, c *Config) map[string]string {
	config, err := json.Marshal(c)
	if err != nil {
		panic(err) // a validated Config holds nothing that JSON cannot
	}
	return map[string]string{KeyKind: kind, KeyConfig: string(config), KeyContract: Contract}
}

// Describe returns kind and configuration of the model in a checkpoint. The
// error says what is missing in a file that godmae did not write.
func Describe(f *checkpoint.File) (kind string, cfg Config, err error) {
	meta := f.Metadata()
	kind = meta[KeyKind]
	if kind != KindAutoencoder && kind != KindClassifier {
		return "", cfg, fmt.Errorf("%s is not a model of godmae: its metadata %q is %q, it should be %q or %q", f.Name(), KeyKind, kind, KindAutoencoder, KindClassifier)
	}
	if v := meta[KeyContract]; v != Contract {
		return "", cfg, fmt.Errorf("%s was made under the numerics contract %q, this program keeps %q; use the version of godmae that wrote it", f.Name(), v, Contract)
	}
	dec := json.NewDecoder(strings.NewReader(meta[KeyConfig]))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&cfg); err != nil {
		return "", cfg, fmt.Errorf("%s: its metadata %q is not a model configuration: %w", f.Name(), KeyConfig, err)
	}
	if err := cfg.Validate(); err != nil {
		return "", cfg, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return kind, cfg, nil
}

// open describes a file and checks its kind and tensors, before any memory is
// taken for them.
func open(f *checkpoint.File, want string, specs func(*Config) []nn.Spec) (Config, error) {
	kind, cfg, err := Describe(f)
	if err != nil {
		return cfg, err
	}
	if kind != want {
		return cfg, fmt.Errorf("%s holds the model of kind %q, but %q is needed here", f.Name(), kind, want)
	}
	if want == KindClassifier && cfg.Classes < 1 {
		return cfg, fmt.Errorf("%s: its configuration names no classes", f.Name())
	}
	return cfg, nn.Match(specs(&cfg), f, isState)
}

// Metadata returns what a checkpoint of the model says about it; a trainer
// adds its own keys.
func (m *Autoencoder) Metadata() map[string]string { return metadata(KindAutoencoder, &m.Config) }

// Save writes the model to a checkpoint.
func (m *Autoencoder) Save(path string) error {
	return checkpoint.Write(path, m.Params.Export(), m.Metadata())
}

// ReadAutoencoder makes the model that a checkpoint holds on b.
func ReadAutoencoder(b ops.Backend, f *checkpoint.File) (*Autoencoder, error) {
	cfg, err := open(f, KindAutoencoder, autoencoderSpecs)
	if err != nil {
		return nil, err
	}
	m, err := NewAutoencoder(b, cfg)
	if err != nil {
		return nil, err
	}
	return m, m.Params.Load(f)
}

// LoadAutoencoder is ReadAutoencoder for the file at path.
func LoadAutoencoder(b ops.Backend, path string) (*Autoencoder, error) {
	return load(b, path, ReadAutoencoder)
}

// Metadata returns what a checkpoint of the model says about it; a trainer
// adds its own keys.
func (m *Classifier) Metadata() map[string]string { return metadata(KindClassifier, &m.Config) }

// Save writes the model to a checkpoint.
func (m *Classifier) Save(path string) error {
	return checkpoint.Write(path, m.Params.Export(), m.Metadata())
}

// ReadClassifier makes the model that a checkpoint holds on b.
func ReadClassifier(b ops.Backend, f *checkpoint.File) (*Classifier, error) {
	cfg, err := open(f, KindClassifier, classifierSpecs)
	if err != nil {
		return nil, err
	}
	m, err := NewClassifier(b, cfg)
	if err != nil {
		return nil, err
	}
	return m, m.Params.Load(f)
}

// LoadClassifier is ReadClassifier for the file at path.
func LoadClassifier(b ops.Backend, path string) (*Classifier, error) {
	return load(b, path, ReadClassifier)
}

// load opens a file, reads a model from it and closes it.
func load[M any](b ops.Backend, path string, read func(ops.Backend, *checkpoint.File) (*M, error)) (*M, error) {
	f, err := checkpoint.Open(path)
	if err != nil {
		return nil, err
	}
	m, err := read(b, f)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	return m, nil
}
