package certify

import (
	"errors"
	"fmt"

	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/certificate"
)

// DefaultBatch is the default number of noisy copies that are classified at a
// time.
const DefaultBatch = 128

// Options choose the images to certify and the callbacks. The zero value
// certifies all images.
type Options struct {
	// Preprocess chooses how images are brought to the model's size; "" is
	// data.PreprocessAuto. data.ChosenPreprocess returns the one that a
	// checkpoint records from its training.
	Preprocess data.Preprocess

	// Every selects every Every-th image of the data set, beginning with the
	// first, and Max the first Max of these; 0 means 1 for Every, and all for
	// Max.
	Every, Max int

	// MaxLeftOut is the number of images that may be left out because they cannot
	// be decoded; one more ends a run with a *smooth.TooManyLeftOutError.
	MaxLeftOut int

	// Shard, if set, is the part of the images to certify, for certificate.Merge.
	Shard *certificate.Shard

	// Batch is the number of noisy copies that are classified at a time; 0
	// means DefaultBatch. No result depends on it.
	Batch int

	// Progress, if set, is called after each batch.
	Progress func(smooth.Progress)

	// Note, if set, gets messages for the user: that a run continues an earlier
	// one, that an image was left out.
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

// New combines a model, images and parameters. Derived noise (certificate.Params.Derived,
// as in certificate.Defaults) is derived from this model. Images whose classes or number
// of channels differ from the model's are an error.
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

// derive returns parameters with noise that is derived from a model, if it is
// derived.
func derive(p certificate.Params, digest string) certificate.Params {
	if p.Derived != nil {
		p.Derived = &certificate.Derivation{Model: digest, Beacon: p.Derived.Beacon}
	}
	return p
}

// Params returns the parameters, with the model that derived noise is derived
// from.
func (c *Certification) Params() certificate.Params { return c.params }

// Preprocess returns how images are brought to the model's size: as in the
// Options, or as a certificate states (ForHeader).
func (c *Certification) Preprocess() data.Preprocess { return c.o.Preprocess }

// Classifier returns the adapter of the model for these images.
func (c *Certification) Classifier() *Classifier { return c.classifier }

// Subject describes the model and the selected images, as in a certificate.
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
// *certificate.UndecodableError for an image to leave out.
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

// Pixels returns an image before noise is added: 8-bit pixels [C, h, w] at the
// model's resolution. The caller must not change them.
func (c *Certification) Pixels(index int) ([]byte, error) {
	if index < 0 || index >= c.images.Len() {
		return nil, fmt.Errorf("%s has %d images, so there is none with index %d", c.images.Name(), c.images.Len(), index)
	}
	return c.cache.get(index)
}

// cache keeps the prepared images that the certifier asks for repeatedly.
type cache struct {
	images data.Dataset
	input  data.Input
	size   int // images kept
	known  map[int][]byte
	order  []int // of arrival
}

// newCache returns a cache for slightly more images than the certifier has in
// progress with batches of that size.
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
