package certify

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/ops"
)

// Model is a classifier of any family that can be certified.
type Model interface {
	// Backend returns the backend that holds the weights.
	Backend() ops.Backend

	// Classes returns the number of classes, ClassNames their names, none if
	// they are unknown.
	Classes() int
	ClassNames() []string

	// Input returns the shape [channels, size, size] of the images to which noise
	// is added. All later steps, such as resizing and normalisation, are part of
	// the model.
	Input() (channels, size int)

	// Logits maps images [B, channels, size, size], pixels scaled to [0,1] plus
	// noise, to scores [B, Classes], on the backend of the tape: the model's own or
	// one of its lanes (ops.Splitter). Several lanes may call it at the same time.
	// The scores of an image depend only on that image.
	Logits(t *autograd.Tape, images *autograd.Variable) *autograd.Variable

	// Digest identifies the function that the model computes: its weights, and
	// the part of its configuration that affects its outputs.
	Digest() ([sha256.Size]byte, error)

	// MaxBatch returns the largest number of images that fit into memory at a
	// time, at least 1.
	MaxBatch() int
}

// ModelDigest returns the identifier of a model in certificates: the algorithm
// and the digest in hexadecimal.
func ModelDigest(m Model) (string, error) {
	digest, err := m.Digest()
	return "sha256:" + hex.EncodeToString(digest[:]), err
}

// fit returns images with the model's labels. Images with other classes or
// channels are an error. note is called if the classes are in another order.
func fit(m Model, images data.Dataset, note func(string)) (data.Dataset, error) {
	if names := m.ClassNames(); len(names) > 0 {
		matched, text, err := data.MatchClasses(images, data.Known{Count: m.Classes(), Names: names}, false)
		if err != nil {
			return nil, err
		}
		if text != "" {
			note(text)
		}
		images = matched
	}
	if got := len(images.Classes()); got != m.Classes() {
		return nil, fmt.Errorf("%s has %d classes and the model %d; use data with the model's classes", images.Name(), got, m.Classes())
	}
	channels, _ := m.Input()
	if got, _, _ := images.Shape(); got != channels {
		return nil, fmt.Errorf("the images of %s have %d channels and the model takes %d; use images like those it was trained on", images.Name(), got, channels)
	}
	return images, nil
}
