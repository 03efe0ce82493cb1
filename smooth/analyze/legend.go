package analyze

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// legend draws the names of the runs in the upper right corner of the data
// area, on a white background that covers the curves. The library's legend
// is in a corner of the whole picture with the axis labels, so that it
// crosses the border of the data area.
type legend struct {
	plot.Legend
	names  []string
	thumbs [][]plot.Thumbnailer
}

// maxLegendRunes limits the length of a name in the legend.
const maxLegendRunes = 36

func newLegend(style plot.Legend) *legend {
	l := &legend{Legend: style}
	l.Top, l.Left = true, true
	l.Padding = vg.Points(3)
	l.TextStyle.Font.Size = vg.Points(9)
	l.ThumbnailWidth = vg.Points(22)
	return l
}

func (l *legend) add(name string, thumbs ...plot.Thumbnailer) {
	if r := []rune(name); len(r) > maxLegendRunes {
		name = string(r[:maxLegendRunes-1]) + "…"
	}
	l.names = append(l.names, name)
	l.thumbs = append(l.thumbs, thumbs)
	l.Add(name, thumbs...)
}

// Plot draws the legend; the canvas is the data area.
func (l *legend) Plot(c draw.Canvas, _ *plot.Plot) {
	const inset = vg.Length(6)
	var widest, tallest vg.Length
	for _, name := range l.names {
		r := l.TextStyle.Rectangle(name)
		widest, tallest = max(widest, r.Max.X), max(tallest, r.Max.Y)
	}
	rows := vg.Length(len(l.names))
	size := vg.Point{
		X: l.ThumbnailWidth + l.TextStyle.Rectangle(" ").Max.X + widest + 2*inset,
		Y: rows*tallest + (rows-1)*l.Padding + 2*inset,
	}
	plate := vg.Rectangle{Min: vg.Point{X: c.Max.X - size.X - inset, Y: c.Max.Y - size.Y - inset}, Max: vg.Point{X: c.Max.X - inset, Y: c.Max.Y - inset}}
	var path vg.Path
	path.Move(plate.Min)
	path.Line(vg.Point{X: plate.Max.X, Y: plate.Min.Y})
	path.Line(plate.Max)
	path.Line(vg.Point{X: plate.Min.X, Y: plate.Max.Y})
	path.Close()
	c.SetColor(color.NRGBA{255, 255, 255, uint8(math.Round(0.85 * 255))})
	c.Fill(path)
	inner := c
	inner.Rectangle = vg.Rectangle{
		Min: vg.Point{X: plate.Min.X + inset, Y: plate.Min.Y + inset},
		Max: vg.Point{X: plate.Max.X - inset, Y: plate.Max.Y - inset},
	}
	l.Legend.Draw(inner)
}
