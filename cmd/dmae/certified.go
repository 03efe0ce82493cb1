package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/dmae/train"
	"github.com/godmae/godmae/smooth"
)

// certified is what certificates are about: a model and the images it answers
// for.
type certified struct {
	model      *dmae.Classifier
	images     data.Dataset
	sound      bool // integer noise on 8-bit pixels
	pixels     *pixelCache
	classifier smooth.Classifier
	digest     [sha256.Size]byte // of the model
}

// newCertified refuses images of other classes than the model's.
func newCertified(model *dmae.Classifier, images data.Dataset, sound bool, batch int) (*certified, error) {
	if got := len(images.Classes()); got != model.Config.Classes {
		return nil, fmt.Errorf("%s has %d classes and the model %d; use data with the model's classes", images.Name(), got, model.Config.Classes)
	}
	if got, _, _ := images.Shape(); got != model.Config.Channels {
		return nil, fmt.Errorf("the images of %s have %d channels and the model takes %d; use images like those it was trained on", images.Name(), got, model.Config.Channels)
	}
	digest, err := model.Digest()
	if err != nil {
		return nil, err
	}
	pixels := newPixelCache(images, &model.Config, batch)
	return &certified{
		model: model, images: images, sound: sound, pixels: pixels, digest: digest,
		classifier: dmae.NewPixelClassifier(model, pixels.get, batch),
	}, nil
}

// subject describes the model and the images, not which of them.
func (c *certified) subject() smooth.Subject {
	preprocessing := train.Preprocessing
	if c.sound {
		preprocessing = train.IntegerPreprocessing
	}
	return smooth.Subject{
		Contract:      contract,
		Model:         "sha256:" + hex.EncodeToString(c.digest[:]),
		Data:          c.images.Name(),
		Preprocessing: preprocessing(c.images, &c.model.Config),
		Names:         c.model.Config.ClassNames,
	}
}

// describe returns the label and the digest of an image.
func (c *certified) describe(index int) (smooth.Image, error) {
	if index >= c.images.Len() {
		return smooth.Image{}, fmt.Errorf("%s has %d images, so there is none with index %d", c.images.Name(), c.images.Len(), index)
	}
	x, err := c.pixels.get(index)
	if err != nil {
		return smooth.Image{}, err
	}
	return smooth.Image{Label: c.images.Label(index), Pixels: pixelDigest(x, c.sound)}, nil
}
