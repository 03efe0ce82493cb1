package certify

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/ops"
)

// Model is a classifier that can be certified, of whatever family.
type Model interface {
	// Backend returns the backend that holds the weights.
	Backend() ops.Backend

	// Classes returns the number of classes, ClassNames their names, none when
	// they are unknown.
	Classes() int
	ClassNames() []string

	// Input returns the shape [channels, size, size] of the images that noise is
	// added to. Whatever comes behind the noise, as resizing and normalisation, is
	// part of the model.
	Input() (channels, size int)

	// Logits maps images [B, channels, size, size], pixels scaled to [0,1] plus
	// noise, to scores [B, Classes], on the backend of the tape: the model's own or
	// one of its lanes (ops.Splitter). Several lanes may be in it at once. The
	// scores of an image depend on that image alone.
	Logits(t *autograd.Tape, images *autograd.Variable) *autograd.Variable

	// Digest identifies the function that the model computes: its weights, and all
	// of its configuration that decides an answer.
	Digest() ([sha256.Size]byte, error)

	// MaxBatch returns the most images that fit into memory at a time, at least 1.
	MaxBatch() int
}

// ModelDigest returns what certificates know a model by: the algorithm and its
// digest in hexadecimal.
func ModelDigest(m Model) (string, error) {
	digest, err := m.Digest()
	return "sha256:" + hex.EncodeToString(digest[:]), err
}

// fit returns images under the model's labels, and refuses those of another kind
// than the model's. note is told of classes in another order.
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
