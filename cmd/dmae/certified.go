package main

import (
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/smooth"
)

// certified is what certificates are about: a model and the images it answers
// for.
type certified struct {
	model      *dmae.Classifier
	images     data.Dataset
	sound      bool // integer noise on 8-bit pixels
	pixels     *pixelCache
	classifier *answering
	digest     string // of the model
}

// newCertified refuses images of other classes than the model's.
func newCertified(model *dmae.Classifier, images data.Dataset, sound bool, batch int) (*certified, error) {
	if got := len(images.Classes()); got != model.Config.Classes {
		return nil, fmt.Errorf("%s has %d classes and the model %d; use data with the model's classes", images.Name(), got, model.Config.Classes)
	}
	if got, _, _ := images.Shape(); got != model.Config.Channels {
		return nil, fmt.Errorf("the images of %s have %d channels and the model takes %d; use images like those it was trained on", images.Name(), got, model.Config.Channels)
	}
	digest, err := modelDigest(model)
	if err != nil {
		return nil, err
	}
	pixels := newPixelCache(images, &model.Config, batch)
	return &certified{
		model: model, images: images, sound: sound, pixels: pixels, digest: digest,
		classifier: &answering{SmoothClassifier: dmae.NewPixelClassifier(model, pixels.get, batch), without: map[int]int{}},
	}, nil
}

// subject describes the model and the images, not which of them.
func (c *certified) subject() smooth.Subject {
	return smooth.Subject{
		Contract:      contract,
		Model:         c.digest,
		Data:          c.images.Name(),
		Preprocessing: data.NewInput(c.model.Input()).Describe(c.images, c.sound),
		Names:         c.model.Config.ClassNames,
		Of:            c.images.Len(),
	}
}

// modelDigest is what certificates know a model by.
func modelDigest(m *dmae.Classifier) (string, error) {
	digest, err := m.Digest()
	return "sha256:" + hex.EncodeToString(digest[:]), err
}

// describe returns the label and the digest of an image, and a
// *smooth.UndecodableError for one that is to be left out.
func (c *certified) describe(index int) (smooth.Image, error) {
	if index >= c.images.Len() {
		return smooth.Image{}, fmt.Errorf("%s has %d images, so there is none with index %d", c.images.Name(), c.images.Len(), index)
	}
	x, err := c.pixels.get(index)
	var corrupt *data.CorruptError
	if errors.As(err, &corrupt) {
		return smooth.Image{}, &smooth.UndecodableError{File: (*smooth.Digest)(corrupt.SHA256), Err: err}
	}
	if err != nil {
		return smooth.Image{}, err
	}
	return smooth.Image{Label: c.images.Label(index), Pixels: smooth.PixelDigest(x, c.sound)}, nil
}
