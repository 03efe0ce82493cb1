package analyze

import (
	"image/color"
	"math/big"

	"gonum.org/v1/plot/plotter"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/smooth/bound"
)

// bandCorners is the number of corners of a curve above which a band is
// computed at some of them only.
const bandCorners = 200

// Interval is a confidence interval of a share.
type Interval struct{ Lower, Upper float64 }

// ShareInterval returns the two-sided Clopper-Pearson interval of hits out of
// n at a confidence level strictly between 0 and 1: if the n images are drawn
// independently from a population, it contains the population's share with at
// least that probability. Its ends are rounded outwards.
func ShareInterval(hits, n int, confidence decimal.Decimal) Interval {
	half := confidence.Rat()
	half.Sub(big.NewRat(1, 1), half)
	half.Quo(half, big.NewRat(2, 1))
	alpha := decimal.Floor(half, 30) // levels on a command line have fewer places
	return Interval{
		bound.ClopperPearsonLower(hits, n, alpha).Float64(),
		bound.ClopperPearsonUpper(hits, n, alpha).Float64(),
	}
}

// band draws the pointwise confidence interval around a step curve of n
// images, as a polygon. It accounts only for the choice of images. If the
// curve has many corners, the band is computed at some of them and drawn with
// its largest width between two of these.
func band(points plotter.XYs, n int, confidence decimal.Decimal, shade color.RGBA) (*plotter.Polygon, error) {
	stride := (len(points) + bandCorners - 1) / bandCorners
	var upper, lower plotter.XYs
	for i := 0; i < len(points); i += stride {
		// From the i-th corner to the next one that is used, the curve falls
		// from its value at i to its value just before that next corner.
		next := min(i+stride, len(points)-1)
		high := ShareInterval(count(points[i].Y, n), n, confidence).Upper
		low := ShareInterval(count(points[max(next-1, i)].Y, n), n, confidence).Lower
		upper = append(upper, plotter.XY{X: points[i].X, Y: high}, plotter.XY{X: points[next].X, Y: high})
		lower = append(lower, plotter.XY{X: points[i].X, Y: low}, plotter.XY{X: points[next].X, Y: low})
	}
	for i := len(lower) - 1; i >= 0; i-- {
		upper = append(upper, lower[i])
	}
	p, err := plotter.NewPolygon(upper)
	if err != nil {
		return nil, err
	}
	p.Color = color.NRGBA{shade.R, shade.G, shade.B, 45}
	p.LineStyle.Width = 0
	return p, nil
}

// count returns the number of images of a share of n.
func count(share float64, n int) int { return int(share*float64(n) + 0.5) }
