package explain

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/smooth"
)

// Size of a chart, and its margins, in SVG units.
const (
	chartWidth, chartHeight            = 640, 300
	marginLeft, marginRight, marginTop = 64, 16, 16
	marginBottom                       = 48
)

// The colours, distinct for colour-blind readers (Okabe and Ito 2008).
const (
	blue, orange, green, grey, ink = "#0072b2", "#d55e00", "#009e73", "#8a8a8a", "#222222"
)

// chart is an SVG picture under way.
type chart struct {
	strings.Builder
	x0, x1, y0, y1 float64 // the ranges of the axes
}

func newChart(title string, x0, x1, y0, y1 float64) *chart {
	c := &chart{x0: x0, x1: x1, y0: y0, y1: y1}
	fmt.Fprintf(c, `<svg viewBox="0 0 %d %d" role="img" aria-label="%s">`, chartWidth, chartHeight, html.EscapeString(title))
	return c
}

func (c *chart) x(v float64) float64 {
	return marginLeft + (v-c.x0)/(c.x1-c.x0)*(chartWidth-marginLeft-marginRight)
}

func (c *chart) y(v float64) float64 {
	return chartHeight - marginBottom - (v-c.y0)/(c.y1-c.y0)*(chartHeight-marginTop-marginBottom)
}

// line draws a line between two points of the chart.
func (c *chart) line(xa, ya, xb, yb float64, style string) {
	fmt.Fprintf(c, `<line x1="%.2f" y1="%.2f" x2="%.2f" y2="%.2f" %s/>`, c.x(xa), c.y(ya), c.x(xb), c.y(yb), style)
}

// text writes at a place of the chart, moved by (dx, dy) units.
func (c *chart) text(x, y, dx, dy float64, anchor, colour, s string) {
	fmt.Fprintf(c, `<text x="%.2f" y="%.2f" text-anchor="%s" fill="%s">%s</text>`, c.x(x)+dx, c.y(y)+dy, anchor, colour, html.EscapeString(s))
}

