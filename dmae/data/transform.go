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
	// apply transforms im with random numbers from g. The result is in s, or is
	// im.
	apply(im Image, g *philox.Gen, s *scratch) Image
	// size returns the size of the result for images of h x w pixels; 0 means
	// unknown.
	size(h, w int) (int, int)
}

// floatStep is a step that transforms the float32 pixels [c, h, w] after all
// others. Its apply returns the image unchanged.
type floatStep interface {
	Step
	applyFloat(pix []float32, c, h, w int, g *philox.Gen)
}

// scratch is the memory of the transforms of one goroutine.
type scratch struct {
	pix  [2][]byte // used alternately, so that a step can read the result of the last one
	turn int
	resampler
}

func (s *scratch) image(c, h, w int) Image {
	s.turn = 1 - s.turn
	s.pix[s.turn] = grow(s.pix[s.turn], c*h*w)
	return Image{C: c, H: h, W: w, Pix: s.pix[s.turn]}
}

// crop returns h rows from y and w columns from x of im. Pixels outside im are
// 0.
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

// resizeCrop does a resize and a central crop in one step. Without it, resizing
// an image of 10,000,000 x 1 pixels would take gigabytes.
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

// RandomResizedCrop crops a random box and resizes it, bicubic with
// antialiasing, to Size x Size pixels. The share of the area is uniform in
// Scale and the ratio of width to height log-uniform in Ratio. As in
// torchvision, the first of ten draws that fits is used, or else a box in the
// centre.
type RandomResizedCrop struct {
	Size         int
	Scale, Ratio [2]float64 // the zero Ratio means 3/4 to 4/3
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

// RandomCrop pads the image with Pad zero pixels on each side and crops a
// random box of the image's size.
type RandomCrop struct{ Pad int }

func (RandomCrop) size(h, w int) (int, int) { return h, w }

func (r RandomCrop) apply(im Image, g *philox.Gen, s *scratch) Image {
	y := g.Intn(2*r.Pad+1) - r.Pad
	x := g.Intn(2*r.Pad+1) - r.Pad
	return s.crop(im, y, x, im.H, im.W)
}

// Resize resizes the shorter side to Short pixels and keeps the aspect
// ratio; the longer side is rounded down. A small file can have any aspect
// ratio, so before a CenterCrop only the pixels that it keeps are computed.
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

// CenterCrop crops the central Size x Size pixels; an offset of half a pixel is
// rounded to even. Smaller images are padded with zeros first. If the number of
// added rows or columns is odd, the extra one follows the image, as in
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

// middle returns the first of the central size of n pixels. It is negative if n
// is less than size.
func middle(n, size int) int {
	if n < size {
		return -((size - n) / 2)
	}
	return int(math.RoundToEven(float64(n-size) / 2))
}

// Custom is a transform of another package. In a pipeline its random numbers
// have their own address, like those of other steps (see [AugmentAddr]), so
// that a run is the same with any number of workers.
type Custom struct {
	// Name identifies the transform with its settings. A training records it,
	// and resumes from a checkpoint only with the same name.
	Name string

	// Change changes the pixels of an image, which is a copy, in place, with
	// random numbers from g. It is called concurrently for different images.
	Change func(im Image, g *philox.Gen)
}

func (Custom) size(h, w int) (int, int) { return h, w }

func (c Custom) apply(im Image, g *philox.Gen, s *scratch) Image {
	out := s.image(im.C, im.H, im.W)
	copy(out.Pix, im.Pix)
	c.Change(out, g)
	return out
}
