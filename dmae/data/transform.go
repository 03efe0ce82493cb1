package data

import (
	"math"

	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/philox"
)

// Step is one transform of 8-bit pixels: RandomResizedCrop, RandomCrop,
// RandomFlip, ColorJitter, RandAugment, Resize, CenterCrop or, of your own,
// Custom; or, after them, RandomErasing.
type Step interface {
	// apply transforms im, drawing from g; the result lies in s, or is im.
	apply(im Image, g *philox.Gen, s *scratch) Image
	// size returns the size of the result for images of h x w pixels; 0 stands
	// for unknown.
	size(h, w int) (int, int)
}

// floatStep is a step that transforms the float32 pixels [c, h, w] after all
// others; its apply returns the image as it is.
type floatStep interface {
	Step
	applyFloat(pix []float32, c, h, w int, g *philox.Gen)
}

// scratch is the memory of the transforms of one goroutine.
type scratch struct {
	pix  [2][]byte // used in turn, so that a step can read what the last one wrote
	turn int
	resampler
}

func (s *scratch) image(c, h, w int) Image {
	s.turn = 1 - s.turn
	s.pix[s.turn] = grow(s.pix[s.turn], c*h*w)
	return Image{C: c, H: h, W: w, Pix: s.pix[s.turn]}
}

// crop returns rows y.. and columns x.. of im; what lies outside im is 0.
func (s *scratch) crop(im Image, y, x, h, w int) Image {
	if y == 0 && x == 0 && h == im.H && w == im.W {
		return im
	}
	out := s.image(im.C, h, w)
	if y < 0 || x < 0 || y+h > im.H || x+w > im.W {
		clear(out.Pix)
	}
	left, right := max(0, -x), min(w, im.W-x)
	if left >= right {
		return out
	}
	for c := range im.C {
		for r := max(0, -y); r < min(h, im.H-y); r++ {
			from := (c*im.H+y+r)*im.W + x
			to := (c*h + r) * w
			copy(out.Pix[to+left:to+right], im.Pix[from+left:from+right])
		}
	}
	return out
}

func (s *scratch) resize(im Image, h, w int) Image {
	if h == im.H && w == im.W {
		return im
	}
	out := s.image(im.C, h, w)
	s.resampler.resize(out.Pix, im, h, w, window{0, 0, h, w})
	return out
}

// resizeCrop does a resize and then a crop from the middle at once: of a
// picture of 10,000,000 x 1 pixels the resized one would take gigabytes.
func (s *scratch) resizeCrop(im Image, r Resize, c CenterCrop) Image {
	h, w := r.size(im.H, im.W)
	y, x := c.corner(h, w)
	if h == im.H && w == im.W || y < 0 || x < 0 {
		return s.crop(s.resize(im, h, w), y, x, c.Size, c.Size)
	}
	out := s.image(im.C, c.Size, c.Size)
	s.resampler.resize(out.Pix, im, h, w, window{y, x, c.Size, c.Size})
	return out
}

// RandomFlip mirrors left and right with probability 1/2.
type RandomFlip struct{}

func (RandomFlip) size(h, w int) (int, int) { return h, w }

func (RandomFlip) apply(im Image, g *philox.Gen, s *scratch) Image {
	if g.Uint32()>>31 == 0 {
		return im
	}
	out := s.image(im.C, im.H, im.W)
	for r := 0; r < len(im.Pix); r += im.W {
		row := im.Pix[r : r+im.W]
		for x, v := range row {
			out.Pix[r+im.W-1-x] = v
		}
	}
	return out
}

// RandomResizedCrop cuts a random box and resizes it, bicubic with
// antialiasing, to Size x Size pixels. The box covers a share of the area
// uniform in Scale, with a ratio of width to height log-uniform in Ratio, as in
// torchvision: of ten draws the first that fits, else a box in the middle.
type RandomResizedCrop struct {
	Size         int
	Scale, Ratio [2]float64 // the zero Ratio stands for 3/4 to 4/3
}

