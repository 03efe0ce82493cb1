package train

import (
	"image"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// Classifier is a model of any family that [Evaluate] can measure.
type Classifier interface {
	// Backend returns the backend that holds the weights.
	Backend() ops.Backend

	// Classes returns K, the number of classes.
	Classes() int

	// Input returns the shape [channels, size, size] of the images to which
	// noise is added.
	Input() (channels, size int)

	// MaxBatch returns the largest number of images that fit into memory at a
	// time, at least 1.
	MaxBatch() int

	// Logits maps images [B, channels, size, size] in [0,1] to scores [B, K].
	// The scores of an image depend only on that image.
	Logits(t *autograd.Tape, images *autograd.Variable) *autograd.Variable
}

// finetuned is the model in a step of Finetune; see [dmae.Classifier].
type finetuned interface {
	TrainLogits(t *autograd.Tape, images *autograd.Variable, drop *tensor.Tensor) *autograd.Variable
}

// probe is the model in a step of Linprobe; see [dmae.Classifier].
type probe interface {
	Classes() int
	FeatureWidth() int
	Features(t *autograd.Tape, images *tensor.Tensor) *autograd.Variable
	TrainProbe(t *autograd.Tape, features *autograd.Variable) (logits *autograd.Variable, mean, variance *tensor.Tensor)
	GatherStats(mean, variance *tensor.Tensor, n int, scale *tensor.Tensor)
}

// pretrained is the model in a step of Pretrain, and of its pictures; see
// [dmae.Autoencoder].
type pretrained interface {
	Input() (channels, size int)
	Forward(t *autograd.Tape, clean, noisy, keep, restore *tensor.Tensor) (loss, pred *autograd.Variable)
	Picture(pixels []float32, sigma float64, seed uint64) (image.Image, error)
}
