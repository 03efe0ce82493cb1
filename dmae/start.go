package dmae

import (
	"fmt"
	"slices"
	"strings"

	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/nn/checkpoint"
)

// Start describes which initial weights of a model come from a checkpoint.
type Start struct {
	Kind    string   // of the model in the file
	File    string   // its name
	Dropped []string // tensors of the file that the model does not use
	Drawn   []string // parameters of the model that are not in the file
}

// String describes the start for a user.
func (s *Start) String() string {
	text := fmt.Sprintf("%s holds %s: its encoder is used", s.File, map[string]string{
		KindEncoder: "an encoder", KindClassifier: "a classifier", KindAutoencoder: "an autoencoder",
	}[s.Kind])
	if len(s.Dropped) > 0 {
		text += "; dropped: " + abridged(layers(s.Dropped))
	}
	if len(s.Drawn) > 0 {
		text += "; drawn at random: " + abridged(layers(s.Drawn))
	}
	return text
}

// layers shortens the names of parameters to those of their layers, and those
// of parameters in blocks to the part that has the blocks.
func layers(names []string) []string {
	var out []string
	for _, name := range names {
		stack, _, inStack := strings.Cut(name, ".")
		switch {
		case inStack && strings.HasSuffix(stack, "blocks"):
			name = stack
		default:
			name = strings.TrimSuffix(strings.TrimSuffix(name, ".weight"), ".bias")
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// StartClassifier loads initial weights of a classifier from the checkpoint at
// path, as the official fine-tuning and linear probing do. From an autoencoder
// it loads those of [Classifier.LoadEncoder]. From an encoder, and from the
// encoder of another classifier, it loads the same parameters, and the last
// normalisation if it has the same name. A head is never loaded. A model of
// another family than the Vision Transformer starts from a model of its own
// family.
func (r Reader) StartClassifier(m *Classifier, path string, seed uint64) (*Start, error) {
	return r.start(path, func(f *checkpoint.File, kind string, cfg *Config) (*Start, error) {
		if kind == KindAutoencoder {
			return &Start{Kind: kind, File: f.Name()}, m.readEncoder(f, cfg, seed)
		}
		s, err := takeEncoder(m.Params, f, kind, cfg, &m.Config)
		if err != nil {
			return nil, err
		}
		m.drawRest(seed, func(name string) bool { return !slices.Contains(s.Drawn, name) })
		return s, nil
	})
}

// StartAutoencoder loads weights of an initialised autoencoder from the
// checkpoint at path: all weights from an autoencoder; from an encoder or a
// classifier those of the encoder, and the decoder keeps its random weights.
func (r Reader) StartAutoencoder(m *Autoencoder, path string) (*Start, error) {
	return r.start(path, func(f *checkpoint.File, kind string, cfg *Config) (*Start, error) {
		if kind == KindAutoencoder {
			if err := m.Params.LoadSome(f, hasName(cfg.AutoencoderSpecs())); err != nil {
				return nil, fmt.Errorf("%s does not fit the model %s: %w", path, m.Config.Name, err)
			}
			return &Start{Kind: kind, File: f.Name()}, nil
		}
		return takeEncoder(m.Params, f, kind, cfg, &m.Config)
	})
}

// start opens a file, describes it as initial weights, and passes it to use.
func (r Reader) start(path string, use func(*checkpoint.File, string, *Config) (*Start, error)) (*Start, error) {
	f, err := checkpoint.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	native, kind, cfg, err := r.resolve(f, true, anyKind)
	if err != nil {
		return nil, err
	}
	return use(native, kind, &cfg)
}

// readEncoder is [Classifier.LoadEncoder] for the autoencoder in a file. The
// decoder is not read, and only the classifier takes memory of the backend.
func (m *Classifier) readEncoder(f *checkpoint.File, cfg *Config, seed uint64) error {
	if err := m.Config.HasAutoencoder(); err != nil {
		return err
	}
	taken := hasName(cfg.AutoencoderSpecs())
	if err := m.Params.LoadSome(f, taken); err != nil {
		return fmt.Errorf("the autoencoder %s does not fit the classifier %s: %w", cfg.Name, m.Config.Name, err)
	}
	m.drawRest(seed, taken)
	return nil
}

// hasName returns a function that reports whether one of the parameters has a name.
func hasName(specs []nn.Spec) func(name string) bool {
	names := make(map[string]bool, len(specs))
	for _, s := range specs {
		names[s.Name] = true
	}
	return func(name string) bool { return names[name] }
}

// takeEncoder loads the parameters of startNames from a file.
func takeEncoder(p *nn.Params, f *checkpoint.File, kind string, cfg, model *Config) (*Start, error) {
	if cfg.Family != model.Family {
		return nil, fmt.Errorf("%s holds a model of %s and the model to train is one of %s; start from a checkpoint of the same family", f.Name(), cfg.familyName(), model.familyName())
	}
	s := &Start{Kind: kind, File: f.Name()}
	wanted := startNames(f, cfg)
	if err := p.LoadSome(f, func(name string) bool { return wanted[name] }); err != nil {
		return nil, fmt.Errorf("%s does not fit the model %s: %w", f.Name(), model.Name, err)
	}
	for _, param := range p.All() {
		if !wanted[param.Name] {
			s.Drawn = append(s.Drawn, param.Name)
		}
	}
	for _, info := range f.Tensors() {
		if !isState(info.Name) && (!wanted[info.Name] || p.Get(info.Name) == nil) {
			s.Dropped = append(s.Dropped, info.Name)
		}
	}
	return s, nil
}

// startNames returns the names of the parameters to load from a file: for a
// Vision Transformer those of the encoder, and the last normalisation if file
// and model have one of the same name; for another family all but the head.
func startNames(f *checkpoint.File, cfg *Config) map[string]bool {
	names := map[string]bool{}
	if cfg.Family != "" {
		for _, spec := range cfg.ClassifierSpecs() {
			names[spec.Name] = !strings.HasPrefix(spec.Name, "head.")
		}
		return names
	}
	for _, spec := range encoderOnlySpecs(cfg) {
		names[spec.Name] = true
	}
	for _, name := range []string{"norm.weight", "norm.bias", "fc_norm.weight", "fc_norm.bias"} {
		if info, ok := f.Info(name); ok && info.DType.IsFloat() && slices.Equal(info.Shape, []int{cfg.Width}) {
			names[name] = true
		}
	}
	return names
}

// maxNewDecoder is the largest number of values of a decoder that is not in the
// file: four times those of the paper's.
const maxNewDecoder = 1 << 27

// startsAnew checks and completes the configuration of a checkpoint without a
// decoder: positions that were trained with the classifier stay trainable, and
// the size of a decoder that pre-training would add is bounded.
func startsAnew(f *checkpoint.File, c *Config) error {
	fixed, err := fixedPositions(f, c)
	if err != nil {
		return err
	}
	if !fixed {
		c.Positions = Learned
	}
	d := &c.Decoder
	if values := d.Depth * d.Width * d.Width * (4 + 2*c.MLPRatio); values > maxNewDecoder {
		return fmt.Errorf("%s: its configuration asks for a decoder of %d values (decoder.width %d, decoder.depth %d), which is not in the file; a new decoder may have at most %d", f.Name(), values, d.Width, d.Depth, maxNewDecoder)
	}
	return nil
}

// StartConfig turns the configuration of any checkpoint into that of a model to
// train from its encoder: without classes and with a linear head.
func (c Config) StartConfig() Config {
	c = c.clone()
	c.Classes, c.ClassNames, c.Head = 0, nil, LinearHead
	return c
}
