package data

import (
	"fmt"
	"slices"

	"github.com/godmae/godmae/philox"
)

// Pipeline is a list of steps from the stored 8-bit pixels to the float32
// pixels in [0,1] that are the input of a model. The empty pipeline only
// converts. RandomErasing works on the float32 pixels. So it is applied
// after all other steps, wherever it is in the list, and its pixels may lie
// outside [0,1].
type Pipeline []Step

// EvalPipeline is the evaluation transform of ImageNet: the shorter side to
// size/0.875 pixels (to size above 224), then the central size x size pixels.
// Images that all have this size are evaluated with the empty pipeline unless
// resizing is requested; see Preprocessed.
func EvalPipeline(size int) Pipeline {
	short := size
	if size <= 224 {
		short = size * 8 / 7
	}
	return Pipeline{Resize{Short: short}, CenterCrop{Size: size}}
}

// Size returns the size of the result for images of h x w pixels. 0 means
// unknown, in arguments and results.
func (p Pipeline) Size(h, w int) (int, int) {
	for _, s := range p {
		h, w = s.size(h, w)
	}
	return h, w
}

// unit[v] is v/255, correctly rounded.
var unit = func() (t [256]float32) {
	for i := range t {
		t[i] = float32(i) / 255
	}
	return t
}()

// worker applies a pipeline; each goroutine has its own.
type worker struct {
	steps   Pipeline
	scratch scratch
	gen     philox.Gen
}

// AugmentAddr is the address of the random numbers that transform a sample.
// Copy becomes the position of the step in the pipeline.
func AugmentAddr(seed uint64, sample, epoch uint32) philox.Addr {
	return philox.Addr{Seed: seed, Stream: philox.Augment, A: sample, B: epoch}
}

// Apply transforms an image into dst, [C, H, W]. All random numbers are those
// at the address; see AugmentAddr. It is an error if the result does not have
// dst's size.
func (p Pipeline) Apply(dst []float32, im Image, a philox.Addr) error {
	return (&worker{steps: p}).apply(dst, im, a)
}

// ApplyBytes transforms an image into dst, [C, H, W], like Apply but without
// the division by 255. Integer noise is added to the resulting 8-bit integers.
// It is an error if the result does not have dst's size, or if a step does not
// work on integers.
func (p Pipeline) ApplyBytes(dst []byte, im Image, a philox.Addr) error {
	for _, s := range p {
		if _, ok := s.(floatStep); ok {
			return fmt.Errorf("the transform %T changes float pixels, so there is no 8-bit image for integer noise: leave it out", s)
		}
	}
	return (&worker{steps: p}).applyBytes(dst, im, a)
}

// Integers reports whether the result is an image of 8-bit integers, before the
// division by 255: whether ApplyBytes gives it.
func (p Pipeline) Integers() bool {
	return !slices.ContainsFunc(p, func(s Step) bool { _, ok := s.(floatStep); return ok })
}

// applyBytes is ApplyBytes of a pipeline that gives integers.
func (w *worker) applyBytes(dst []byte, im Image, a philox.Addr) error {
	im, err := w.transform(len(dst), im, a)
	copy(dst, im.Pix)
	return err
}

func (w *worker) apply(dst []float32, im Image, a philox.Addr) error {
	im, err := w.transform(len(dst), im, a)
	if err != nil {
		return err
	}
	for i, v := range im.Pix {
		dst[i] = unit[v]
	}
	for i, s := range w.steps {
		if s, ok := s.(floatStep); ok {
			a.Copy = uint16(i)
			w.gen = *philox.NewGen(a)
			s.applyFloat(dst, im.C, im.H, im.W, &w.gen)
		}
	}
	return nil
}

// transform applies the steps to 8-bit pixels. The result must have the given
// number of pixels.
func (w *worker) transform(pixels int, im Image, a philox.Addr) (Image, error) {
	if im.H*im.W >= large {
		largeOnes.Lock()
		defer largeOnes.Unlock()
		defer func() { w.scratch = scratch{} }() // release its memory
	}
	for i := 0; i < len(w.steps); i++ {
		if i+1 < len(w.steps) { // neither draws random numbers
			resize, ok := w.steps[i].(Resize)
			if crop, cropped := w.steps[i+1].(CenterCrop); ok && cropped {
				im = w.scratch.resizeCrop(im, resize, crop)
				i++
				continue
			}
		}
		a.Copy = uint16(i)
		w.gen = *philox.NewGen(a)
		im = w.steps[i].apply(im, &w.gen, &w.scratch)
	}
	if len(im.Pix) != pixels {
		return Image{}, fmt.Errorf("an image has %d channels of %dx%d pixels after its transforms, but %d numbers are needed: crop or resize all images to one size", im.C, im.H, im.W, pixels)
	}
	return im, nil
}
