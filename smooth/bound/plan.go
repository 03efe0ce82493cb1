package bound

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/godmae/godmae/decimal"
)

// Method is the name of a statistical method.
type Method string

// The methods; docs/certificates.md derives each.
const (
	// MethodCohen is the procedure CERTIFY of Cohen et al. (2019): n samples,
	// the Clopper-Pearson lower bound pA, the radius sigma Phi^-1(pA).
	MethodCohen Method = "cohen"
	// MethodRandomised uses the randomised Clopper-Pearson bound instead, whose
	// coverage is exactly 1-alpha.
	MethodRandomised Method = "randomised"
	// MethodRunnerUp also bounds the probability of every other class, and so
	// can certify images whose class has a probability below one half.
	MethodRunnerUp Method = "runner-up"
	// MethodAnytime tests a grid of radii and stops when the next one is
	// decided.
	MethodAnytime Method = "anytime"
)

// Methods lists all methods.
func Methods() []Method {
	return []Method{MethodCohen, MethodRandomised, MethodRunnerUp, MethodAnytime}
}

// Plan is a sampling plan: the method, the noise level, the failure
// probability and the numbers of samples. A verdict depends on the plan,
// the counts and the number of classes only.
type Plan struct {
	Method Method          // MethodCohen when empty
	Sigma  decimal.Decimal // standard deviation of the noise, pixels in [0,1]
	Alpha  decimal.Decimal // probability of a false certificate, per image
	N0     int             // samples that select the class
	N      int             // samples that estimate its probability; the maximum for MethodAnytime

	// Radii is the grid of MethodAnytime: increasing, from 0; see Grid.
	Radii []decimal.Decimal

	// Futility is the level of giving up in MethodAnytime: a radius is given up
	// if the remaining samples would claim it with a smaller probability. It
	// can lose radii, but does not affect soundness. See DefaultFutility.
	Futility decimal.Decimal
}

// MaxSamples is the largest number of samples of a plan; sample numbers have 32
// bits.
const MaxSamples = 1 << 30

// maxRadii is the largest size of a grid.
const maxRadii = 64

var (
	half      = decimal.Must("0.5")
	tiny      = decimal.Must("1e-100")
	sixteenth = decimal.Must("0.0625")
)

// method returns the method, with the default for an empty one.
func (p Plan) method() Method {
	if p.Method == "" {
		return MethodCohen
	}
	return p.Method
}

// Check returns an error that names the first invalid parameter.
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
