package analyze

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"math"
	"math/big"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/internal/atomicfile"
)

// The size of a picture, and the resolution of a PNG.
const (
	curveWidth  = 15 * vg.Centimeter
	curveHeight = 10 * vg.Centimeter
	curveDPI    = 200
)

// palette has colours that are distinct for colour-blind readers (Okabe and Ito
// 2008). Further runs repeat them with another dash.
var palette = []color.RGBA{
	{0, 114, 178, 255}, {213, 94, 0, 255}, {0, 158, 115, 255}, {204, 121, 167, 255}, {230, 159, 0, 255}, {86, 180, 233, 255}, {60, 60, 60, 255},
}

// Curve is a picture of certified accuracy against the radius.
type Curve struct {
	Title string
	Runs  []Run

	// Confidence is the level of the bands around the curves, such as 0.95; 0
	// draws none. See bands.
	Confidence decimal.Decimal
}

// CheckPicture returns an error if the name of a picture does not end in .png
// or .svg.
func CheckPicture(path string) error {
	if f := pictureFormat(path); f != ".png" && f != ".svg" {
		return fmt.Errorf("cannot draw %s: the name of a picture ends in .png or .svg", path)
	}
	return nil
}

func pictureFormat(path string) string { return strings.ToLower(filepath.Ext(path)) }

// WriteCurve draws a curve into a file whose name ends in .png or .svg.
func WriteCurve(path string, c Curve) error {
	if err := CheckPicture(path); err != nil {
		return err
	}
	p, err := c.plot()
	if err != nil {
		return err
	}
	var canvas interface {
		vg.CanvasSizer
		io.WriterTo
	}
	canvas = vgsvg.New(curveWidth, curveHeight)
	if pictureFormat(path) == ".png" {
		canvas = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(curveWidth, curveHeight), vgimg.UseDPI(curveDPI))}
	}
	const margin = 3 * vg.Millimeter
	p.Draw(draw.Crop(draw.New(canvas), margin, -2*margin, margin, -margin))
	return atomicfile.Write(path, func(w io.Writer) error {
		_, err := canvas.WriteTo(w)
		return err
	})
}

// plot lays out the picture.
func (c Curve) plot() (*plot.Plot, error) {
	if len(c.Runs) == 0 {
		return nil, errors.New("a curve needs at least one run")
	}
	if one := decimal.Must("1"); c.Confidence.Sign() < 0 || c.Confidence.Cmp(one) >= 0 {
		return nil, fmt.Errorf("the confidence %s of a band must be at least 0, for none, and below 1", c.Confidence)
	}
	p := plot.New()
	p.BackgroundColor = color.White
	for _, style := range []*text.Style{
		&p.Title.TextStyle, &p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label, &p.Legend.TextStyle, // in one typeface
	} {
		style.Font.Variant = "Sans"
	}
	p.Title.Text = c.Title
	p.Title.TextStyle.Font.Size = vg.Points(12)
	p.Title.Padding = vg.Points(8)
	p.X.Label.Text = "L2 radius (pixels in [0,1])"
	p.Y.Label.Text = "certified accuracy"
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font.Size = vg.Points(10)
		axis.Label.Padding = vg.Points(4)
		axis.Tick.Label.Font.Size = vg.Points(9)
		axis.Min = 0
		axis.Padding = 0
	}
	grid := plotter.NewGrid()
	grid.Horizontal.Color = color.Gray{225}
	grid.Vertical.Color = color.Gray{225}
	p.Add(grid)
	legend := newLegend(p.Legend)
	widest := 0.0
	var lines []plot.Plotter
	for i, run := range c.Runs {
		if len(run.Rows) == 0 {
			return nil, fmt.Errorf("the run %q has no images", run.Name)
		}
		points := steps(run)
		widest = max(widest, points[len(points)-1].X)
		line, err := plotter.NewLine(points)
		if err != nil {
			return nil, fmt.Errorf("cannot draw the run %q: %w", run.Name, err)
		}
		line.StepStyle = plotter.PostStep
		line.Color = palette[i%len(palette)]
		line.Width = vg.Points(1.8)
		if turn := i / len(palette); turn > 0 {
			line.Dashes = []vg.Length{vg.Points(6 / float64(turn)), vg.Points(2)}
		}
		lines = append(lines, line)
		legend.add(curveName(c.Runs, run), line)
		if c.Confidence.Sign() > 0 {
			b, err := band(points, len(run.Rows), c.Confidence, palette[i%len(palette)])
			if err != nil {
				return nil, fmt.Errorf("cannot draw the band of the run %q: %w", run.Name, err)
			}
			p.Add(b)
		}
	}
	p.Add(lines...)
	if c.Confidence.Sign() > 0 {
		percent := new(big.Rat).Mul(c.Confidence.Rat(), big.NewRat(100, 1))
		legend.add("shaded: " + decimal.Floor(percent, 2).String() + "%, choice of images")
	}
	p.Add(legend)
	p.X.Max = niceEnd(widest)
	p.Y.Max = 1
	step := 0.25
	if p.X.Max > 2 {
		step = 0.5
	}
	p.X.Tick.Marker = ticks(p.X.Max, step)
	p.Y.Tick.Marker = ticks(1, 0.1)
	return p, nil
}

// curveName returns the name of a run in the legend. If runs differ in alpha or
// the kind of noise, it includes these.
func curveName(runs []Run, run Run) string {
	name := run.Name
	for _, t := range terms {
		if t.name != "alpha" && t.name != "noise" {
			continue
		}
		if slices.ContainsFunc(runs, func(r Run) bool { return t.of(r.Terms) != t.of(runs[0].Terms) }) {
			name += ", " + t.name + " " + orUnknown(t.of(run.Terms))
		}
	}
	return name
}

// ticks labels the multiples of step up to end.
func ticks(end, step float64) plot.ConstantTicks {
	var marks plot.ConstantTicks
	for i := 0; float64(i)*step <= end+step/100; i++ {
		v := float64(i) * step
		marks = append(marks, plot.Tick{Value: v, Label: strconv.FormatFloat(v, 'g', 3, 64)})
	}
	return marks
}

// steps returns the corners of the certified accuracy as a step function of
// the radius: for larger radii than that of a point, up to the next, the
// accuracy is its Y.
func steps(run Run) plotter.XYs {
	var radii []float64
	for _, row := range run.Rows {
		if row.Correct {
			radii = append(radii, row.Radius)
		}
	}
	slices.Sort(radii)
	n := float64(len(run.Rows))
	points := plotter.XYs{{X: 0, Y: float64(len(radii)) / n}}
	for i, r := range radii {
		if i+1 < len(radii) && radii[i+1] == r {
			continue
		}
		points = append(points, plotter.XY{X: r, Y: float64(len(radii)-i-1) / n})
	}
	return points
}

// niceEnd returns the end of a radius axis: a multiple of a quarter, slightly
// larger than the largest radius.
func niceEnd(widest float64) float64 {
	const quarter = 0.25
	return max(math.Ceil(widest*1.02/quarter), 1) * quarter
}
