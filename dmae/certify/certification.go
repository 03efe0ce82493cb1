package certify

import (
	"errors"
	"fmt"

	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/certificate"
)

// DefaultBatch is the number of noisy copies that are classified at a time unless
// Options say otherwise.
const DefaultBatch = 128

// Options say which images are certified and what is told meanwhile. The zero
// value takes all of them.
type Options struct {
	// Preprocess chooses how images come to the model's size; "" is
	// data.PreprocessAuto. A checkpoint records what its training used:
	// data.ChosenPreprocess.
	Preprocess data.Preprocess

	// Every-th image of the data set is taken, from the first one on, and of these
	// the first Max; 0 stands for 1, and for all of them.
	Every, Max int

	// MaxLeftOut is the number of images that may be left out because they cannot
	// be decoded; one more ends a run with a *smooth.TooManyLeftOutError.
	MaxLeftOut int

	// Shard, if set, is the part of the images to certify, for certificate.Merge.
	Shard *certificate.Shard

	// Batch is the number of noisy copies that are classified at a time; 0 stands
	// for DefaultBatch. No result depends on it.
	Batch int

	// Progress, if set, is called after each batch.
	Progress func(smooth.Progress)

	// Note, if set, gets sentences that a user may want to know: that a run goes on
	// where another stopped, that an image was left out.
	Note func(text string)
}

// Certification is a model, the images of a data set and the parameters with
// which they are certified.
type Certification struct {
	model      Model
	images     data.Dataset
	params     certificate.Params
	o          Options
	digest     string // of the model
	cache      *cache
	classifier *Classifier
}

// New joins a model, images and parameters. Noise that is derived
// (certificate.Params.Derived, as in certificate.Defaults) follows from this model. Images
// of other classes or another number of channels than the model's are refused.
func New(m Model, images data.Dataset, p certificate.Params, o Options) (*Certification, error) {
	if o.Every < 0 || o.Max < 0 || o.Batch < 0 || o.MaxLeftOut < 0 {
		return nil, fmt.Errorf("every %d-th image, at most %d, at most %d of them left out, in batches of %d: none of these numbers can be below 0", o.Every, o.Max, o.MaxLeftOut, o.Batch)
	}
	if o.Batch == 0 {
		o.Batch = DefaultBatch
	}
	if o.Note == nil {
		o.Note = func(string) {}
	}
	images, err := fit(m, images, o.Note)
	if err != nil {
		return nil, err
	}
	input := data.NewInput(m.Input())
	if images, err = data.Preprocessed(images, o.Preprocess, input.Size); err != nil {
		return nil, err
	}
	c := &Certification{model: m, images: images, o: o, cache: newCache(images, input, o.Batch)}
	if c.digest, err = ModelDigest(m); err != nil {
		return nil, err
	}
	c.params = derive(p, c.digest)
	c.classifier = NewClassifier(m, c.cache.get, o.Batch)
	return c, nil
}

// derive returns parameters whose derived noise follows from a model.
func derive(p certificate.Params, digest string) certificate.Params {
	if p.Derived != nil {
		p.Derived = &certificate.Derivation{Model: digest, Beacon: p.Derived.Beacon}
	}
	return p
}

// Params returns the parameters, with the model that derived noise follows from.
func (c *Certification) Params() certificate.Params { return c.params }

// Preprocess returns how images come to the model's size: that of the Options, or
// what a certificate states (ForHeader).
func (c *Certification) Preprocess() data.Preprocess { return c.o.Preprocess }

// Classifier returns the adapter of the model for these images.
func (c *Certification) Classifier() *Classifier { return c.classifier }

// Subject describes the model and the images asked for, as a certificate does.
func (c *Certification) Subject() (certificate.Subject, error) {
	// The indices are those of the whole data set, so that an image has the same
	// one in every selection.
	var indices []int
	for i := 0; i < c.images.Len() && (c.o.Max == 0 || len(indices) < c.o.Max); i += max(c.o.Every, 1) {
		indices = append(indices, i)
	}
	set, err := certificate.NewIndexSet(indices)
	return certificate.Subject{
		Contract:      c.model.Backend().Identity().Contract,
		Precision:     c.model.Backend().Identity().Precision,
		Model:         c.digest,
		Data:          c.images.Name(),
		Preprocessing: data.NewInput(c.model.Input()).Describe(c.images, c.params.Sound),
		Names:         c.model.ClassNames(),
		Images:        set,
		Of:            c.images.Len(),
	}, err
}

// Describe returns the label and the digest of an image, and a
// *certificate.UndecodableError for one that is to be left out.
func (c *Certification) Describe(index int) (certificate.Image, error) {
	x, err := c.Pixels(index)
	var corrupt *data.CorruptError
	if errors.As(err, &corrupt) {
		return certificate.Image{}, &certificate.UndecodableError{File: (*certificate.Digest)(corrupt.SHA256), Err: err}
	}
	if err != nil {
		return certificate.Image{}, err
	}
	return certificate.Image{Label: c.images.Label(index), Pixels: certificate.PixelDigest(x, c.params.Sound)}, nil
}

// Pixels returns an image as noise is added to it: 8-bit pixels [C, h, w] at the
// model's resolution, which are read only.
func (c *Certification) Pixels(index int) ([]byte, error) {
	if index < 0 || index >= c.images.Len() {
		return nil, fmt.Errorf("%s has %d images, so there is none with index %d", c.images.Name(), c.images.Len(), index)
	}
	return c.cache.get(index)
}

// cache prepares the images that the certifier asks for again and again.
type cache struct {
	images data.Dataset
	input  data.Input
	size   int // images kept
	known  map[int][]byte
	order  []int // of arrival
}

// newCache keeps a few more images than the certifier has in flight with batches
// of that size.
func newCache(images data.Dataset, input data.Input, batch int) *cache {
	return &cache{images: images, input: input, size: 16 + batch/8, known: map[int][]byte{}}
}

// get returns an image [C, h, w] of 8-bit pixels at the model's resolution.
func (c *cache) get(index int) ([]byte, error) {
	if x, ok := c.known[index]; ok {
		return x, nil
	}
	x := make([]byte, c.input.Elems())
	if err := c.input.Bytes(c.images, index, x); err != nil {
		return nil, err
	}
	if len(c.order) == c.size {
		delete(c.known, c.order[0])
		c.order = c.order[1:]
	}
	c.known[index] = x
	c.order = append(c.order, index)
	return x, nil
}
