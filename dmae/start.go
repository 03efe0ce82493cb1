package dmae

import (
	"fmt"
	"slices"
	"strings"

	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/nn/checkpoint"
)

// Start says what a model that is to be trained took from a checkpoint.
type Start struct {
	Kind    string   // of the model in the file
	File    string   // its name
	Dropped []string // tensors of the file that the model has no use for
	Drawn   []string // parameters of the model that the file does not give
}

// String describes the start for a user.
func (s *Start) String() string {
	text := fmt.Sprintf("%s holds %s: its encoder is taken", s.File, map[string]string{
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

// layers shortens the names of parameters to those of their layers, and of
// blocks to what they are blocks of.
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

// StartClassifier gives a classifier that is to be trained its first weights
// from the checkpoint at path, as the official fine-tuning and linear probing
// do: of an autoencoder see [Classifier.LoadEncoder]. An encoder alone, and the
// encoder of another classifier, give the same parameters and the last
// normalisation if it is of the same name; a head is never taken. A model of
// another family than the Vision Transformer starts from one of its own.
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

// StartAutoencoder gives an autoencoder that has been initialised the weights
// in the checkpoint at path: all of an autoencoder's; of an encoder alone and of
// a classifier those of the encoder, and the decoder stays as it was drawn.
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

// start opens a file, describes it for a start, and uses it.
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

// readEncoder is [Classifier.LoadEncoder] of the autoencoder in a file. The decoder is
// not read, and nothing but the classifier takes memory of the backend.
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

// hasName returns whether one of the parameters has a name.
func hasName(specs []nn.Spec) func(name string) bool {
	names := make(map[string]bool, len(specs))
	for _, s := range specs {
		names[s.Name] = true
	}
	return func(name string) bool { return names[name] }
}

// takeEncoder loads what a start takes of a file.
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

// startNames returns the names of what a start takes of a file: of a Vision
// Transformer the encoder, and the last normalisation if file and model have one
// of the same name; of another family all but the head.
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

// maxNewDecoder is the number of values that a decoder which is in no file may
// have: four times those of the paper's.
const maxNewDecoder = 1 << 27

// startsAnew checks and completes the configuration of a checkpoint without a
// decoder: positions that were trained with the classifier stay trained, and a
// decoder that pre-training would add is of a reasonable size.
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
		return fmt.Errorf("%s: its configuration asks for a decoder of %d values (decoder.width %d, decoder.depth %d), which the file does not hold; at most %d are made anew", f.Name(), values, d.Width, d.Depth, maxNewDecoder)
	}
	return nil
}

// StartConfig makes of the configuration of any checkpoint that of a model to
// be trained from its encoder: without classes and with a plain head.
func (c Config) StartConfig() Config {
	c = c.clone()
	c.Classes, c.ClassNames, c.Head = 0, nil, LinearHead
	return c
}
