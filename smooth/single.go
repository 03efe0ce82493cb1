package smooth

import (
	"context"
	"fmt"
	"math"
	"time"
)

// Certify certifies one image in memory: it returns the line that a Task with
// the same parameters writes for it. Progress, if not nil, is called after each
// batch with the samples classified so far.
func Certify(ctx context.Context, c Classifier, p Params, image int, about Image, progress func(samples int)) (Record, error) {
	if err := checkClassifier(c); err != nil {
		return Record{}, err
	}
	if image < 0 || int64(image) > math.MaxUint32 {
		return Record{}, fmt.Errorf("image index %d is outside 0..%d", image, int64(math.MaxUint32))
	}
	stats, err := NewStatistics(p, c.Classes())
	if err != nil {
		return Record{}, err
	}
	noise, err := p.Noise()
	if err != nil {
		return Record{}, err
	}
	if err := noise.Check(c); err != nil {
		return Record{}, err
	}
	var line Record
	opened, samples := false, 0
	s := &scheduler{
		classifier: c, noise: noise, params: p, stats: stats, batch: max(c.BatchSize(), 1),
		open: func() (int, Image, bool, error) {
			first := !opened
			opened = true
			return image, about, first, nil
		},
		emit: func(l Line, _ time.Duration) error {
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
