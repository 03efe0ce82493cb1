package data

import "github.com/godmae/godmae/philox"

// Custom is a transform made elsewhere. In a pipeline it takes its place among
// the others; what it draws comes from its own address there (see
// [AugmentAddr]), so that a run is the same with any number of workers.
type Custom struct {
	// Name says what it does, its settings among it. A training records it, and
	// goes on from a checkpoint with the same one only.
	Name string

	// Change changes the pixels of an image in place, a copy that is its own, and
	// draws from g. Goroutines call it side by side, with an image each.
	Change func(im Image, g *philox.Gen)
}

func (Custom) size(h, w int) (int, int) { return h, w }

func (c Custom) apply(im Image, g *philox.Gen, s *scratch) Image {
	out := s.image(im.C, im.H, im.W)
	copy(out.Pix, im.Pix)
	c.Change(out, g)
	return out
}