// curve joins the values of f at evenly spaced places, where they are not below
// the chart.
func (c *chart) curve(f func(x float64) float64, from, to float64, points int, colour string) {
	var path strings.Builder
	for i := range points {
		x := from + (to-from)*float64(i)/float64(points-1)
		if y := f(x); y >= c.y0 {
			fmt.Fprintf(&path, "%.2f,%.2f ", c.x(x), c.y(min(y, c.y1)))
		}
	}
	fmt.Fprintf(c, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2.5"/>`, strings.TrimSpace(path.String()), colour)
}

// axes draws the frame, ticks and labels.
func (c *chart) axes(xLabel, yLabel string, xTicks, yTicks []tick) {
	for _, t := range xTicks {
		c.line(t.at, c.y0, t.at, c.y1, `stroke="#e4e4e4"`)
		c.text(t.at, c.y0, 0, 18, "middle", ink, t.label)
	}
	for _, t := range yTicks {
		c.line(c.x0, t.at, c.x1, t.at, `stroke="#e4e4e4"`)
		c.text(c.x0, t.at, -8, 4, "end", ink, t.label)
	}
	c.line(c.x0, c.y0, c.x1, c.y0, `stroke="`+ink+`"`)
	c.line(c.x0, c.y0, c.x0, c.y1, `stroke="`+ink+`"`)
	c.text((c.x0+c.x1)/2, c.y0, 0, 40, "middle", ink, xLabel)
	fmt.Fprintf(c, `<text transform="translate(16 %.2f) rotate(-90)" text-anchor="middle" fill="%s">%s</text>`, c.y((c.y0+c.y1)/2), ink, html.EscapeString(yLabel))
}

func (c *chart) done() template.HTML {
	c.WriteString("</svg>")
	return template.HTML(c.String()) // texts are escaped where they are written
}

// tick is a labelled place on an axis.
type tick struct {
	at    float64
	label string
}

// ticks returns about five round places between two numbers.
func ticks(from, to float64) []tick {
	step := math.Pow(10, math.Floor(math.Log10((to-from)/4)))
	for _, m := range []float64{5, 2} {
		if (to-from)/(step*m) >= 4 {
			step *= m
			break
		}
	}
	places := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	var out []tick
	for i := math.Ceil(from/step - 1e-9); i*step <= to+step*1e-9; i++ {
		out = append(out, tick{i * step, strconv.FormatFloat(i*step+0, 'f', places, 64)})
	}
	return out
}

// boundChart shows how probable so many hits would be for each value of the
// true probability, and where that meets alpha: the Clopper-Pearson bound.
func boundChart(l Level) template.HTML {
	found, bound := float64(l.Count)/float64(l.N), l.PA.Float64()
	reach := max(found-bound, 1e-6)
	from, to := max(bound-reach, 0), min(found+reach/2, 1)
	logAlpha := math.Log10(l.Alpha.Float64())
	lowest := math.Floor(logAlpha) - 2
	c := newChart("probability of so many hits against the true probability", from, to, lowest, 0)
	var decades []tick
	for e := lowest; e <= 0; e += max(1, math.Ceil(-lowest/6)) {
		decades = append(decades, tick{e, fmt.Sprintf("1e%.0f", e)})
	}
	if n := len(decades); decades[n-1].at == 0 {
		decades[n-1].label = "1"
	}
	c.axes("true probability of the class under noise", fmt.Sprintf("P[%d or more of %d]", l.Count, l.N), ticks(from, to), decades)
	c.line(from, logAlpha, to, logAlpha, `stroke="`+orange+`" stroke-dasharray="6 4" stroke-width="1.5"`)
	c.text(from, logAlpha, 8, 16, "start", orange, "alpha = "+l.Alpha.String())
	c.curve(func(p float64) float64 {
		tail := exact.BinomialUpperTail(l.Count, l.N, new(big.Rat).SetFloat64(p)).Float64()
		return math.Log10(max(tail, math.SmallestNonzeroFloat64))
	}, from, to, 61, blue)
	c.line(bound, lowest, bound, 0, `stroke="`+green+`" stroke-width="1.5"`)
	c.text(bound, 0, 6, 14, "start", green, "pA = "+exact.FloorDecimal(l.PA.Rat(), 6).String())
	c.line(found, lowest, found, 0, `stroke="`+grey+`" stroke-width="1.5"`)
	side, dx := "start", 6.0
	if c.x(found) > chartWidth-150 {
		side, dx = "end", -6
	}
	c.text(found, lowest, dx, -10, side, grey, "found "+strconv.FormatFloat(found, 'f', 4, 64))
	return c.done()
}

// radiusChart shows what the bound promises at a distance, and what the
// attacks met there.
func radiusChart(l Level, attacks []Attack) template.HTML {
	radius := l.Radius.Float64()
	reach := 1.5 * radius
	for _, a := range attacks {
		reach = max(reach, 1.05*a.Distance)
	}
	c := newChart("probability of the class against the distance", 0, reach, 0, 1)
	fmt.Fprintf(c, `<rect x="%.2f" y="%.2f" width="%.2f" height="%.2f" fill="%s" fill-opacity="0.1"/>`, c.x(0), c.y(1), c.x(radius)-c.x(0), c.y(0)-c.y(1), green)
	c.axes("L2 distance from the image (pixels in [0,1])", "probability of the class", ticks(0, reach), ticks(0, 1))
	c.line(0, 0.5, reach, 0.5, `stroke="`+orange+`" stroke-dasharray="6 4" stroke-width="1.5"`)
	c.curve(l.promise, 0, reach, 61, blue)
	c.line(radius, 0, radius, 1, `stroke="`+green+`" stroke-width="1.5"`)
	c.text(radius, 1, 6, 14, "start", green, "radius "+l.Radius.String())
	for _, a := range attacks {
		colour := green
		switch {
		case a.Fooled:
			colour = orange
		case a.Answer == smooth.NoClass:
			colour = grey
		}
		fmt.Fprintf(c, `<circle cx="%.2f" cy="%.2f" r="5" fill="%s" stroke="white"/>`, c.x(a.Distance), c.y(float64(a.Count)/float64(a.N)), colour)
	}
	return c.done()
}
