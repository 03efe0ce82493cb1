package bound

import "github.com/godmae/godmae/decimal"

// Verdict is the statistical result for an image.
type Verdict struct {
	Class  int              // the certified class, or NoClass for an abstention
	PA     decimal.Decimal  // lower bound on the probability of the selected class
	PB     *decimal.Decimal // MethodRunnerUp: upper bound on that of every other class
	Radius decimal.Decimal  // L2 radius in units of pixels scaled to [0,1]; 0 for an abstention
	W      *Draw            // MethodRandomised: the random number of the bound
	Looks  string           // MethodAnytime: hits between the looks, see Record.Looks
}

// Statistics is a method with its plan. It determines the number of samples of
// an image and the verdict. It may be used concurrently.
type Statistics interface {
	// Begin starts the trial of an image. MethodRandomised uses the draw,
	// which the caller derives so that an audit can repeat it; the other
	// methods ignore it.
	Begin(draw Draw) Trial

	// BestRadius returns the largest radius that the plan can certify: that of
	// an image whose samples all have the selected class.
	BestRadius() decimal.Decimal

	// Needs returns the smallest number of samples with which such an image is
	// certified at a radius, and false if no permitted number is enough.
	Needs(radius decimal.Decimal) (samples int, ok bool)
}

// Trial processes the estimation samples of one image in order. The caller
// counts hits, the samples with the selected class.
type Trial interface {
	// Due returns the number of samples at the trial's next look, and 0 if it
	// needs no more.
	Due() int

	// Look gives the trial the number of hits among the first Due() samples.
	Look(hits int)

	// Verdict returns the verdict of a trial that needs no more samples, from
	// the selected class and the counts of all classes.
	Verdict(selected int, counts Counts) Verdict
}

// New returns the statistics of a plan that passes Check, for a classifier with
// the given number of classes.
func New(p Plan, classes int) (Statistics, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	switch p.method() {
	case MethodRandomised:
		return newRandomised(p), nil
	case MethodRunnerUp:
		return newRunnerUp(p, classes), nil
	case MethodAnytime:
		return newAnytime(p), nil
	}
	return NewCohen(p)
}

// forget clears a large cache of bounds, so its size does not grow with the
// number of images.
func forget[K comparable, V any](known map[K]V) {
	if len(known) >= 1<<14 {
		clear(known)
	}
}

// fixedTrial is the trial of a method that always uses n samples.
type fixedTrial struct {
	due    int
	decide func(selected int, counts Counts) Verdict
}

func (t *fixedTrial) Due() int { return t.due }

func (t *fixedTrial) Look(int) { t.due = 0 }

func (t *fixedTrial) Verdict(selected int, counts Counts) Verdict {
	if selected == NoClass {
		return Verdict{Class: NoClass}
	}
	return t.decide(selected, counts)
}

// smallest returns the smallest n in 1..MaxSamples with a monotone property,
// and false if there is none.
func smallest(holds func(n int) bool) (int, bool) {
	if !holds(MaxSamples) {
		return 0, false
	}
	lo, hi := 0, MaxSamples
	for hi-lo > 1 {
		if m := lo + (hi-lo)/2; holds(m) {
			hi = m
		} else {
			lo = m
		}
	}
	return hi, true
}
