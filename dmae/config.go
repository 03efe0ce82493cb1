package dmae

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Positions is the kind of an autoencoder's position embedding.
type Positions string

// The two kinds of position embedding. A classifier's is always learned; it
// starts from the autoencoder's.
const (
	SinCos  Positions = "sincos"  // fixed two-dimensional sines and cosines
	Learned Positions = "learned" // a parameter, initially normal with deviation 0.02
)

// Head is the kind of a classifier's last layer.
type Head string

// The kinds of heads.
const (
	LinearHead    Head = ""          // "head", a linear layer
	BatchNormHead Head = "batchnorm" // "head.0", batch normalisation without gain and offset, and "head.1", linear: a linear probe's
)

// Decoder is the shape of the transformer that reconstructs the image from the
// encoder's output. It is not used after pre-training.
type Decoder struct {
	Width int `json:"width"`
	Depth int `json:"depth"`
	Heads int `json:"heads"`
}

// Config determines the function that a model computes, apart from its weights.
// A checkpoint stores both. Sizes are in pixels; images are square.
type Config struct {
	Name      string `json:"name"`       // of the preset it is based on; informative
	ImageSize int    `json:"image_size"` // side of the transformer's input
	DataSize  int    `json:"data_size"`  // side of the data's images, where noise is added; resized to ImageSize
	Channels  int    `json:"channels"`   // 1 or 3
	Patch     int    `json:"patch"`      // side of a patch
	Width     int    `json:"width"`      // D, of the encoder
	Depth     int    `json:"depth"`      // blocks of the encoder
	Heads     int    `json:"heads"`      // attention heads of the encoder
	MLPRatio  int    `json:"mlp_ratio"`  // hidden width of an MLP over D, in encoder and decoder

	Positions  Positions `json:"positions"` // of the autoencoder
	Decoder    Decoder   `json:"decoder"`
	MaskRatio  float64   `json:"mask_ratio"`   // share of patches hidden in pre-training
	NormPix    bool      `json:"norm_pix"`     // reconstruct patches normalised by their own mean and variance
	NormPixEps float64   `json:"norm_pix_eps"` // inside the root of that normalisation
	Sigma      float64   `json:"sigma"`        // of the training noise, in units of pixels in [0,1]

	Mean []float64 `json:"mean"` // per channel, of pixels in [0,1]; subtracted inside the model
	Std  []float64 `json:"std"`  // per channel; divided by inside the model

	Classes    int      `json:"classes,omitempty"`     // K, of a classifier
	ClassNames []string `json:"class_names,omitempty"` // K names, or none
	GlobalPool bool     `json:"global_pool"`           // classify the mean of the patch tokens, not the class token
	DropPath   float64  `json:"drop_path"`             // rate of stochastic depth in the last block; linear from 0
	Head       Head     `json:"head,omitempty"`        // kind of the last layer
	NormEps    float64  `json:"norm_eps,omitempty"`    // of the layer normalisations, inside the root; 0 for 1e-6

	Family   string          `json:"family,omitempty"`   // the architecture, by the name it is registered under; "" is the Vision Transformer
	Settings json.RawMessage `json:"settings,omitempty"` // fields of that family only; see [Config.ReadSettings]
}

// Grid returns the number of patches along a side.
func (c *Config) Grid() int { return c.ImageSize / c.Patch }

// Patches returns L, the number of patches of an image.
func (c *Config) Patches() int { return c.Grid() * c.Grid() }

// PatchValues returns P, the number of values in a patch.
func (c *Config) PatchValues() int { return c.Channels * c.Patch * c.Patch }

// Visible returns the number of patches that stay visible in pre-training,
// int(L*(1-MaskRatio)).
func (c *Config) Visible() int { return visible(c.Patches(), c.MaskRatio) }

// Pixels returns the number of values of an image at the data's resolution,
// Channels*DataSize*DataSize.
func (c *Config) Pixels() int { return c.Channels * c.DataSize * c.DataSize }

// Input returns the shape of the images that a model takes: channels, and the
// side at the data's resolution.
func (c *Config) Input() (channels, size int) { return c.Channels, c.DataSize }

// Validate returns an error that names the first invalid value and the valid
// ones.
func (c *Config) Validate() error {
	f, err := c.family()
	if err != nil {
		return err
	}
	if err := c.validateShared(); err != nil {
		return err
	}
	if err := f.Validate(c); err != nil {
		return err
	}
	if f != &visionTransformer { // its own check names the size that is too large
		if n := f.Activations(c); n > maxHidden {
			return fmt.Errorf("model configuration: the family %s makes %d values of an image, at most %d are supported", c.Family, n, maxHidden)
		}
	}
	return nil
}

// size is a number of a configuration that is at least 1 and at most maxSize.
type size struct {
	name  string
	value int
}

func positive(sizes ...size) error {
	for _, s := range sizes {
		if s.value < 1 || s.value > maxSize {
			return fmt.Errorf("model configuration: %s is %d, it must lie between 1 and %d", s.name, s.value, maxSize)
		}
	}
	return nil
}

