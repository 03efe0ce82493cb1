package smooth

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// Certify certifies one image in memory. It returns the image's line in a
// certificate of a Task with the same parameters. progress, if not nil, is
// called after each batch with the samples classified so far.
func Certify(ctx context.Context, c Classifier, p certificate.Params, image int, about certificate.Image, progress func(samples int)) (certificate.Record, error) {
	if err := checkClassifier(c); err != nil {
		return certificate.Record{}, err
	}
	if image < 0 || int64(image) > math.MaxUint32 {
		return certificate.Record{}, fmt.Errorf("image index %d is outside 0..%d", image, int64(math.MaxUint32))
	}
	stats, err := bound.New(p.Plan, c.Classes())
	if err != nil {
		return certificate.Record{}, err
	}
	noise, err := NoiseOf(p)
	if err != nil {
		return certificate.Record{}, err
	}
	if err := noise.Check(c); err != nil {
		return certificate.Record{}, err
	}
	var line certificate.Record
	opened, samples := false, 0
	s := &scheduler{
		classifier: c, noise: noise, params: p, stats: stats, batch: max(c.BatchSize(), 1),
		open: func() (int, certificate.Image, bool, error) {
			first := !opened
			opened = true
			return image, about, first, nil
		},
		emit: func(l certificate.Line, _ time.Duration) error {
			line = l.Record
			return nil
		},
		batched: func(n int) {
			samples += n
			if progress != nil {
				progress(samples)
			}
		},
	}
	return line, s.run(ctx)
}
