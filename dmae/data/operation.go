package data

import (
	"math"

	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/philox"
)

// operation is one operation of RandAugment. apply takes the strength, 0 to 10
// on the scales below, and the sign for operations that have one.
type operation struct {
	name   string
	weight int // thousandths, for weighted choice
	apply  func(s *scratch, im Image, r RandAugment, strength float64, negative bool) Image
}

// operations are those of RandAugment, in timm's order and with the values of
// timm's tables.
var operations = [15]operation{
	{"AutoContrast", 25, func(s *scratch, im Image, _ RandAugment, _ float64, _ bool) Image { return s.autoContrast(im) }},
	{"Equalize", 5, func(s *scratch, im Image, _ RandAugment, _ float64, _ bool) Image { return s.equalize(im) }},
	{"Invert", 0, func(s *scratch, im Image, _ RandAugment, _ float64, _ bool) Image { return s.invert(im) }},
	{"Rotate", 300, func(s *scratch, im Image, r RandAugment, v float64, negative bool) Image {
		return s.rotate(im, signed(v/10*30, negative), r.Fill[:])
	}},
	{"Posterize", 0, func(s *scratch, im Image, r RandAugment, v float64, _ bool) Image {
		return s.posterize(im, posterizeBits(v, r.Increasing))
	}},
	{"Solarize", 5, func(s *scratch, im Image, r RandAugment, v float64, _ bool) Image {
		return s.solarize(im, solarizeThreshold(v, r.Increasing))
	}},
	{"SolarizeAdd", 5, func(s *scratch, im Image, _ RandAugment, v float64, _ bool) Image {
		return s.solarizeAdd(im, int(v/10*110))
	}},
	{"Color", 25, func(s *scratch, im Image, r RandAugment, v float64, negative bool) Image {
		return s.saturation(im, enhanceFactor(v, r.Increasing, negative))
	}},
	{"Contrast", 5, func(s *scratch, im Image, r RandAugment, v float64, negative bool) Image {
		return s.contrast(im, enhanceFactor(v, r.Increasing, negative))
	}},
	{"Brightness", 5, func(s *scratch, im Image, r RandAugment, v float64, negative bool) Image {
		return s.brightness(im, enhanceFactor(v, r.Increasing, negative))
	}},
	{"Sharpness", 25, func(s *scratch, im Image, r RandAugment, v float64, negative bool) Image {
		return s.sharpness(im, enhanceFactor(v, r.Increasing, negative))
	}},
	{"ShearX", 200, func(s *scratch, im Image, r RandAugment, v float64, negative bool) Image {
		return s.warp(im, affine{1, signed(v/10*0.3, negative), 0, 0, 1, 0}, r.Fill[:])
	}},
	{"ShearY", 200, func(s *scratch, im Image, r RandAugment, v float64, negative bool) Image {
		return s.warp(im, affine{1, 0, 0, signed(v/10*0.3, negative), 1, 0}, r.Fill[:])
	}},
	{"TranslateXRel", 100, func(s *scratch, im Image, r RandAugment, v float64, negative bool) Image {
		return s.warp(im, affine{1, 0, float64(signed(v/10*0.45, negative) * float64(im.W)), 0, 1, 0}, r.Fill[:])
	}},
	{"TranslateYRel", 100, func(s *scratch, im Image, r RandAugment, v float64, negative bool) Image {
		return s.warp(im, affine{1, 0, 0, 0, 1, float64(signed(v/10*0.45, negative) * float64(im.H))}, r.Fill[:])
	}},
}

func signed(v float64, negative bool) float64 {
	if negative {
		return -v
	}
	return v
}

// posterizeBits is the number of bits that are kept: 0 to 4 with growing
// strength, or 4 to 0 in the increasing set.
func posterizeBits(v float64, increasing bool) int {
	bits := int(v / 10 * 4)
	if increasing {
		bits = 4 - bits
	}
	return max(bits, 0)
}

func solarizeThreshold(v float64, increasing bool) int {
	threshold := int(v / 10 * 256)
	if increasing {
		threshold = 256 - threshold
	}
	return max(threshold, 0)
}

// enhanceFactor is 0.1 to 1.9 with growing strength. In the increasing set it
// moves away from 1 in either direction, not below 0.1.
func enhanceFactor(v float64, increasing, negative bool) float64 {
	if !increasing {
		return float64(v/10*1.8) + 0.1
	}
	return max(0.1, 1+signed(float64(v/10*0.9), negative))
}

// rotate rotates an image around its centre. PIL copies the image if the angle
// is 0.
func (s *scratch) rotate(im Image, degrees float64, fill []byte) Image {
	if math.Mod(degrees, 360) == 0 {
		return im
	}
	return s.warp(im, rotation(degrees, im.H, im.W), fill)
}

// normal draws from the standard normal distribution.
func normal(g *philox.Gen) float64 {
	u, v := g.Float64(), g.Float64()
	x, _ := exact.BoxMuller(1, u, v)
	return x
}
