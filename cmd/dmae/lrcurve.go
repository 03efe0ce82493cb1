package main

import (
	"fmt"
	"image/color"
	"io"
	"os"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/godmae/godmae/dmae/train"
	"github.com/godmae/godmae/internal/atomicfile"
)

// sketch draws a learning-rate curve with characters, in width columns and
// height rows, and labels its axes.
func sketch(curve []train.Rate, width, height int) []string {
	if len(curve) == 0 {
		return nil
	}
	top := 0.0
	for _, r := range curve {
		top = max(top, r.LR)
	}
	rows := make([][]byte, height)
	for i := range rows {
		rows[i] = []byte(strings.Repeat(" ", width))
	}
	for x := range width {
		lr := curve[x*(len(curve)-1)/max(width-1, 1)].LR
		y := 0
		if top > 0 {
			y = min(int(lr/top*float64(height)), height-1)
		}
		rows[height-1-y][x] = '*'
	}
	lines := make([]string, 0, height+2)
	for i, row := range rows {
		label := ""
		switch i {
		case 0:
			label = fmt.Sprintf("%.3g", top)
		case height - 1:
			label = "0"
		}
		lines = append(lines, fmt.Sprintf("%9s |%s", label, strings.TrimRight(string(row), " ")))
	}
	last := curve[len(curve)-1]
	end := fmt.Sprintf("step %d, epoch %.0f", last.Step+1, last.Epoch)
	lines = append(lines, strings.Repeat(" ", 10)+"+"+strings.Repeat("-", width))
	return append(lines, strings.Repeat(" ", 11)+"0"+fmt.Sprintf("%*s", width-1, end))
}

// drawRates writes a learning-rate curve as a PNG or SVG picture.
func drawRates(path string, curve []train.Rate) error {
	format := strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), ".")
	if format != "png" && format != "svg" {
		return misused("--lr-curve %s cannot be drawn: the name must end in .png or .svg", path)
	}
	p := plot.New()
	p.Title.Text = "learning rate"
	p.X.Label.Text = "epoch"
	p.Y.Min = 0
	points := make(plotter.XYs, len(curve))
	for i, r := range curve {
		points[i] = plotter.XY{X: r.Epoch, Y: r.LR}
	}
	line, err := plotter.NewLine(points)
	if err != nil {
		return fmt.Errorf("cannot draw the learning rates: %w", err)
	}
	line.Width = vg.Points(1.8)
	line.Color = color.RGBA{31, 119, 180, 255}
	p.Add(plotter.NewGrid(), line)
	picture, err := p.WriterTo(16*vg.Centimeter, 9*vg.Centimeter, format)
	if err != nil {
		return fmt.Errorf("cannot draw the learning rates: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return fmt.Errorf("cannot make the folder for the learning rates: %w", err)
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		_, err := picture.WriteTo(w)
		return err
	})
}
