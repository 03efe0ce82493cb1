package dmae

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/ops"
)

// Reader reads models from checkpoints. The model in a checkpoint of godmae is
// described by its metadata. Models of other programs are recognised by the
// names and shapes of their tensors and by the arguments of the training
// program in a PyTorch file; the fields supply what these do not determine.
// The zero Reader is often sufficient.
type Reader struct {
	Preset       string // the model, by name
	Weights      string // which of several models in the file: its keys and the prefix of its names; "" for the first by rank
	Heads        int    // attention heads of the encoder; 0: the preset's
	DecoderHeads int    // and of the decoder

	// Mean and Std, per channel of pixels in [0,1], replace those in godmae's
	// checkpoints; other checkpoints have none. Nil: the preset's, or
	// ImageNet's.
	Mean, Std []float64

	// DataSize is the side of the data's images, at which noise is added; 0 for
	// that in the file, or the side of the model's input.
	DataSize int

	// ImageSize is the side of a classifier's input, if it is to differ
	// from that in training: its position embedding is then interpolated.
	ImageSize int

	// ClassNames are the names of a classifier's classes in the order of its
	// outputs, for checkpoints without names; nil for none.
	ClassNames []string

	// NormPix says whether the autoencoder predicts normalised patches, for a
	// checkpoint that does not record it; nil: it does. NormEps is the epsilon
	// of its layer normalisations; 0: 1e-6, or 1e-12 with Hugging Face's names.
	NormPix *bool
	NormEps float64

	Note func(message string) // gets what was assumed; may be nil
}

func (r Reader) note(format string, args ...any) {
	if r.Note != nil {
		r.Note(fmt.Sprintf(format, args...))
	}
}

// IsForeign reports whether a checkpoint lacks godmae's metadata.
func IsForeign(f *checkpoint.File) bool {
	_, ok := f.Metadata()[KeyKind]
	return !ok
}

// Describe returns kind and configuration of the model in a checkpoint. The
// error names what is missing in the file and the flag that supplies it, or how
// its tensors differ from that model. No memory for a model is allocated before
// its tensors were compared with the configuration.
func (r Reader) Describe(f *checkpoint.File) (kind string, cfg Config, err error) {
	_, kind, cfg, err = r.resolve(f, false, anyKind)
	return kind, cfg, err
}

// DescribeStart is Describe for a file with initial weights for training: for a
// classifier of another program, only the encoder needs to be recognised.
func (r Reader) DescribeStart(f *checkpoint.File) (kind string, cfg Config, err error) {
	native, kind, cfg, err := r.resolve(f, true, anyKind)
	if err != nil || kind == KindAutoencoder || cfg.Family != "" {
		return kind, cfg, err
	}
	return kind, cfg, startsAnew(native, &cfg)
}

// anyKind accepts all kinds of models.
func anyKind(string) error { return nil }

// resolve is Describe that also returns the file under this program's names. It
// is an error if accept returns one for the kind.
func (r Reader) resolve(f *checkpoint.File, start bool, accept func(kind string) error) (native *checkpoint.File, kind string, cfg Config, err error) {
	if native, err = r.Native(f); err != nil {
		return nil, "", cfg, err
	}
	if kind, cfg, err = r.configure(native, start); err != nil {
		return nil, "", cfg, err
	}
	if err := accept(kind); err != nil {
		return nil, "", cfg, err
	}
	if kind == KindClassifier && cfg.Classes < 1 {
		return nil, "", cfg, fmt.Errorf("%s: its configuration names no classes", f.Name())
	}
	unread := native.Unread()
	ignore := ignored(kind)
	err = nn.Match(Specs(kind, &cfg), native, func(name string) bool { return slices.Contains(unread, name) || ignore(name) })
	if err != nil {
		return nil, "", cfg, err
	}
	if len(unread) > 0 {
		r.note("%d tensors of %s have types that these models do not use, and are ignored: %s", len(unread), f.Name(), abridged(unread))
	}
	return native, kind, cfg, nil
}

// ignored returns which names of a checkpoint may be unused: for an encoder
// without a head, all that are not in its blocks.
func ignored(kind string) func(name string) bool {
	if kind != KindEncoder {
		return isState
	}
	return func(name string) bool { return !strings.HasPrefix(name, "blocks.") }
}

// configure returns kind and configuration of a file under this program's
// names: those in its metadata, or those recognised.
func (r Reader) configure(f *checkpoint.File, start bool) (kind string, cfg Config, err error) {
	if IsForeign(f) {
		kind, cfg, err = r.infer(f, start)
	} else {
		kind, cfg, err = r.declared(f)
	}
	if err != nil {
		return "", cfg, err
	}
	if r.DataSize != 0 {
		cfg.DataSize = r.DataSize
	}
	if r.Mean != nil {
		cfg.Mean = r.Mean
	}
	if r.Std != nil {
		cfg.Std = r.Std
	}
	if r.ClassNames != nil {
		if err := r.nameClasses(f.Name(), kind, &cfg); err != nil {
			return "", cfg, err
		}
	}
	if err := cfg.Validate(); err != nil {
		return "", cfg, fmt.Errorf("%s: %w", f.Name(), err)
	}
	if kind != KindClassifier {
		if err := cfg.HasAutoencoder(); err != nil {
			return "", cfg, fmt.Errorf("%s says that it holds the model of kind %q: %w", f.Name(), kind, err)
		}
	}
	return kind, cfg.clone(), nil
}

