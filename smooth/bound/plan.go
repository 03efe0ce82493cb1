package bound

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/godmae/godmae/decimal"
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

// Plan is a sampling plan: how many samples of an image are drawn, at which
// noise level, and what they must show. It is all that a verdict depends on
// besides the counts and the number of classes.
type Plan struct {
	Method Method          // MethodCohen when empty
	Sigma  decimal.Decimal // standard deviation of the noise, pixels in [0,1]
	Alpha  decimal.Decimal // probability of a false certificate, per image
	N0     int             // samples that choose the class
	N      int             // samples that are counted for it; at most so many for MethodAnytime

	// Radii is the grid of MethodAnytime, which starts at 0 and increases; see
	// Grid.
	Radii []decimal.Decimal

	// Futility is the level at which MethodAnytime gives a radius up: when the
	// samples that are left would claim it with a smaller probability. It costs
	// radii, never soundness. See DefaultFutility.
	Futility decimal.Decimal
}

// MaxSamples is the most samples that a plan may ask for; their numbers have 32
// bits.
const MaxSamples = 1 << 30

// maxRadii is the most radii that a grid may have.
const maxRadii = 64

var (
	half      = decimal.Must("0.5")
	tiny      = decimal.Must("1e-100")
	sixteenth = decimal.Must("0.0625")
)

// method returns the method, the default one when none is named.
func (p Plan) method() Method {
	if p.Method == "" {
		return MethodCohen
	}
	return p.Method
}

// Check returns an error that names the first parameter that makes no sense.
func (p Plan) Check() error {
	one := big.NewRat(1, 1)
	switch {
	case !slices.Contains(Methods(), p.method()):
		return fmt.Errorf("the method %q is not known: choose one of %v", p.Method, Methods())
	case p.Sigma.Sign() <= 0 || p.Sigma.Cmp(decimal.Must("100")) > 0:
		return fmt.Errorf("sigma is %s: the noise level must be above 0 and at most 100, in units of pixels scaled to [0,1]", p.Sigma)
	case p.Alpha.Cmp(tiny) < 0 || p.Alpha.Rat().Cmp(one) >= 0:
		return fmt.Errorf("alpha is %s: the failure probability must lie between 1e-100 and 1, such as 0.001", p.Alpha)
	case p.method() == MethodRandomised && p.Alpha.Cmp(sixteenth) >= 0:
		return fmt.Errorf("alpha is %s: the randomised bound needs a failure probability below 1/16, such as 0.001", p.Alpha)
	case p.N0 < 1 || p.N0 > MaxSamples:
		return fmt.Errorf("n0 is %d: choosing a class takes 1 to %d samples, such as 100", p.N0, MaxSamples)
	case p.N < 1 || p.N > MaxSamples:
		return fmt.Errorf("n is %d: estimating takes 1 to %d samples, such as 10000", p.N, MaxSamples)
	case p.method() == MethodAnytime:
		return p.checkGrid()
	case len(p.Radii) > 0 || p.Futility.Sign() != 0:
		return fmt.Errorf("a grid of radii and a level of giving up belong to the method %s, not to %s", MethodAnytime, p.method())
	}
	return nil
}
