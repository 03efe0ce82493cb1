package smooth

import (
	"context"
	"errors"
	"fmt"

	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// Job is a request for the class of one noisy copy of an image.
type Job struct {
	Image  int           // index of the image in its data set
	Stream philox.Stream // purpose of the sample: philox.SelectionNoise or philox.EstimationNoise
	Sample uint32        // number of the sample in its stream
	Key    uint64        // key of the image's noise if it is derived; see certificate.Derivation
}

// Classifier answers jobs. An implementation loads the image of a job and
// makes its noise from the description. So noise can be fused with the first
// layer or drawn on a device, and a batch can mix images.
//
// An answer must depend only on the job and the noise, and not on the other
// jobs of the call, their order or number.
type Classifier interface {
	// Classes returns the number of classes K; answers are 0..K-1 or bound.NoClass.
	Classes() int

	// BatchSize returns the classifier's preferred number of jobs per call.
	BatchSize() int

	// Classify writes the class of jobs[i] to out[i]; both have the same
	// length. It is not called concurrently.
	Classify(ctx context.Context, jobs []Job, noise Noise, out []int32) error
}

// A PixelClassifier is a Classifier that can draw integer noise. Its base
// classifier must be one fixed function of the network inputs, called only for
// the noisy 8-bit pixels. Preprocessing that rounds must be done on integers
// before the noise is added.
type PixelClassifier interface {
	Classifier

	// TakesPixelNoise returns nil if the classifier draws Noise.Pixels, or the
	// reason why it cannot.
	TakesPixelNoise() error
}

// checkAnswers returns an error if an answer is outside the range of classes.
func checkAnswers(jobs []Job, out []int32, classes int) error {
	for i, class := range out {
		if class < bound.NoClass || int(class) >= classes {
			return fmt.Errorf("the classifier answered class %d for sample %d of image %d, but it has %d classes", class, jobs[i].Sample, jobs[i].Image, classes)
		}
	}
	return nil
}

// checkClassifier refuses a classifier with too many classes for the file
// format.
func checkClassifier(c Classifier) error {
	if c == nil {
		return errors.New("there is no classifier to certify")
	}
	if k := c.Classes(); k < 1 || k > certificate.MaxClasses {
		return fmt.Errorf("the classifier has %d classes; 1 to %d can be certified", k, certificate.MaxClasses)
	}
	return nil
}
