package data

import "github.com/godmae/godmae/philox"

// ColorJitter changes brightness, contrast and saturation, in an order that is
// random for each image, as torchvision's transform of that name does with
// PIL's images. Each is multiplied by a factor that is uniform in [max(0, 1-v),
// 1+v] for the field's v. Hue is left alone. It is a Step.
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
