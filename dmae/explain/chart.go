package explain

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// Size of a chart, and its margins, in SVG units.
const (
	chartWidth, chartHeight            = 640, 300
	marginLeft, marginRight, marginTop = 64, 16, 16
	marginBottom                       = 48
)

// The colours are CSS properties of the page, which has a light and a dark set.
// Both are distinct for colour-blind readers (Okabe and Ito 2008).
const (
	blue, orange, green, grey, ink, grid = "var(--blue)", "var(--orange)", "var(--green)", "var(--grey)", "var(--ink)", "var(--grid)"
)

// seriesColours is the number of colours var(--s0), var(--s1), ... of curves.
const seriesColours = 7

// seriesStyle is the stroke of the i-th of many curves.
func seriesStyle(i int) string {
	style := fmt.Sprintf("stroke:var(--s%d)", i%seriesColours)
	if i >= seriesColours {
		style += ";stroke-dasharray:7 3"
	}
	return style
}

// chart is an SVG picture that is being drawn.
type chart struct {
	strings.Builder
	x0, x1, y0, y1 float64 // the ranges of the axes
}

// newChart starts a picture. The title describes it for screen readers.
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
	fmt.Fprintf(c, `<line x1="%.2f" y1="%.2f" x2="%.2f" y2="%.2f" style="%s"/>`, c.x(xa), c.y(ya), c.x(xb), c.y(yb), style)
}

// mark draws a straight line that marks a value.
func (c *chart) mark(xa, ya, xb, yb float64, colour string, dashed bool) {
	style := "stroke-width:1.5;stroke:" + colour
	if dashed {
		style += ";stroke-dasharray:6 4"
	}
	c.line(xa, ya, xb, yb, style)
}

// text writes at a point of the chart, moved by (dx, dy) units.
func (c *chart) text(x, y, dx, dy float64, anchor, colour, s string) {
	fmt.Fprintf(c, `<text x="%.2f" y="%.2f" text-anchor="%s" style="fill:%s">%s</text>`, c.x(x)+dx, c.y(y)+dy, anchor, colour, html.EscapeString(s))
}

// beside writes next to the vertical line at x, on the side with more room.
func (c *chart) beside(x, y, dy float64, colour, s string) {
	if c.x(x) > chartWidth-160 {
		c.text(x, y, -6, dy, "end", colour, s)
		return
	}
	c.text(x, y, 6, dy, "start", colour, s)
}

// dot marks a point.
func (c *chart) dot(x, y float64, colour string) {
	fmt.Fprintf(c, `<circle cx="%.2f" cy="%.2f" r="5" style="fill:%s;stroke:var(--paper)"/>`, c.x(x), c.y(y), colour)
}

// shade fills a part of the chart, from one x to another.
func (c *chart) shade(from, to float64, colour string) {
	fmt.Fprintf(c, `<rect x="%.2f" y="%.2f" width="%.2f" height="%.2f" style="fill:%s;fill-opacity:0.12"/>`, c.x(from), c.y(c.y1), c.x(to)-c.x(from), c.y(c.y0)-c.y(c.y1), colour)
}

// curve joins the values of f at evenly spaced points, without those below the
// chart.
func (c *chart) curve(f func(x float64) float64, from, to float64, points int, colour string) {
	var xs, ys []float64
	for i := range points {
		x := from + (to-from)*float64(i)/float64(points-1)
		if y := f(x); y >= c.y0 {
			xs, ys = append(xs, x), append(ys, y)
		}
	}
	c.path(xs, ys, "stroke:"+colour)
}

// path joins points; those above or below the chart are drawn at its edge.
func (c *chart) path(xs, ys []float64, style string) {
	var points strings.Builder
	for i, x := range xs {
		fmt.Fprintf(&points, "%.2f,%.2f ", c.x(x), c.y(min(max(ys[i], c.y0), c.y1)))
	}
	fmt.Fprintf(c, `<polyline points="%s" style="fill:none;stroke-width:2.5;%s"/>`, strings.TrimSpace(points.String()), style)
}

// axes draws the frame, ticks and labels.
func (c *chart) axes(xLabel, yLabel string, xTicks, yTicks []tick) {
	for _, t := range xTicks {
		c.line(t.at, c.y0, t.at, c.y1, "stroke:"+grid)
		c.text(t.at, c.y0, 0, 18, "middle", ink, t.label)
	}
	for _, t := range yTicks {
		c.line(c.x0, t.at, c.x1, t.at, "stroke:"+grid)
		c.text(c.x0, t.at, -8, 4, "end", ink, t.label)
	}
	c.line(c.x0, c.y0, c.x1, c.y0, "stroke:"+ink)
	c.line(c.x0, c.y0, c.x0, c.y1, "stroke:"+ink)
	c.text((c.x0+c.x1)/2, c.y0, 0, 40, "middle", ink, xLabel)
	fmt.Fprintf(c, `<text transform="translate(16 %.2f) rotate(-90)" text-anchor="middle" style="fill:%s">%s</text>`, c.y((c.y0+c.y1)/2), ink, html.EscapeString(yLabel))
}

func (c *chart) done() template.HTML {
	c.WriteString("</svg>")
	return template.HTML(c.String()) // texts were escaped when they were written
}

// tick is a labelled position on an axis.
type tick struct {
	at    float64
	label string
}

// ticks returns about five round numbers between two numbers.
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

// decades returns about six powers of ten on a logarithmic axis.
func decades(from, to float64) []tick {
	var out []tick
	step := max(1, math.Ceil((to-from)/6))
	for e := math.Ceil(from/step) * step; e <= to; e += step {
		label := fmt.Sprintf("1e%.0f", e)
		switch {
		case e == 0:
			label = "1"
		case e > 0 && e <= 4:
			label = strconv.FormatFloat(math.Pow(10, e), 'f', -1, 64)
		}
		out = append(out, tick{e, label})
	}
	return out
}

// magnitudes returns 1, 2, 5, 10, 20, ... on a logarithmic axis.
func magnitudes(from, to float64) []tick {
	var out []tick
	for e := math.Floor(from); e <= to; e++ {
		for _, m := range []float64{1, 2, 5} {
			v := m * math.Pow(10, e)
			if at := math.Log10(v); at >= from && at <= to {
				out = append(out, tick{at, strconv.FormatFloat(v, 'f', -1, 64)})
			}
		}
	}
	return out
}
