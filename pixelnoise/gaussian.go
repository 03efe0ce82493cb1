package pixelnoise

import (
	"fmt"
	"math/big"
	"sort"

	"github.com/godmae/godmae/decimal"
)

// Levels is the largest pixel value: pixels are 0..Levels, and mean 0..1 in
// steps of 1/Levels.
const Levels = 255

// MaxSigma bounds the noise level, so that every rank fits into 15 bits.
const MaxSigma = 10

// Gaussian is the distribution of the noise of one pixel, and the table of
// network inputs. It is immutable and may be used concurrently.
type Gaussian struct {
	sigma decimal.Decimal
	clip  int

	// bound is where the noise saturates: noise at or beyond it moves every
	// pixel to the end of the clipping range or past it.
	bound int

	// cdf[i] is the first 64 binary digits of P(eta <= i-bound), for
	// i < 2*bound.
	cdf []uint64

	// guide[t], for the upper 16 bits t of a word u, is twice the number of
	// entries of cdf below t<<48, all of which are below u. It is odd when more
	// entries are below (t+1)<<48, so that the rest of u matters. The table is
	// small because the network evicts it from the caches between fills.
	guide []uint16

	// inputs[x+i] is the network input of pixel x whose noise is i-bound.
	inputs []float32
}

// New returns the distribution for a noise level above 0 and at most MaxSigma.
func New(sigma decimal.Decimal) (*Gaussian, error) {
	if sigma.Sign() <= 0 || sigma.Rat().Cmp(big.NewRat(MaxSigma, 1)) > 0 {
		return nil, fmt.Errorf("sigma is %s: integer noise needs a level above 0 and at most %d, in units of pixels scaled to [0,1]; only float noise goes beyond", sigma, MaxSigma)
	}
	g := &Gaussian{sigma: sigma, clip: Clip(sigma)}
	g.bound = Levels * (g.clip + 1)
	g.cdf = make([]uint64, 2*g.bound)
	for j := range g.bound {
		// No value of the distribution function is a multiple of 2^-64, and
		// P(eta <= -j-1) = 1 - P(eta <= j): the digits are the complement.
		c := g.threshold(j, 1)[0]
		g.cdf[g.bound+j], g.cdf[g.bound-1-j] = c, ^c
	}
	g.fillGuide()
	g.inputs = make([]float32, 2*g.bound+Levels+1)
	for i := range g.inputs {
		z := min(max(i-g.bound, -Levels*g.clip), Levels*(g.clip+1))
		g.inputs[i] = float32(z) / Levels
	}
	return g, nil
}

// Clip returns k = max(1, floor(6 sigma)): noisy pixels are clipped to
// [-255k, 255(k+1)].
func Clip(sigma decimal.Decimal) int {
	six := new(big.Rat).Mul(sigma.Rat(), big.NewRat(6, 1))
	k := new(big.Int).Quo(six.Num(), six.Denom())
	return max(1, int(k.Int64()))
}

// Sigma returns the noise level.
func (g *Gaussian) Sigma() decimal.Decimal { return g.sigma }

// Clip returns k; see [Clip].
func (g *Gaussian) Clip() int { return g.clip }

// Input returns the network input of the integer z, clipped to
// [-255k, 255(k+1)]: the float32 nearest to z/255.
func (g *Gaussian) Input(z int) float32 {
	return g.inputs[min(max(z+g.bound, 0), len(g.inputs)-1)]
}

// fillGuide builds the first level of the search.
func (g *Gaussian) fillGuide() {
	g.guide = make([]uint16, 1<<16)
	below := func(t uint64) uint16 {
		return uint16(sort.Search(len(g.cdf), func(i int) bool { return g.cdf[i] >= t<<48 }))
	}
	for t := range uint64(1 << 16) {
		rank, next := below(t), uint16(len(g.cdf))
		if t < 1<<16-1 {
			next = below(t + 1)
		}
		g.guide[t] = 2 * rank
		if next != rank {
			g.guide[t]++
		}
	}
}

// Draw returns the noise of a pixel from uniform random words. The words are
// the binary digits of a number, and eta is -bound plus the number of
// thresholds that do not exceed it. Noise that moves every pixel out of the
// clipping range is returned as the nearest noise that does.
//
// It defines the sampler. next is called once, and again for every further 64
// digits that are needed.
func (g *Gaussian) Draw(next func() uint64) int { return g.rank(next) - g.bound }

// rank returns the number of entries of cdf that do not exceed the drawn
// number.
func (g *Gaussian) rank(next func() uint64) int {
	u := next()
	lo := sort.Search(len(g.cdf), func(i int) bool { return g.cdf[i] >= u })
	hi := lo + sort.Search(len(g.cdf)-lo, func(i int) bool { return g.cdf[lo+i] > u })
	// Thresholds before lo are at most the number and those from hi on exceed
	// it. Those between share its digits so far.
	for words := 2; lo < hi; words++ {
		u = next()
		digits := func(i int) uint64 { return g.threshold(i-g.bound, words)[words-1] }
		first, count := lo, hi-lo
		lo = first + sort.Search(count, func(i int) bool { return digits(first+i) >= u })
		hi = lo + sort.Search(first+count-lo, func(i int) bool { return digits(lo+i) > u })
	}
	return lo
}

// Table has the data with which a device draws noise: the distribution function
// and the network inputs. Its slices must not be changed.
type Table struct {
	// Bound is where the noise saturates: it is between -Bound and Bound.
	Bound int

	// CDF [2*Bound] holds the first 64 binary digits of P(eta <= i-Bound), ascending.
	// The noise of a random word u of 64 bits is the number of entries below u, minus
	// Bound. If an entry equals u, which has probability 2^-64 for each entry,
	// [Gaussian.At] decides.
	CDF []uint64

	// Inputs [2*Bound+Levels+1] holds the network input of pixel x and noise eta at
	// x + eta + Bound.
	Inputs []float32
}

// Table returns the tables of the distribution.
func (g *Gaussian) Table() Table { return Table{Bound: g.bound, CDF: g.cdf, Inputs: g.inputs} }
