package explain

import (
	"bytes"
	"encoding/base64"
	"html/template"
	"image"
	"image/color"
	"image/png"
	"math"
	"strconv"
)

// picture is an image of the page: a PNG as a data URI.
type picture struct {
	URI           template.URL
	Width, Height int
}

// picture draws pixels [C, h, w], clipped to [0,1].
func (e *explainer) picture(x []float32) picture {
	return e.draw(func(i int) float64 { return float64(x[i]) })
}

// difference draws y - x around grey, scaled so that the largest change is
// black or white.
func (e *explainer) difference(x, y []float32) picture {
	most := 0.0
	for i := range x {
		most = max(most, math.Abs(float64(y[i])-float64(x[i])))
	}
	if most == 0 {
		most = 1
	}
	return e.draw(func(i int) float64 { return 0.5 + 0.5*(float64(y[i])-float64(x[i]))/most })
}

func (e *explainer) draw(at func(i int) float64) picture {
	channels, side := e.model.Input()
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	plane := side * side
	for i := range plane {
		var v [3]uint8
		for k := range v {
			v[k] = uint8(math.Round(255 * min(max(at(i+min(k, channels-1)*plane), 0), 1)))
		}
		img.SetRGBA(i%side, i/side, color.RGBA{v[0], v[1], v[2], 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err) // cannot fail: it writes to memory, and the size is valid
	}
	return picture{template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())), side, side}
}

func formatFixed(v float64, places int) string { return strconv.FormatFloat(v, 'f', places, 64) }
