package analyze

import (
	"fmt"
	"math"
	"math/big"
	"sort"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/internal/exact"
)

// Guarantee is a lower bound on the true accuracy of the smoothed classifier
// at a radius, on the images of a run. The certificate of each image is false
// with probability at most alpha. So some of the images that the certified
// accuracy counts may be false, and it is not a bound itself.
type Guarantee struct {
	// Lower is the certified accuracy less FalseCertificates/n: with
	// probability at least 1-rho over the noise, at all radii at once, the
	// true accuracy is not below it.
	Lower float64 `json:"lower"`

	// FalseCertificates is the (1-rho) quantile of Bin(n, alpha).
	FalseCertificates int `json:"false_certificates"`

	// Published is the formula of Cohen et al. (2019, appendix): mean - a -
	// sqrt(a(1-a) ln(1/rho)/n) - ln(1/rho)/(3n). It lacks the factor 2 of
	// Bernstein's inequality under the root, so with many images it fails
	// with a probability above rho. It is only for comparison with
	// published numbers.
	Published float64 `json:"published_formula"`
}

// Guarantee adds to each certified accuracy the lower bound that holds with
// probability at least 1-rho over the noise. The alpha of every run must be
// known.
func (t *Table) Guarantee(rho decimal.Decimal) error {
	if one := decimal.Must("1"); rho.Sign() <= 0 || rho.Cmp(one) >= 0 {
		return fmt.Errorf("rho is %s: the probability that a lower bound fails must lie between 0 and 1, such as 0.001", rho)
	}
	for _, s := range t.Runs {
		if s.Alpha.Sign() <= 0 {
			return fmt.Errorf("the run %q does not say with which alpha it was certified, without which there is no lower bound", s.Name)
		}
	}
	t.Rho = rho
	for i := range t.Runs {
		s := &t.Runs[i]
		lost := FalseCertificates(s.Images, s.Alpha, rho)
		less := publishedMargin(s.Images, s.Alpha.Float64(), rho.Float64())
		for j := range s.Accuracy {
			a := &s.Accuracy[j]
			a.Guarantee = &Guarantee{
				Lower:             float64(max(a.Certified-lost, 0)) / float64(s.Images),
				FalseCertificates: lost,
				Published:         max(a.Mean-less, 0),
			}
		}
	}
	return nil
}

// FalseCertificates returns the (1-rho) quantile of Bin(n, alpha): the
// smallest q with P[Bin(n, alpha) > q] <= rho, proven by intervals. The
// samples of different images are independent, so of n certificates that are
// each false with probability at most alpha, more than q are false with
// probability at most rho.
func FalseCertificates(n int, alpha, rho decimal.Decimal) int {
	a, limit := alpha.Rat(), rho.Rat()
	return sort.Search(n, func(q int) bool { return exact.BinomialUpperTail(q+1, n, a).AtMost(limit) })
}

// publishedMargin is the margin that the published formula subtracts.
func publishedMargin(images int, alpha, rho float64) float64 {
	n, log := float64(images), -exact.Log(rho)
	return alpha + math.Sqrt(float64(alpha*(1-alpha))*log/n) + log/float64(3*n)
}

// floored returns the lower bound on the accuracy as a decimal that is rounded
// down.
func (a Accuracy) floored(images, places int) decimal.Decimal {
	share := big.NewRat(int64(max(a.Certified-a.Guarantee.FalseCertificates, 0)), int64(images))
	return decimal.Floor(share, places)
}
