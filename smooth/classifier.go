package smooth

import (
	"context"
	"fmt"

	"github.com/godmae/godmae/philox"
)

// NoClass is the answer of a classifier that has none (all its scores are
// NaN). Such a sample stays in the number of samples and counts for no class.
const NoClass = -1

// maxClasses keeps a class and NoClass apart when predictions are hashed as
// 16-bit words.
const maxClasses = 1<<16 - 1

// Job asks for the class of one noisy copy of an image.
type Job struct {
	Image  int           // index of the image in its data set
	Stream philox.Stream // what the sample is for: philox.SelectionNoise or philox.EstimationNoise
	Sample uint32        // number of the sample in its stream
	Key    uint64        // key of the image's noise where it is derived; see Derivation
}

// Noise describes independent Gaussian noise on every pixel value.
type Noise struct {
	// Sigma is the standard deviation of float32 noise on float32 pixels, in
	// units of pixels scaled to [0,1]. It plays no part when Pixels is set.
	Sigma float32

	// Pixels, if set, is the distribution of integer noise on 8-bit pixels,
	// which keeps the step from samples to theorem sound: see PixelNoise.
	Pixels *PixelNoise

	Seed uint64

	// Derived says that a job's Key takes the place of Seed and its index.
	Derived bool
}

// Addr returns the address of the random numbers of a job: element e of its
// noise is Sigma times element e of the Gaussian fill of that address, or
// element e of the fill of Pixels.
func (n Noise) Addr(j Job) philox.Addr {
	if n.Derived {
		return philox.Addr{Seed: j.Key, Stream: j.Stream, B: j.Sample}
	}
	return philox.Addr{Seed: n.Seed, Stream: j.Stream, A: uint32(j.Image), B: j.Sample}
}

// Classifier answers jobs. Implementations load the image of a job themselves
// and make its noise from the description, so that noise can be fused with the
// first layer or drawn on a device, and a batch can mix images.
//
// An answer must depend on the job and the noise alone: not on the other jobs
// of the call, their order or number.
type Classifier interface {
	// Classes returns the number of classes K; answers are 0..K-1 or NoClass.
	Classes() int

	// BatchSize returns the number of jobs of a call that suits the classifier.
	BatchSize() int

	// Classify writes the class of jobs[i] to out[i]; both have the same
	// length. It is not called concurrently.
	Classify(ctx context.Context, jobs []Job, noise Noise, out []int32) error
}

// checkAnswers returns an error when a classifier broke its promise on the
// range of answers.
func checkAnswers(jobs []Job, out []int32, classes int) error {
	for i, class := range out {
		if class < NoClass || int(class) >= classes {
			return fmt.Errorf("the classifier answered class %d for sample %d of image %d, but it has %d classes", class, jobs[i].Sample, jobs[i].Image, classes)
		}
	}
	return nil
}
