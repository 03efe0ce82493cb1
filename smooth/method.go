package smooth

import (
	"fmt"
	"math/big"
	"slices"
)

// Method names a way from counts to a certificate.
type Method string

// The methods; docs/certificates.md derives each.
const (
	// MethodCohen is the procedure CERTIFY of Cohen et al. (2019): n samples,
	// the Clopper-Pearson lower bound pA, the radius sigma Phi^-1(pA).
	MethodCohen Method = "cohen"
	// MethodRandomised takes the randomised Clopper-Pearson bound instead,
	// whose coverage is exactly 1-alpha.
	MethodRandomised Method = "randomised"
	// MethodRunnerUp bounds the probability of every other class too, and so
	// certifies images whose class has a probability below one half.
	MethodRunnerUp Method = "runner-up"
	// MethodAnytime tests a grid of radii and stops as soon as the next one
	// is decided.
	MethodAnytime Method = "anytime"
)

// Methods lists all methods.
func Methods() []Method {
	return []Method{MethodCohen, MethodRandomised, MethodRunnerUp, MethodAnytime}
}

// Params are the parameters of a certification.
type Params struct {
	Method Method  // MethodCohen when empty
	Sigma  Decimal // standard deviation of the noise, pixels in [0,1]
	Alpha  Decimal // probability of a false certificate, per image
	N0     int     // samples that choose the class
	N      int     // samples that are counted for it; at most so many for MethodAnytime
	Seed   uint64

	// Derived, if set, takes the place of Seed: each image has noise of its own
	// key, in which the image's index plays no part. A Task fills in its Model.
	Derived *Derivation

	// Radii is the grid of MethodAnytime, which starts at 0 and increases; see
	// Grid.
	Radii []Decimal

	// Futility is the level at which MethodAnytime gives a radius up: when the
	// samples that are left would claim it with a smaller probability. It costs
	// radii, never soundness. See DefaultFutility.
	Futility Decimal

	// AccuracyOnly stops at an image whose selected class differs from its
	// label: enough for certified accuracy, too little for an abstention rate.
	AccuracyOnly bool

	// Sound draws integer noise on 8-bit pixels (see PixelNoise) in place of
	// float noise on float pixels.
	Sound bool
}

// Limits of what a certification may ask for; sample numbers are 32 bits.
const (
	maxSamples = 1 << 30
	maxRadii   = 64
)

var (
	half      = MustDecimal("0.5")
	tiny      = MustDecimal("1e-100")
	sixteenth = MustDecimal("0.0625")
)

// method returns the method, the default one when none is named.
func (p Params) method() Method {
	if p.Method == "" {
		return MethodCohen
	}
	return p.Method
}

// Check returns an error that names the first parameter that makes no sense.
func (p Params) Check() error {
	one := big.NewRat(1, 1)
	switch {
	case !slices.Contains(Methods(), p.method()):
		return fmt.Errorf("the method %q is not known: choose one of %v", p.Method, Methods())
	case p.Sigma.Sign() <= 0 || p.Sigma.Cmp(MustDecimal("100")) > 0:
		return fmt.Errorf("sigma is %s: the noise level must be above 0 and at most 100, in units of pixels scaled to [0,1]", p.Sigma)
	case p.Alpha.Cmp(tiny) < 0 || p.Alpha.Rat().Cmp(one) >= 0:
		return fmt.Errorf("alpha is %s: the failure probability must lie between 1e-100 and 1, such as 0.001", p.Alpha)
	case p.method() == MethodRandomised && p.Alpha.Cmp(sixteenth) >= 0:
		return fmt.Errorf("alpha is %s: the randomised bound needs a failure probability below 1/16, such as 0.001", p.Alpha)
	case p.N0 < 1 || p.N0 > maxSamples:
		return fmt.Errorf("n0 is %d: choosing a class takes 1 to %d samples, such as 100", p.N0, maxSamples)
	case p.N < 1 || p.N > maxSamples:
		return fmt.Errorf("n is %d: estimating takes 1 to %d samples, such as 10000", p.N, maxSamples)
	case p.Derived != nil && p.Derived.Beacon.check() != nil:
		return p.Derived.Beacon.check()
	case p.method() == MethodAnytime:
		return p.checkGrid()
	case len(p.Radii) > 0 || p.Futility.Sign() != 0:
		return fmt.Errorf("a grid of radii and a level of giving up belong to the method %s, not to %s", MethodAnytime, p.method())
	}
	return nil
}

// Verdict is what the samples of an image prove.
type Verdict struct {
	Class  int      // the certified class, or NoClass for an abstention
	PA     Decimal  // lower bound on the probability of the selected class
	PB     *Decimal // MethodRunnerUp: upper bound on that of every other class
	Radius Decimal  // L2 radius in units of pixels scaled to [0,1]; 0 for an abstention
	W      *Draw    // MethodRandomised: the random number of the bound
	Looks  string   // MethodAnytime: hits between the looks, see Record.Looks
}

// Statistics is a method with its parameters: it decides how many samples an
// image needs and what they prove. It may be used concurrently.
type Statistics interface {
	// Begin starts the trial of an image whose pixels have a digest.
	Begin(image int, pixels Digest) Trial

	// BestRadius returns the largest radius that the parameters can certify:
	// that of an image that gets the selected class every time.
	BestRadius() Decimal

	// Needs returns the smallest number of samples with which such an image is
	// certified at a radius, and false if no permitted number is enough.
	Needs(radius Decimal) (samples int, ok bool)
}

// Trial follows the estimation samples of one image in the order of their
// numbers. Whoever feeds it counts hits, the samples with the selected class.
type Trial interface {
	// Due returns the number of samples at which the trial looks next, and 0
	// when it needs no more.
	Due() int

	// Look tells the hits among the first Due() samples.
	Look(hits int)

	// Verdict concludes a trial that needs no more samples, from the selected
	// class and the counts of all classes.
	Verdict(selected int, counts Counts) Verdict
}

// NewStatistics returns the statistics of parameters that pass Check, for a
// classifier of so many classes.
func NewStatistics(p Params, classes int) (Statistics, error) {
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

// Select returns the class that the selection samples choose: the most
// frequent, ties to the lower index, NoClass when no sample had a class.
func Select(selection Counts) int {
	first, _ := selection.Top()
	return first[0]
}

// forget empties a memory of bounds that has grown large, so that it does not
// grow with the number of images.
func forget[K comparable, V any](known map[K]V) {
	if len(known) >= 1<<14 {
		clear(known)
	}
}

// fixedTrial is the trial of a method that takes n samples whatever they show.
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

// smallest returns the smallest n in 1..maxSamples with a property that larger
// n keep, and false if there is none.
func smallest(holds func(n int) bool) (int, bool) {
	if !holds(maxSamples) {
		return 0, false
	}
	lo, hi := 0, maxSamples
	for hi-lo > 1 {
		if m := lo + (hi-lo)/2; holds(m) {
			hi = m
		} else {
			lo = m
		}
	}
	return hi, true
}

// Defaults returns the parameters of a certification when nothing is said of
// them. Choosing others after looking at results changes what alpha means, so an
// audit names those that differ.
func Defaults(m Method) Params {
	p := Params{
		Method: m, Sigma: MustDecimal("0.25"), Alpha: MustDecimal("0.001"), N0: 100, N: 10_000,
		Sound: true, Derived: &Derivation{},
	}
	if m == MethodAnytime {
		p.N, p.Futility = 100_000, DefaultFutility()
		p.Radii = Grid([]Decimal{MustDecimal("0.25"), MustDecimal("0.5"), MustDecimal("0.75"), MustDecimal("1")})
	}
	return p
}
