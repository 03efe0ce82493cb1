package analyze

import (
	"cmp"
	"fmt"
	"math/big"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/smooth/bound"
)

// checkedCounts is the number of counts of the selected class, from n down,
// whose radii are checked. These radii are far enough apart to identify the
// count of a rounded radius.
const checkedCounts = 12

// sigmaInName finds a noise level in the name of a file, such as sigma_0.25.
var sigmaInName = regexp.MustCompile(`(?i)(?:sigma|noise)[_=-]?(\d+\.\d+|\d+)`)

// SigmaOf guesses the noise level of a table from the name of its file, in the
// usual form of such logs.
func SigmaOf(path string) (decimal.Decimal, bool) {
	m := sigmaInName.FindStringSubmatch(filepath.Base(path))
	if m == nil {
		return decimal.Decimal{}, false
	}
	d, err := decimal.Parse(m[1])
	return d, err == nil && d.Sign() > 0
}

// CheckRadii checks the radii of a table, as radii of Cohen et al.'s method,
// against the Sigma, Alpha and N that the caller has set. It adds notes about
//
//   - radii above sigma Phi^-1(alpha^(1/n)), the largest that n samples can
//     prove;
//   - radii that were rounded up: slightly above the radius of one count and
//     not near that of another.
//
// Only the radii of the largest counts are far enough apart for the second; a
// rounded small radius could be that of another count.
func (run *Run) CheckRadii() error {
	levels, err := run.levels()
	if err != nil {
		return err
	}
	if len(levels) == 0 {
		run.note("n = %d samples at alpha = %s can prove no radius at all", run.N, run.Alpha)
		return nil
	}
	digits := run.digits()
	var above, up []Row
	var proved *big.Rat // the exact radius of the first of up
	for _, row := range run.Rows {
		d, err := decimal.Parse(strconv.FormatFloat(row.Radius, 'g', -1, 64))
		if err != nil || d.Sign() <= 0 {
			continue
		}
		r, half := d.Rat(), halfUnit(row.Radius, digits)
		level := roundedUpFrom(r, half, levels)
		switch {
		case new(big.Rat).Sub(r, levels[0]).Cmp(half) > 0:
			above = append(above, row)
		case level != nil:
			if proved == nil {
				proved = level
			}
			up = append(up, row)
		}
	}
	if len(above) > 0 {
		most := slices.MaxFunc(above, func(a, b Row) int { return cmp.Compare(a.Radius, b.Radius) })
		run.note("%d radii, up to %g, are above %s, the largest that n = %d samples at alpha = %s can prove with sigma = %s",
			len(above), most.Radius, decimal.Floor(levels[0], bound.RadiusPlaces), run.N, run.Alpha, run.Sigma)
	}
	if len(up) > 0 {
		run.note("at least %d radii are rounded up, such as %g of image %d, where %s was proved", len(up), up[0].Radius, up[0].Image, decimal.Floor(proved, bound.RadiusPlaces))
	}
	return nil
}

// levels returns the radii of n, n-1, ... samples of the selected class,
// descending.
func (run *Run) levels() ([]*big.Rat, error) {
	plan := bound.Plan{Sigma: run.Sigma, Alpha: run.Alpha, N0: 1, N: run.N}
	if err := plan.Check(); err != nil {
		return nil, fmt.Errorf("cannot check the radii of %q: %w", run.Name, err)
	}
	var levels []*big.Rat
	for x := run.N; x >= 0 && x > run.N-checkedCounts; x-- {
		pA := bound.ClopperPearsonLower(x, run.N, run.Alpha)
		if pA.Cmp(decimal.Must("0.5")) <= 0 {
			break
		}
		levels = append(levels, bound.Radius(pA, run.Sigma).Rat())
	}
	return levels, nil
}

// roundedUpFrom returns the level from which a radius must have been rounded
// up, or nil.
func roundedUpFrom(r, half *big.Rat, levels []*big.Rat) *big.Rat {
	floored := big.NewRat(1, 1_000_000) // levels are rounded down by less than this
	for i, level := range levels {
		gap := new(big.Rat).Sub(r, level)
		if gap.Cmp(floored) <= 0 || gap.Cmp(half) > 0 {
			continue
		}
		if i > 0 && new(big.Rat).Sub(levels[i-1], r).Cmp(half) <= 0 {
			return nil // may be rounded down from that one
		}
		return level
	}
	return nil
}

// digits returns the number of significant digits of the printed radii: the
// largest in the run, because trailing zeros are lost.
func (run *Run) digits() int {
	digits := 1
	for _, row := range run.Rows {
		mantissa, _, _ := strings.Cut(strconv.FormatFloat(row.Radius, 'e', -1, 64), "e")
		digits = max(digits, len(strings.ReplaceAll(mantissa, ".", "")))
	}
	return digits
}

// halfUnit returns half a unit in the last digit of a radius, the largest error
// of rounding to nearest.
func halfUnit(radius float64, digits int) *big.Rat {
	_, power, _ := strings.Cut(strconv.FormatFloat(radius, 'e', -1, 64), "e")
	e, _ := strconv.Atoi(power)
	places := e - digits + 1
	unit := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(places, -places))), nil))
	if places < 0 {
		unit.Inv(unit)
	}
	return unit.Mul(unit, big.NewRat(1, 2))
}
