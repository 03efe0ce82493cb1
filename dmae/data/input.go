package data

import (
	"fmt"

	"github.com/godmae/godmae/philox"
)

// Input is the shape of the images at which noise is added for a model,
// [Channels, Size, Size]. Its methods bring the images of a data set to this
// shape, in the same way for evaluation and for certification.
type Input struct{ Channels, Size int }

// NewInput returns the shape for the results of a model's method Input.
func NewInput(channels, size int) Input { return Input{channels, size} }

// Elems returns the number of values of an image.
func (in Input) Elems() int { return in.Channels * in.Size * in.Size }

// Pipeline returns the transform between the stored images of ds and the model's:
// the empty one if all images have exactly its size, else resizing and a central
// crop for all of them. All images of a resized view by Preprocessed are resized.
func (in Input) Pipeline(ds Dataset) Pipeline {
	if _, h, w := ds.Shape(); h == in.Size && w == in.Size {
		return nil
	}
	return EvalPipeline(in.Size)
}

// Describe describes the processing before the model in words: the decoding of
// image files, and Pipeline. With integers it is the processing before noise
// that is added to 8-bit pixels. Checkpoints and certificates record it.
func (in Input) Describe(ds Dataset, integers bool) string {
	text, stored := "", len(in.Pipeline(ds)) == 0
	if FromFiles(ds) {
		text = Decoding + ", "
	}
	switch {
	case integers && stored:
		text += "8-bit pixels as stored"
	case integers:
		text += fmt.Sprintf("8-bit pixels, short side resized for %[1]d pixels and rounded to 8 bits, middle %[1]dx%[1]d", in.Size)
	case stored:
		text += "x/255"
	default:
		text += fmt.Sprintf("short side resized for %[1]d pixels, middle %[1]dx%[1]d, x/255", in.Size)
	}
	return text
}

// Recognise returns the preprocessing of ds in a text by Describe:
// PreprocessResize if only that gives the text, else PreprocessAuto.
func (in Input) Recognise(text string, ds Dataset, integers bool) Preprocess {
	resized, err := Preprocessed(ds, PreprocessResize, in.Size)
	if err == nil && in.Describe(ds, integers) != text && in.Describe(resized, integers) == text {
		return PreprocessResize
	}
	return PreprocessAuto
}

// Pixels writes image i of ds, [C, h, w] in [0,1]. The error is a *CorruptError
// if the image cannot be used and is to be left out.
func (in Input) Pixels(ds Dataset, i int, dst []float32) error {
	im, err := in.image(ds, i)
	if err != nil {
		return err
	}
	return in.Pipeline(ds).Apply(dst, im, philox.Addr{})
}

// Bytes writes the same image before the division by 255: 8-bit integers, [C,
// h, w].
func (in Input) Bytes(ds Dataset, i int, dst []byte) error {
	im, err := in.image(ds, i)
	if err != nil {
		return err
	}
	return in.Pipeline(ds).ApplyBytes(dst, im, philox.Addr{})
}

// ReadImage reads an image file as 8-bit pixels [C, h, w]. It uses o.MaxPixels
// only; how is as in Preprocessed.
func (in Input) ReadImage(path string, o Options, how Preprocess) ([]byte, error) {
	o.Channels = in.Channels
	one, err := OpenImage(path, o)
	if err != nil {
		return nil, err
	}
	if one, err = Preprocessed(one, how, in.Size); err != nil {
		return nil, err
	}
	x := make([]byte, in.Elems())
	return x, in.Bytes(one, 0, x)
}

// Check returns an *ImageSizeError if an image has the wrong number of values.
func (in Input) Check(image, got int) error {
	if got == in.Elems() {
		return nil
	}
	return &ImageSizeError{Image: image, Got: got, Want: in}
}

// ImageSizeError is the error of an image that does not have the model's size.
type ImageSizeError struct {
	Image int // index in its data set
	Got   int // number of values
	Want  Input
}

func (e *ImageSizeError) Error() string {
	return fmt.Sprintf("image %d has %d values, but the model works on %d x %d x %d (channels, height, width); prepare the data at that size", e.Image, e.Got, e.Want.Channels, e.Want.Size, e.Want.Size)
}

// image returns a stored image with the model's number of channels.
func (in Input) image(ds Dataset, i int) (Image, error) {
	im, err := ds.Image(i)
	if err == nil && im.C != in.Channels {
		err = fmt.Errorf("image %d of %s has %d channels and the model takes %d", i, ds.Name(), im.C, in.Channels)
	}
	return im, err
}
