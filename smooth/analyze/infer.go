package analyze

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/godmae/godmae/decimal"
)

// Usual numbers of samples and failure probabilities.
var (
	usualN     = []int{100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000}
	usualAlpha = []decimal.Decimal{
		decimal.Must("0.1"), decimal.Must("0.05"), decimal.Must("0.025"), decimal.Must("0.01"),
		decimal.Must("0.005"), decimal.Must("0.001"), decimal.Must("0.0005"), decimal.Must("0.0001"),
	}
)

const (
	crowd      = 5   // fewest images at the largest radius for a guess
	crowdShare = 100 // or this fraction of the images, if that is more
	fewRadii   = 12  // largest number of different radii of a grid
	fitLevels  = 4   // number of the largest radii that a guess must explain
)

// GuessParams adds a note if the radii of a table suggest how they were made.
// They may be steps of a grid. Or many images share the largest radius, and
// for usual numbers of samples and failure probabilities it is that of n hits
// of n, and the radii below it agree. It needs the Sigma of the run and
// changes only the notes, so that the user confirms a guess.
func (run *Run) GuessParams() error {
	counts := make(map[float64]int)
	certified := 0
	for _, row := range run.Rows {
		if row.Radius > 0 {
			counts[row.Radius]++
			certified++
		}
	}
	if certified == 0 {
		return nil
	}
	var radii []float64 // descending
	for r := range counts {
		radii = append(radii, r)
	}
	slices.Sort(radii)
	slices.Reverse(radii)
	if len(radii) <= fewRadii && certified >= 4*len(radii) && roundNumbers(radii) {
		slices.Reverse(radii)
		run.note("its radii are %s and no others: they look like steps of a grid, and then its average radius cannot be compared with that of a method that reports the largest radius it can prove", list(radii))
		return nil
	}
	most := counts[radii[0]]
	if run.Sigma.Sign() <= 0 || most < crowd || most*crowdShare < len(run.Rows) {
		return nil
	}
	digits := run.digits()
	var guesses []string
	for _, n := range usualN {
		for _, alpha := range usualAlpha {
			fits, err := run.fits(radii, digits, n, alpha)
			if err != nil {
				return err
			}
			if fits {
				guesses = append(guesses, fmt.Sprintf("n = %d and alpha = %s", n, alpha))
			}
		}
	}
	if len(guesses) > 0 {
		run.note("%d images share the largest radius, %g: with sigma = %s that is what samples that all agree are worth for %s; if it was made so, say it with --n and --alpha, and its radii are checked",
			most, radii[0], run.Sigma, strings.Join(guesses, ", or "))
	}
	return nil
}

// fits reports whether the largest radii of a run, in descending order and
// printed with so many digits, are those of n, n-1, ... hits of n.
func (run *Run) fits(radii []float64, digits, n int, alpha decimal.Decimal) (bool, error) {
	// The exact radii take time, so float64 is tried first. The radius of n
	// hits of n is Phi^-1(alpha^(1/n)) sigma.
	unit, _ := halfUnit(radii[0], digits).Float64()
	unit *= 2
	rest := -math.Expm1(math.Log(alpha.Float64()) / float64(n)) // 1 - alpha^(1/n)
	beyond := func(r float64) float64 { return math.Erfc(r/run.Sigma.Float64()/math.Sqrt2) / 2 }
	if rest > 1.001*beyond(radii[0]-unit) || rest < 0.999*beyond(radii[0]+unit) {
		return false, nil
	}
	guess := Run{Name: run.Name, Terms: Terms{Sigma: run.Sigma, Alpha: alpha, N: n}}
	levels, err := guess.levels()
	if err != nil || len(levels) == 0 {
		return false, err
	}
	levels = levels[:min(fitLevels, len(levels))]
	for i, r := range radii {
		d, err := decimal.Parse(strconv.FormatFloat(r, 'g', -1, 64))
		if err != nil {
			return false, err
		}
		near := func(level *big.Rat) bool {
			gap := new(big.Rat).Sub(d.Rat(), level)
			return gap.Abs(gap).Cmp(new(big.Rat).Add(halfUnit(r, digits), halfUnit(r, digits))) <= 0
		}
		last := levels[len(levels)-1]
		switch {
		case near(levels[0]):
		case i == 0:
			return false, nil
		case d.Rat().Cmp(last) < 0 && !near(last):
			return true, nil // the others are smaller than the radii that were checked
		case !slices.ContainsFunc(levels, near):
			return false, nil
		}
	}
	return true, nil
}

// roundNumbers reports whether all radii are multiples of 0.01, like those of a
// grid.
func roundNumbers(radii []float64) bool {
	for _, r := range radii {
		if v := 100 * r; math.Abs(v-math.Round(v)) > 1e-9 {
			return false
		}
	}
	return true
}

// list joins numbers.
func list(values []float64) string {
	var text []string
	for _, v := range values {
		text = append(text, strconv.FormatFloat(v, 'g', -1, 64))
	}
	return strings.Join(text, ", ")
}
