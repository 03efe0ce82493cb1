package data

import (
	"fmt"

	"github.com/godmae/godmae/philox"
)

// Input is the shape of the images that a model takes, [Channels, Size, Size]:
// what noise is added to. Its methods bring the images of a data set to it, the
// same for evaluation and for certification.
type Input struct{ Channels, Size int }

// NewInput returns the shape of a model's images, as its method Input gives it.
func NewInput(channels, size int) Input { return Input{channels, size} }

// Elems returns the number of values of an image.
func (in Input) Elems() int { return in.Channels * in.Size * in.Size }

// Pipeline returns the transform between the stored images of ds and the model's:
// nothing if all are exactly of its size, else resizing and the middle, for all of
// them. A view by Preprocessed has all resized in any case.
func (in Input) Pipeline(ds Dataset) Pipeline {
	if _, h, w := ds.Shape(); h == in.Size && w == in.Size {
		return nil
	}
	return EvalPipeline(in.Size)
}

// Describe says in words what comes before the model: how image files are
// decoded, and what Pipeline does; with integers as it is before noise that is
// added to the 8-bit pixels. It stands in checkpoints and certificates.
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

// Recognise returns the preprocessing of ds that a text by Describe is about:
// PreprocessResize where that alone gives the text, else PreprocessAuto.
func (in Input) Recognise(text string, ds Dataset, integers bool) Preprocess {
	resized, err := Preprocessed(ds, PreprocessResize, in.Size)
	if err == nil && in.Describe(ds, integers) != text && in.Describe(resized, integers) == text {
		return PreprocessResize
	}
	return PreprocessAuto
}

// Pixels writes image i of ds, [C, h, w] in [0,1]. The error is a *CorruptError
// when the image cannot be used and is to be left out.
func (in Input) Pixels(ds Dataset, i int, dst []float32) error {
	im, err := in.image(ds, i)
	if err != nil {
		return err
	}
	return in.Pipeline(ds).Apply(dst, im, philox.Addr{})
}

// Bytes writes the same image as it is before the division by 255: integers of
// 8 bits, [C, h, w].
func (in Input) Bytes(ds Dataset, i int, dst []byte) error {
	im, err := in.image(ds, i)
	if err != nil {
		return err
	}
	return in.Pipeline(ds).ApplyBytes(dst, im, philox.Addr{})
}

// ReadImage reads an image file to 8-bit pixels [C, h, w]: of o, MaxPixels plays a
// part, and how as in Preprocessed.
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

// Check returns an *ImageSizeError for an image that has got values and should
// have another number of them.
func (in Input) Check(image, got int) error {
	if got == in.Elems() {
		return nil
	}
	return &ImageSizeError{Image: image, Got: got, Want: in}
}

// ImageSizeError says that an image does not have the size a model works with.
type ImageSizeError struct {
	Image int // index in its data set
	Got   int // number of values
	Want  Input
}

func (e *ImageSizeError) Error() string {
	return fmt.Sprintf("image %d has %d values, but the model works on %d x %d x %d (channels, height, width); prepare the data at that size", e.Image, e.Got, e.Want.Channels, e.Want.Size, e.Want.Size)
}

// image returns a stored image that has the model's number of channels.
func (in Input) image(ds Dataset, i int) (Image, error) {
	im, err := ds.Image(i)
	if err == nil && im.C != in.Channels {
		err = fmt.Errorf("image %d of %s has %d channels and the model takes %d", i, ds.Name(), im.C, in.Channels)
	}
	return im, err
}