func (r RandomResizedCrop) size(int, int) (int, int) { return r.Size, r.Size }

func (r RandomResizedCrop) apply(im Image, g *philox.Gen, s *scratch) Image {
	y, x, h, w := r.box(im.H, im.W, g)
	return s.resize(s.crop(im, y, x, h, w), r.Size, r.Size)
}

// box draws the crop for an image of H x W pixels.
func (r RandomResizedCrop) box(H, W int, g *philox.Gen) (y, x, h, w int) {
	narrow, wide := r.Ratio[0], r.Ratio[1]
	if r.Ratio == [2]float64{} {
		narrow, wide = 3.0/4, 4.0/3
	}
	logNarrow, logWide := float64(exact.Log32(float32(narrow))), float64(exact.Log32(float32(wide)))
	for range 10 {
		area := float64(float64(H*W) * between(g, r.Scale[0], r.Scale[1]))
		ratio := float64(exact.Exp32(float32(between(g, logNarrow, logWide))))
		w := int(math.RoundToEven(math.Sqrt(area * ratio)))
		h := int(math.RoundToEven(math.Sqrt(area / ratio)))
		if w > 0 && w <= W && h > 0 && h <= H {
			return g.Intn(H - h + 1), g.Intn(W - w + 1), h, w
		}
	}
	w, h = W, H
	switch in := float64(W) / float64(H); {
	case in < narrow:
		h = min(H, int(math.RoundToEven(float64(W)/narrow)))
	case in > wide:
		w = min(W, int(math.RoundToEven(float64(H)*wide)))
	}
	return (H - h) / 2, (W - w) / 2, h, w
}

// between draws uniformly from lo to hi.
func between(g *philox.Gen, lo, hi float64) float64 { return lo + float64(g.Float64()*(hi-lo)) }

// RandomCrop surrounds the image with Pad zero pixels and cuts a random box of
// the image's own size.
type RandomCrop struct{ Pad int }

func (RandomCrop) size(h, w int) (int, int) { return h, w }

func (r RandomCrop) apply(im Image, g *philox.Gen, s *scratch) Image {
	y := g.Intn(2*r.Pad+1) - r.Pad
	x := g.Intn(2*r.Pad+1) - r.Pad
	return s.crop(im, y, x, im.H, im.W)
}

// Resize brings the shorter side to Short pixels and keeps the proportions;
// the longer side is rounded down. A picture of a few bytes can be of any
// proportions: before a CenterCrop, only what that keeps is computed.
type Resize struct{ Short int }

func (r Resize) size(h, w int) (int, int) {
	switch {
	case h == 0 || w == 0:
		return 0, 0
	case h <= w:
		return r.Short, r.Short * w / h
	}
	return r.Short * h / w, r.Short
}

func (r Resize) apply(im Image, _ *philox.Gen, s *scratch) Image {
	h, w := r.size(im.H, im.W)
	return s.resize(im, h, w)
}

// CenterCrop cuts Size x Size pixels out of the middle; an offset of half a
// pixel is rounded to even. Smaller images are surrounded with zeros first; of an
// odd number of rows or columns the one more comes after the image, as in
// torchvision.
type CenterCrop struct{ Size int }

func (c CenterCrop) size(int, int) (int, int) { return c.Size, c.Size }

// corner returns the first row and column of the crop of an h x w image.
func (c CenterCrop) corner(h, w int) (y, x int) {
	return middle(h, c.Size), middle(w, c.Size)
}

func (c CenterCrop) apply(im Image, _ *philox.Gen, s *scratch) Image {
	y, x := c.corner(im.H, im.W)
	return s.crop(im, y, x, c.Size, c.Size)
}

// middle returns where the middle size of n pixels begin, below 0 for fewer.
func middle(n, size int) int {
	if n < size {
		return -((size - n) / 2)
	}
	return int(math.RoundToEven(float64(n-size) / 2))
}
