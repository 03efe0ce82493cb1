package data

import (
	"math"

	"github.com/godmae/godmae/philox"
)

// Operations on the values of 8-bit pixels as in PIL (ImageOps and
// ImageEnhance). All of them write into s or return im.

// lookUp maps every value by the table of its channel.
func (s *scratch) lookUp(im Image, table func(channel []byte) *[256]byte) Image {
	out := s.image(im.C, im.H, im.W)
	n := im.H * im.W
	for c := range im.C {
		t := table(im.Pix[c*n : (c+1)*n])
		to := out.Pix[c*n : (c+1)*n]
		for i, v := range im.Pix[c*n : (c+1)*n] {
			to[i] = t[v]
		}
	}
	return out
}

// same applies one function to the values of all channels.
func (s *scratch) same(im Image, f func(v int) int) Image {
	var t [256]byte
	for v := range t {
		t[v] = byte(min(max(f(v), 0), 255))
	}
	return s.lookUp(im, func([]byte) *[256]byte { return &t })
}

func histogram(pix []byte) (h [256]int) {
	for _, v := range pix {
		h[v]++
	}
	return h
}

// autoContrast stretches each channel to 0..255.
func (s *scratch) autoContrast(im Image) Image {
	return s.lookUp(im, func(channel []byte) *[256]byte {
		h := histogram(channel)
		lo, hi := 0, 255
		for lo < 256 && h[lo] == 0 {
			lo++
		}
		for hi >= 0 && h[hi] == 0 {
			hi--
		}
		var t [256]byte
		scale := 255 / float64(hi-lo)
		offset := float64(float64(-lo) * scale)
		for v := range t {
			t[v] = byte(v)
			if hi > lo {
				t[v] = byte(min(max(int(float64(float64(v)*scale)+offset), 0), 255))
			}
		}
		return &t
	})
}

// equalize equalizes the histogram of each channel.
func (s *scratch) equalize(im Image) Image {
	return s.lookUp(im, func(channel []byte) *[256]byte {
		h := histogram(channel)
		last := 255
		for last > 0 && h[last] == 0 {
			last--
		}
		step := (len(channel) - h[last]) / 255
		var t [256]byte
		sum := step / 2
		for v := range t {
			t[v] = byte(v)
			if step > 0 {
				t[v] = byte(min(sum/step, 255))
			}
			sum += h[v]
		}
		return &t
	})
}

// posterize keeps the upper bits of every value; with 8 or more it keeps the
// value.
func (s *scratch) posterize(im Image, bits int) Image {
	if bits >= 8 {
		return im
	}
	return s.same(im, func(v int) int { return v &^ (1<<(8-bits) - 1) })
}

// solarize inverts values from a threshold on.
func (s *scratch) solarize(im Image, threshold int) Image {
	return s.same(im, func(v int) int {
		if v < threshold {
			return v
		}
		return 255 - v
	})
}

// solarizeAdd brightens the darker half of the values.
func (s *scratch) solarizeAdd(im Image, add int) Image {
	return s.same(im, func(v int) int {
		if v < 128 {
			return v + add
		}
		return v
	})
}

func (s *scratch) invert(im Image) Image {
	return s.same(im, func(v int) int { return 255 - v })
}

// luma is ITU-R 601-2 with PIL's rounding.
func luma(r, g, b byte) byte {
	return byte((uint32(r)*19595 + uint32(g)*38470 + uint32(b)*7471 + 1<<15) >> 16)
}

// blend interpolates between the value without an effect, at factor 0, and the
// value itself, at 1, and extrapolates beyond. It uses float32 and cuts off the
// fraction.
func blend(without, v byte, factor float32) byte {
	r := float32(without) + float32(factor*float32(int(v)-int(without)))
	switch {
	case r <= 0:
		return 0
	case r >= 255:
		return 255
	}
	return byte(r)
}

// brightness blends with black.
func (s *scratch) brightness(im Image, factor float64) Image {
	return s.same(im, func(v int) int { return int(blend(0, byte(v), float32(factor))) })
}

// contrast blends with the mean grey of the image.
func (s *scratch) contrast(im Image, factor float64) Image {
	n := im.H * im.W
	var sum uint64
	for p := range n {
		sum += uint64(im.grey(p))
	}
	mean := byte(math.Floor(float64(sum)/float64(n) + 0.5))
	return s.same(im, func(v int) int { return int(blend(mean, byte(v), float32(factor))) })
}

// grey returns the luma of pixel p.
func (im Image) grey(p int) byte {
	if im.C == 1 {
		return im.Pix[p]
	}
	n := im.H * im.W
	return luma(im.Pix[p], im.Pix[n+p], im.Pix[2*n+p])
}

// saturation blends with the grey image.
func (s *scratch) saturation(im Image, factor float64) Image {
	if im.C == 1 {
		return im
	}
	out := s.image(im.C, im.H, im.W)
	n := im.H * im.W
	for p := range n {
		grey := im.grey(p)
		for c := range im.C {
			out.Pix[c*n+p] = blend(grey, im.Pix[c*n+p], float32(factor))
		}
	}
	return out
}

// sharpness blends with the image smoothed by a 3x3 kernel that is 5 in the
// centre and 1 elsewhere. The smooth image keeps the pixels at the edge.
func (s *scratch) sharpness(im Image, factor float64) Image {
	out := s.image(im.C, im.H, im.W)
	copy(out.Pix, im.Pix)
	w := im.W
	for c := range im.C {
		for y := 1; y < im.H-1; y++ {
			at := (c*im.H + y) * w
			above, row, below := im.Pix[at-w:at], im.Pix[at:at+w], im.Pix[at+w:at+2*w]
			for x := 1; x < w-1; x++ {
				sum := int(above[x-1]) + int(above[x]) + int(above[x+1]) +
					int(row[x-1]) + 5*int(row[x]) + int(row[x+1]) +
					int(below[x-1]) + int(below[x]) + int(below[x+1])
				// Rounded to the nearest integer. There are no ties in
				// thirteenths.
				smooth := byte((2*sum + 13) / 26)
				out.Pix[at+x] = blend(smooth, row[x], float32(factor))
			}
		}
	}
	return out
}

// ColorJitter changes brightness, contrast and saturation, in a random order
// for each image, like torchvision's ColorJitter on PIL images. Each is
// multiplied by a factor that is uniform in [max(0, 1-v), 1+v] for the value v
// of its field. Hue does not change. It is a Step.
type ColorJitter struct{ Brightness, Contrast, Saturation float64 }

func (ColorJitter) size(h, w int) (int, int) { return h, w }

// apply draws the order first and then all three factors.
func (j ColorJitter) apply(im Image, g *philox.Gen, s *scratch) Image {
	order := [3]int{0, 1, 2}
	for i := len(order) - 1; i > 0; i-- {
		k := g.Intn(i + 1)
		order[i], order[k] = order[k], order[i]
	}
	var factor [3]float64
	for i, v := range [3]float64{j.Brightness, j.Contrast, j.Saturation} {
		factor[i] = between(g, max(0, 1-v), 1+v)
	}
	for _, what := range order {
		switch f := factor[what]; what {
		case 0:
			im = s.brightness(im, f)
		case 1:
			im = s.contrast(im, f)
		case 2:
			im = s.saturation(im, f)
		}
	}
	return im
}