// nameClasses gives the classes of a classifier the names of the reader. Names
// in the checkpoint are not replaced.
func (r Reader) nameClasses(file, kind string, cfg *Config) error {
	switch {
	case kind != KindClassifier:
		return fmt.Errorf("%s holds the model of kind %q, which has no classes to name; leave out --class-names", file, kind)
	case len(r.ClassNames) != cfg.Classes:
		return fmt.Errorf("--class-names has %d names and the model in %s %d classes; give one name for each, in the order of its answers", len(r.ClassNames), file, cfg.Classes)
	case len(cfg.ClassNames) > 0 && !slices.Equal(cfg.ClassNames, r.ClassNames):
		return fmt.Errorf("%s has names of its classes, and they differ from those of --class-names; leave --class-names out", file)
	}
	cfg.ClassNames = r.ClassNames
	return nil
}

// declared reads the metadata of a checkpoint that godmae wrote.
func (r Reader) declared(f *checkpoint.File) (kind string, cfg Config, err error) {
	meta := f.Metadata()
	kind = meta[KeyKind]
	if kind != KindAutoencoder && kind != KindClassifier && kind != KindEncoder {
		return "", cfg, fmt.Errorf("%s is not a model of godmae: its metadata %q is %q, it should be %q, %q or %q", f.Name(), KeyKind, kind, KindAutoencoder, KindClassifier, KindEncoder)
	}
	if r.Preset != "" || r.Heads != 0 || r.DecoderHeads != 0 || r.Weights != "" || r.NormEps != 0 {
		return "", cfg, fmt.Errorf("%s records which model it holds; leave out --arch, --heads, --decoder-heads, --weights and --layer-norm-eps", f.Name())
	}
	if r.NormPix != nil {
		return "", cfg, fmt.Errorf("%s records whether it predicts normalised patches; leave out --norm-pix-loss and --no-norm-pix-loss", f.Name())
	}
	if cfg, err = parseConfig(meta[KeyConfig]); err != nil {
		return "", cfg, fmt.Errorf("%s: its metadata %q is not a model configuration: %w", f.Name(), KeyConfig, err)
	}
	return kind, cfg, nil
}

// Describe is Describe of the zero Reader.
func Describe(f *checkpoint.File) (kind string, cfg Config, err error) { return Reader{}.Describe(f) }

// open describes a file and checks its kind and tensors, before memory for them
// is allocated. It returns the file under this program's names.
func (r Reader) open(f *checkpoint.File, want string) (*checkpoint.File, Config, error) {
	native, _, cfg, err := r.resolve(f, false, func(kind string) error {
		if kind == want {
			return nil
		}
		hint := "give a checkpoint of pre-training"
		if want == KindClassifier {
			hint = "fine-tune it first, or give the checkpoint of a classifier"
		}
		return fmt.Errorf("%s holds the model of kind %q, but %q is needed here; %s", f.Name(), kind, want, hint)
	})
	if err != nil {
		return nil, cfg, err
	}
	return native, cfg, nil
}

// ReadAutoencoder reads the model in a checkpoint onto b.
func (r Reader) ReadAutoencoder(b ops.Backend, f *checkpoint.File) (*Autoencoder, error) {
	f, cfg, err := r.open(f, KindAutoencoder)
	if err != nil {
		return nil, err
	}
	m, err := NewAutoencoder(b, cfg)
	if err != nil {
		return nil, err
	}
	return m, m.Params.Load(f)
}

// ReadClassifier reads the model in a checkpoint onto b.
func (r Reader) ReadClassifier(b ops.Backend, f *checkpoint.File) (*Classifier, error) {
	f, cfg, err := r.open(f, KindClassifier)
	if err != nil {
		return nil, err
	}
	if r.ImageSize != 0 {
		if cfg.DataSize == cfg.ImageSize && r.DataSize == 0 {
			cfg.DataSize = r.ImageSize
		}
		cfg.ImageSize = r.ImageSize
	}
	m, err := NewClassifier(b, cfg)
	if err != nil {
		return nil, err
	}
	return m, m.Params.Load(f)
}

// LoadAutoencoder is ReadAutoencoder for the file at path.
func (r Reader) LoadAutoencoder(b ops.Backend, path string) (*Autoencoder, error) {
	return load(b, path, r.ReadAutoencoder)
}

// LoadClassifier is ReadClassifier for the file at path.
func (r Reader) LoadClassifier(b ops.Backend, path string) (*Classifier, error) {
	return load(b, path, r.ReadClassifier)
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
