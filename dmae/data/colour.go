package data

import "math"

// Operations on the values of 8-bit pixels as PIL does them (ImageOps and
// ImageEnhance). All of them write into s or return im.

// lookUp replaces every value by that of its channel's table.
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

// same looks up one function of the value in all channels.
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

// equalize makes the histogram of each channel as even as a function of the
// value can.
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

// posterize keeps the upper bits of every value; 8 and more keep it.
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

// blend goes from a value without an effect's property, at factor 0, to the
// value itself, at 1, and beyond; in float32, the fraction cut off.
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

// sharpness blends with the image smoothed by a 3x3 kernel of ones around a
// five. The smooth image keeps the pixels of the edge.
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
				// To the nearest integer: a thirteenth is never half way between two.
				smooth := byte((2*sum + 13) / 26)
				out.Pix[at+x] = blend(smooth, row[x], float32(factor))
			}
		}
	}
	return out
}
