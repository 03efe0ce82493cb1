package smooth

import (
	"context"
	"errors"
	"fmt"

	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// Job asks for the class of one noisy copy of an image.
type Job struct {
	Image  int           // index of the image in its data set
	Stream philox.Stream // what the sample is for: philox.SelectionNoise or philox.EstimationNoise
	Sample uint32        // number of the sample in its stream
	Key    uint64        // key of the image's noise where it is derived; see certificate.Derivation
}

// Classifier answers jobs. Implementations load the image of a job themselves
// and make its noise from the description, so that noise can be fused with the
// first layer or drawn on a device, and a batch can mix images.
//
// An answer must depend on the job and the noise alone: not on the other jobs
// of the call, their order or number.
type Classifier interface {
	// Classes returns the number of classes K; answers are 0..K-1 or bound.NoClass.
	Classes() int

	// BatchSize returns the number of jobs of a call that suits the classifier.
	BatchSize() int

	// Classify writes the class of jobs[i] to out[i]; both have the same
	// length. It is not called concurrently.
	Classify(ctx context.Context, jobs []Job, noise Noise, out []int32) error
}

// A PixelClassifier is a Classifier that can draw integer noise. It must call
// its base classifier, one fixed function of the network inputs, for the noisy
// 8-bit pixels and nothing else: anything that rounds before the noise is added
// must be done on integers.
type PixelClassifier interface {
	Classifier

	// TakesPixelNoise returns nil when Noise.Pixels is obeyed, or why not.
	TakesPixelNoise() error
}

// checkAnswers returns an error when a classifier broke its promise on the
// range of answers.
func checkAnswers(jobs []Job, out []int32, classes int) error {
	for i, class := range out {
		if class < bound.NoClass || int(class) >= classes {
			return fmt.Errorf("the classifier answered class %d for sample %d of image %d, but it has %d classes", class, jobs[i].Sample, jobs[i].Image, classes)
		}
	}
	return nil
}

// checkClassifier refuses a classifier that the file format cannot hold.
func checkClassifier(c Classifier) error {
	if c == nil {
		return errors.New("there is no classifier to certify")
	}
	if k := c.Classes(); k < 1 || k > certificate.MaxClasses {
		return fmt.Errorf("the classifier has %d classes; 1 to %d can be certified", k, certificate.MaxClasses)
	}
	return nil
}
