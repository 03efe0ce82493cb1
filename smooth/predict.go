package smooth

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/smooth/bound"
)

// pValuePlaces is the number of decimals of a p-value, always rounded up.
const pValuePlaces = 12

// Prediction is the prediction of the smoothed classifier for one image.
type Prediction struct {
	Class  int              // or NoClass for an abstention
	Top    bound.ClassCount // the most frequent class
	Second bound.ClassCount // the second most frequent; class NoClass if there is none
	PValue decimal.Decimal  // of the two-sided test that both have the same probability, rounded up
	Counts bound.Counts
}

// Predict is the procedure PREDICT of Cohen et al. (2019). It classifies n
// noisy copies of an image and returns the most frequent class if a two-sided
// binomial test at level alpha separates it from the second one. Otherwise it
// abstains. The returned class differs from the smoothed classifier's with
// probability at most alpha. The samples are 0..n-1 of the estimation stream.
func Predict(ctx context.Context, c Classifier, image int, noise Noise, n int, alpha decimal.Decimal) (Prediction, error) {
	if noise.Derived {
		return Prediction{}, errors.New("derived noise has a key for each image: predict with PredictJob")
	}
	return PredictJob(ctx, c, Job{Image: image}, noise, n, alpha)
}

// PredictJob is Predict for the image of a job with the job's noise key. The
// job's stream and sample are not used.
func PredictJob(ctx context.Context, c Classifier, of Job, noise Noise, n int, alpha decimal.Decimal) (Prediction, error) {
	image := of.Image
	if err := checkClassifier(c); err != nil {
		return Prediction{}, err
	}
	if n < 1 || n > bound.MaxSamples {
		return Prediction{}, fmt.Errorf("n is %d: predicting takes 1 to %d samples, such as 100", n, bound.MaxSamples)
	}
	if image < 0 || int64(image) > math.MaxUint32 {
		return Prediction{}, fmt.Errorf("image index %d is outside 0..%d", image, int64(math.MaxUint32))
	}
	if alpha.Sign() <= 0 || alpha.Cmp(decimal.Must("1")) >= 0 {
		return Prediction{}, fmt.Errorf("alpha is %s: the failure probability must lie between 0 and 1, such as 0.001", alpha)
	}
	if err := noise.Check(c); err != nil {
		return Prediction{}, err
	}
	if noise.Pixels == nil && !(noise.Sigma > 0) || math.IsInf(float64(noise.Sigma), 0) {
		return Prediction{}, errors.New("sigma must be above 0, in units of pixels scaled to [0,1]")
	}
	batch := max(c.BatchSize(), 1)
	t := newTally(c.Classes())
	for done := 0; done < n; {
		if err := ctx.Err(); err != nil {
			return Prediction{}, err
		}
		jobs := make([]Job, min(batch, n-done))
		for i := range jobs {
			jobs[i] = Job{Image: image, Stream: philox.EstimationNoise, Sample: uint32(done + i), Key: of.Key}
		}
		out := make([]int32, len(jobs))
		if err := c.Classify(ctx, jobs, noise, out); err != nil {
			return Prediction{}, err
		}
		if err := checkAnswers(jobs, out, c.Classes()); err != nil {
			return Prediction{}, err
		}
		for _, class := range out {
			t.add(class)
		}
		done += len(jobs)
	}
	return decidePrediction(t.sampling().Counts, alpha), nil
}

// decidePrediction applies the test to the counts.
func decidePrediction(counts bound.Counts, alpha decimal.Decimal) Prediction {
	p := Prediction{Class: bound.NoClass, Counts: counts}
	p.Top, p.Second = counts.Top()
	test := exact.BinomialTest(p.Top[1], p.Second[1])
	p.PValue = test.CeilDecimal(pValuePlaces)
	if p.Top[0] != bound.NoClass && test.AtMost(alpha.Rat()) {
		p.Class = p.Top[0]
	}
	return p
}

// PredictionNeeds returns the smallest number of samples with which Predict does
// not abstain if all have the same class. The p-value is then 2^(1-n), which must
// be at most alpha.
func PredictionNeeds(alpha decimal.Decimal) int {
	num, den := new(big.Int).Set(alpha.Rat().Num()), alpha.Rat().Denom()
	n := max(1, den.BitLen()-num.BitLen())
	num.Lsh(num, uint(n-1))
	for ; num.Cmp(den) < 0; n++ {
		num.Lsh(num, 1)
	}
	return n
}
