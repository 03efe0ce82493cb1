package data

import (
	"fmt"
	"math"

	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/philox"
)

// EraseMode is the kind of values that RandomErasing writes.
type EraseMode string

// The modes, by timm's names.
const (
	EraseConst EraseMode = "const" // the mean colour
	EraseRand  EraseMode = "rand"  // one random colour for each box
	ErasePixel EraseMode = "pixel" // a random colour for each pixel
)

// RandomErasing replaces boxes of an image (Zhong et al. 2020) with probability
// Prob, before any noise is added. Random colours are mean + std * normal in
// each channel, so they are standard normal after the model's normalisation,
// and may lie outside [0,1]. The boxes together have 2% to a third of the area,
// in equal shares. The ratio of height to width is log-uniform in 0.3 to 1/0.3.
// The first of ten draws that fits is used. It is a Step.
type RandomErasing struct {
	Prob      float64
	Mode      EraseMode
	Count     int       // boxes; 0 means 1
	Mean, Std []float64 // per channel, of pixels in [0,1]
}

// Validate names the first value that cannot be used for images of c channels.
func (r RandomErasing) Validate(c int) error {
	switch {
	case !(r.Prob >= 0 && r.Prob <= 1):
		return fmt.Errorf("random erasing with probability %v is not possible: give a number from 0 to 1", r.Prob)
	case r.Mode != EraseConst && r.Mode != EraseRand && r.Mode != ErasePixel:
		return fmt.Errorf("random erasing has no mode %q: %s, %s or %s", r.Mode, EraseConst, EraseRand, ErasePixel)
	case r.Count < 0 || r.Count > 100:
		return fmt.Errorf("random erasing of %d boxes is not possible: give 1 to 100", r.Count)
	case len(r.Mean) != c || len(r.Std) != c:
		return fmt.Errorf("random erasing has %d means and %d standard deviations for images of %d channels", len(r.Mean), len(r.Std), c)
	}
	return nil
}

func (RandomErasing) size(h, w int) (int, int) { return h, w }

func (RandomErasing) apply(im Image, _ *philox.Gen, _ *scratch) Image { return im }

func (r RandomErasing) applyFloat(pix []float32, c, h, w int, g *philox.Gen) {
	if g.Float64() >= r.Prob {
		return
	}
	for range max(r.Count, 1) {
		y, x, bh, bw := r.box(h, w, g)
		r.fill(pix, c, h, w, y, x, bh, bw, g)
	}
}

// box draws a box in an image of h x w pixels. The box is empty if no draw
// fits.
func (r RandomErasing) box(h, w int, g *philox.Gen) (y, x, bh, bw int) {
	logWide := -float64(exact.Log32(0.3))
	for range 10 {
		area := float64(between(g, 0.02, 1.0/3)*float64(h*w)) / float64(max(r.Count, 1))
		ratio := float64(exact.Exp32(float32(between(g, -logWide, logWide))))
		bh = int(math.RoundToEven(math.Sqrt(area * ratio)))
		bw = int(math.RoundToEven(math.Sqrt(area / ratio)))
		if bh < h && bw < w {
			return g.Intn(h - bh + 1), g.Intn(w - bw + 1), bh, bw
		}
	}
	return 0, 0, 0, 0
}

func (r RandomErasing) fill(pix []float32, c, h, w, y, x, bh, bw int, g *philox.Gen) {
	colour := func(ch int) float32 {
		v := r.Mean[ch]
		if r.Mode != EraseConst {
			v += float64(r.Std[ch] * normal(g))
		}
		return float32(v)
	}
	for ch := range c {
		v := colour(ch)
		for row := y; row < y+bh; row++ {
			at := (ch*h+row)*w + x
			for i := range pix[at : at+bw] {
				pix[at+i] = v
				if r.Mode == ErasePixel {
					v = colour(ch)
				}
			}
		}
	}
}
