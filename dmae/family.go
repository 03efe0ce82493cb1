package dmae

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/nn"
)

// Family is an architecture of classifiers. The Vision Transformer of the paper
// is built in; [Register] adds others, whose models are trained, saved, loaded
// and certified in the same way. Settings that all families share (sizes of
// images, normalisation, classes, noise) are fields of [Config]; those of a
// single family are in [Config.Settings].
type Family struct {
	Name    string   // Config.Family of its models, as stored in their checkpoints
	Presets []Config // found by Preset by name; may be empty

	// Validate returns an error that names the first value of a configuration
	// that is invalid for the family; fields that all families share have been
	// checked before.
	Validate func(c *Config) error

	// Build declares the parameters of the model of a valid configuration: the
	// backbone's and, by [NewHead], those of the head, in the order of a
	// checkpoint. It may keep c, which is not changed afterwards.
	Build func(b *nn.Builder, c *Config) (Backbone, *ClassifierHead)

	// Check are small configurations, with a few hundred parameters in total,
	// on which [CheckGradients] compares the family's derivatives with finite
	// differences.
	Check []Config

	// Activations bounds the number of values of the largest tensor that the
	// model computes for one image; [Config.Batch] uses it.
	Activations func(c *Config) int
}

// Backbone is a classifier without its head.
type Backbone interface {
	// Features maps images [B, C, h, w] in [0,1] at the data's resolution to
	// the features [B, D] that the head classifies; it begins with
	// [Config.Prepare]. drop holds the factors of stochastic depth that
	// [Config.DropPathScales] draws. It is nil if nothing is dropped, as always
	// if Config.DropPath is 0. An image's features depend on no other image of
	// the batch.
	Features(t *autograd.Tape, images *autograd.Variable, drop *nn.DropPath) *autograd.Variable
}

// registry holds the families by name.
var registry = struct {
	sync.RWMutex
	list []*Family
}{}

// Register adds a family in this process, usually from an init function of its
// package, so that importing the package suffices to load its checkpoints and
// use its presets. It panics if the family is incomplete or its name is already
// registered.
func Register(f Family) {
	if f.Name == "" || f.Validate == nil || f.Build == nil || f.Activations == nil {
		panic(fmt.Sprintf("dmae: the family %q needs a name, Validate, Build and Activations", f.Name))
	}
	own := func(configs []Config) []Config {
		configs = slices.Clone(configs)
		for i, c := range configs {
			configs[i] = c.clone()
			configs[i].Family = f.Name
		}
		return configs
	}
	f.Presets, f.Check = own(f.Presets), own(f.Check)
	registry.Lock()
	defer registry.Unlock()
	if slices.ContainsFunc(registry.list, func(o *Family) bool { return o.Name == f.Name }) {
		panic(fmt.Sprintf("dmae: the family %q is registered twice", f.Name))
	}
	registry.list = append(registry.list, &f)
}

// families returns all families, the Vision Transformer first.
func families() []*Family {
	registry.RLock()
	defer registry.RUnlock()
	return append([]*Family{&visionTransformer}, registry.list...)
}

// family returns the family of a configuration.
func (c *Config) family() (*Family, error) {
	all := families()
	for _, f := range all {
		if f.Name == c.Family {
			return f, nil
		}
	}
	var names []string
	for _, f := range all[1:] {
		names = append(names, f.Name)
	}
	return nil, fmt.Errorf("model configuration: family is %.60q, and this program knows the Vision Transformer and %s; use a program with that family linked in", c.Family, cmp.Or(strings.Join(names, ", "), "no other"))
}

// familyName names the family for a user.
func (c *Config) familyName() string { return cmp.Or(c.Family, "the Vision Transformer") }

// mustFamily is family for a configuration that Validate accepted.
func (c *Config) mustFamily() *Family {
	f, err := c.family()
	if err != nil {
		panic(err)
	}
	return f
}

// HasAutoencoder returns an error for families that cannot be pre-trained: all
// but the Vision Transformer.
func (c *Config) HasAutoencoder() error {
	if c.Family != "" {
		return fmt.Errorf("models of the family %s have no autoencoder: train the classifier from scratch, or pre-train a Vision Transformer", c.Family)
	}
	return nil
}

// ReadSettings stores a family's own part of the configuration in v, a pointer
// to a struct; v stays as it is if there is none. Fields that v does not have are
// errors.
func (c *Config) ReadSettings(v any) error {
	if len(c.Settings) == 0 {
		return nil
	}
	dec := json.NewDecoder(strings.NewReader(string(c.Settings)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return fmt.Errorf("model configuration: the settings of the family %s cannot be read: %w", c.Family, err)
	}
	return nil
}
