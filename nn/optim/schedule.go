package optim

import (
	"math"

	"github.com/godmae/godmae/internal/exact"
)

// Schedule is a linear warm-up from 0 to LR, then a half cosine down to MinLR
// (Loshchilov and Hutter, arXiv 1608.03983). Times are in epochs and may be
// fractional: a step is at (steps done) / (steps per epoch).
type Schedule struct {
	LR     float64 // at the end of the warm-up
	MinLR  float64 // at the end; the warm-up does not use it, so the first step has rate 0
	Warmup float64 // epochs
	Epochs float64 // in total
}

// At returns the learning rate at a time in [0, Epochs].
func (s Schedule) At(epoch float64) float64 {
	if epoch < s.Warmup {
		return s.LR * epoch / s.Warmup
	}
	angle := math.Pi * (epoch - s.Warmup) / (s.Epochs - s.Warmup)
	return s.MinLR + float64((s.LR-s.MinLR)*float64(0.5*float64(1+exact.Cos(angle))))
}

// PeakLR returns the learning rate for a base rate, which is for 256 samples
// per step, and the number of samples per step.
func PeakLR(base float64, effectiveBatch int) float64 {
	return base * float64(effectiveBatch) / 256
}
