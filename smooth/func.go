package smooth

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/godmae/godmae/pixelnoise"
	"github.com/godmae/godmae/simd"
)

// FuncClassifier makes a Classifier from a function of noisy pixels, to which
// it adds the noise. It is the simple way to certify other models than this
// project's networks, and the reference for faster classifiers.
type FuncClassifier struct {
	// K is the number of classes.
	K int

	// Pixels returns the clean pixel values of an image, scaled to [0,1]. The
	// slice is not changed. It may be called concurrently.
	Pixels func(image int) ([]float32, error)

	// Bytes returns the stored 8-bit pixels of an image, to which integer
	// noise is added. Nil if there are none. It may be called concurrently.
	Bytes func(image int) ([]byte, error)

	// Class returns the class of noisy pixels: 0..K-1 or NoClass. It may be
	// called concurrently and must not keep the slice.
	Class func(noisy []float32) int

	// Workers is the number of goroutines; 0 means 1.
	Workers int

	// Batch is the number of jobs of a call; 0 means 64.
	Batch int
}

// Classes returns K.
func (f *FuncClassifier) Classes() int { return f.K }

// BatchSize returns Batch, or 64 when it is not set.
func (f *FuncClassifier) BatchSize() int {
	if f.Batch > 0 {
		return f.Batch
	}
	return 64
}

// Classify answers the jobs with Workers goroutines.
func (f *FuncClassifier) Classify(ctx context.Context, jobs []Job, noise Noise, out []int32) error {
	workers := min(max(f.Workers, 1), len(jobs))
	errs := make([]error, workers)
	var next atomic.Int64
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() { errs[w] = f.work(ctx, jobs, noise, out, &next) })
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// work answers jobs until none is left; next is the counter of their positions.
func (f *FuncClassifier) work(ctx context.Context, jobs []Job, noise Noise, out []int32, next *atomic.Int64) error {
	var noisy []float32
	for {
		i := int(next.Add(1)) - 1
		if i >= len(jobs) {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		var err error
		if noisy, err = f.noisy(noisy, jobs[i], noise); err != nil {
			return err
		}
		out[i] = int32(f.Class(noisy))
	}
}

// noisy returns the noisy pixels of a job, in buffer if it is large enough.
func (f *FuncClassifier) noisy(buffer []float32, job Job, noise Noise) ([]float32, error) {
	sized := func(n int) []float32 {
		if cap(buffer) < n {
			return make([]float32, n)
		}
		return buffer[:n]
	}
	if noise.Pixels != nil {
		if err := f.TakesPixelNoise(); err != nil {
			return nil, err
		}
		stored, err := f.Bytes(job.Image)
		if err != nil {
			return nil, err
		}
		dst := sized(len(stored))
		pixelnoise.Fill(noise.Pixels, dst, stored, noise.Addr(job))
		return dst, nil
	}
	clean, err := f.Pixels(job.Image)
	if err != nil {
		return nil, err
	}
	dst := sized(len(clean))
	simd.AddGaussian(dst, clean, noise.Sigma, noise.Addr(job))
	return dst, nil
}

// TakesPixelNoise returns an error if Bytes is nil.
func (f *FuncClassifier) TakesPixelNoise() error {
	if f.Bytes == nil {
		return errors.New("the classifier has no 8-bit pixels to add integer noise to: certify it with float noise, or set its field Bytes")
	}
	return nil
}
