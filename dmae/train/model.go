package train

import (
	"image"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// Classifier is what [Evaluate] measures, of whatever family.
type Classifier interface {
	// Backend returns the backend that holds the weights.
	Backend() ops.Backend

	// Classes returns K, the number of classes.
	Classes() int

	// Input returns the shape [channels, size, size] of the images that noise is
	// added to.
	Input() (channels, size int)

	// MaxBatch returns the most images that fit into memory at a time, at least 1.
	MaxBatch() int

	// Logits maps images [B, channels, size, size] in [0,1] to scores [B, K]. The
	// scores of an image depend on that image alone.
	Logits(t *autograd.Tape, images *autograd.Variable) *autograd.Variable
}

// finetuned is what a step of Finetune runs; see [dmae.Classifier].
type finetuned interface {
	TrainLogits(t *autograd.Tape, images *autograd.Variable, drop *tensor.Tensor) *autograd.Variable
}

// probe is what a step of Linprobe runs; see [dmae.Classifier].
type probe interface {
	Classes() int
	FeatureWidth() int
	Features(t *autograd.Tape, images *tensor.Tensor) *autograd.Variable
	TrainProbe(t *autograd.Tape, features *autograd.Variable) (logits *autograd.Variable, mean, variance *tensor.Tensor)
	GatherStats(mean, variance *tensor.Tensor, n int, scale *tensor.Tensor)
}

// pretrained is what a step of Pretrain runs, and what draws its pictures; see
// [dmae.Autoencoder].
type pretrained interface {
	Input() (channels, size int)
	Forward(t *autograd.Tape, clean, noisy, keep, restore *tensor.Tensor) (loss, pred *autograd.Variable)
	Picture(pixels []float32, sigma float64, seed uint64) (image.Image, error)
}