// validateShared checks the fields that all families share.
func (c *Config) validateShared() error {
	if err := positive(size{"image_size", c.ImageSize}, size{"data_size", c.DataSize}); err != nil {
		return err
	}
	switch {
	case c.Channels != 1 && c.Channels != 3:
		return fmt.Errorf("model configuration: channels is %d, images have 1 or 3", c.Channels)
	case c.Depth < 0 || c.Depth > maxDepth:
		return fmt.Errorf("model configuration: depth %d may be at most %d", c.Depth, maxDepth)
	case !(c.Sigma >= 0 && c.Sigma <= 10):
		return fmt.Errorf("model configuration: sigma is %v, it must lie between 0 and 10 (pixels are in [0,1])", c.Sigma)
	case !(c.DropPath >= 0 && c.DropPath < 1):
		return fmt.Errorf("model configuration: drop_path is %v, it must be at least 0 and below 1", c.DropPath)
	case c.DropPath > 0 && c.Depth < 1:
		return fmt.Errorf("model configuration: drop_path %v needs blocks to drop, and depth is %d", c.DropPath, c.Depth)
	case c.Classes < 0 || c.Classes > 1<<16-1:
		return fmt.Errorf("model configuration: classes is %d, it must lie between 0 and 65535", c.Classes)
	case c.Head != LinearHead && c.Head != BatchNormHead:
		return fmt.Errorf("model configuration: head is %q, it must be %q or %q", c.Head, LinearHead, BatchNormHead)
	case len(c.ClassNames) != 0 && len(c.ClassNames) != c.Classes:
		return fmt.Errorf("model configuration: %d class names for %d classes", len(c.ClassNames), c.Classes)
	case len(c.Settings) > 0 && !json.Valid(c.Settings):
		return fmt.Errorf("model configuration: settings is %.60q, it must be JSON", c.Settings)
	case len(c.Mean) != c.Channels || len(c.Std) != c.Channels:
		return fmt.Errorf("model configuration: %d means and %d standard deviations for %d channels; give one of each for every channel", len(c.Mean), len(c.Std), c.Channels)
	}
	for i := range c.Mean {
		if math.IsNaN(c.Mean[i]) || math.Abs(c.Mean[i]) > 1e3 {
			return fmt.Errorf("model configuration: mean of channel %d is %v, pixels are in [0,1]", i, c.Mean[i])
		}
		if !(c.Std[i] > 1e-6 && c.Std[i] < 1e3) {
			return fmt.Errorf("model configuration: standard deviation of channel %d is %v, it must be above 1e-6", i, c.Std[i])
		}
	}
	return c.imageBounded()
}

// validateTransformer checks the fields that only the Vision Transformer uses.
func (c *Config) validateTransformer() error {
	if err := positive(
		size{"patch", c.Patch}, size{"width", c.Width}, size{"depth", c.Depth}, size{"heads", c.Heads}, size{"mlp_ratio", c.MLPRatio},
		size{"decoder.width", c.Decoder.Width}, size{"decoder.depth", c.Decoder.Depth}, size{"decoder.heads", c.Decoder.Heads},
	); err != nil {
		return err
	}
	switch {
	case len(c.Settings) != 0:
		return errors.New("model configuration: settings belong to another family than the Vision Transformer; leave them out, or name the family")
	case c.ImageSize%c.Patch != 0:
		return fmt.Errorf("model configuration: patch %d does not divide image_size %d", c.Patch, c.ImageSize)
	case c.Decoder.Depth > maxDepth:
		return fmt.Errorf("model configuration: decoder.depth %d may be at most %d", c.Decoder.Depth, maxDepth)
	case c.NormPix && c.PatchValues() < 2:
		return fmt.Errorf("model configuration: norm_pix needs patches of more than one value; enlarge patch %d or switch it off", c.Patch)
	case c.Width%c.Heads != 0:
		return fmt.Errorf("model configuration: %d heads do not divide width %d", c.Heads, c.Width)
	case c.Decoder.Width%c.Decoder.Heads != 0:
		return fmt.Errorf("model configuration: %d decoder heads do not divide decoder width %d", c.Decoder.Heads, c.Decoder.Width)
	case c.Positions != SinCos && c.Positions != Learned:
		return fmt.Errorf("model configuration: positions is %q, it must be %q or %q", c.Positions, SinCos, Learned)
	case c.Width%4 != 0 || c.Decoder.Width%4 != 0:
		return fmt.Errorf("model configuration: widths %d and %d must be multiples of 4, for sines and cosines of two directions", c.Width, c.Decoder.Width)
	case !(c.MaskRatio >= 0 && c.MaskRatio < 1):
		return fmt.Errorf("model configuration: mask_ratio is %v, it must be at least 0 and below 1", c.MaskRatio)
	case c.Visible() < 1:
		return fmt.Errorf("model configuration: mask_ratio %v leaves none of %d patches visible; lower it", c.MaskRatio, c.Patches())
	case !(c.NormPixEps > 0 && c.NormPixEps <= 1):
		return fmt.Errorf("model configuration: norm_pix_eps is %v, it must be above 0 and at most 1", c.NormPixEps)
	case !(c.NormEps >= 0 && c.NormEps <= 1):
		return fmt.Errorf("model configuration: norm_eps is %v, it must be above 0 and at most 1, or 0 for 1e-6", c.NormEps)
	}
	return c.tokensBounded()
}

// clone returns a copy that shares no slices with c.
func (c Config) clone() Config {
	c.Mean, c.Std, c.ClassNames, c.Settings = slices.Clone(c.Mean), slices.Clone(c.Std), slices.Clone(c.ClassNames), slices.Clone(c.Settings)
	return c
}

// norm returns mean and standard deviation in the form of ops.Normalize.
func (c *Config) norm() [2][3]float64 {
	var n [2][3]float64
	copy(n[0][:], c.Mean)
	copy(n[1][:], c.Std)
	return n
}
