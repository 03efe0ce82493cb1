package main

import (
	"strconv"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/nn/checkpoint"
)

// pixelFlags bound the size of image files and choose how images are brought to
// the size of a model's data.
type pixelFlags struct {
	MaxPixels  int             `help:"Largest number of pixels of one image file; a larger image counts as corrupt." default:"${max_pixels}" placeholder:"N"`
	Preprocess data.Preprocess `help:"How images are brought to the size at which noise is added: auto (as recorded in the checkpoint or certificate; otherwise as stored if all of them have exactly that size, else resized and cropped), stored (an error for images of another size) or resize (also images of that size, as in the official code)." enum:"auto,stored,resize" default:"auto"`
}

// check returns an error for a number of pixels below 1.
func (f *pixelFlags) check() error { return atLeast(1, number{"--max-pixels", f.MaxPixels}) }

// line returns the flags as they are typed.
func (f *pixelFlags) line() []string {
	var line []string
	if f.MaxPixels != data.DefaultMaxPixels {
		line = append(line, "--max-pixels", strconv.Itoa(f.MaxPixels))
	}
	if f.Preprocess != data.PreprocessAuto {
		line = append(line, "--preprocess", string(f.Preprocess))
	}
	return line
}

// follow sets the preprocessing to the one that a checkpoint records, unless
// the flag was given.
func (f *pixelFlags) follow(checkpointPath string) error {
	if f.Preprocess != data.PreprocessAuto {
		return nil
	}
	file, err := checkpoint.Open(checkpointPath)
	if err != nil {
		return err
	}
	defer file.Close()
	f.Preprocess = data.ChosenPreprocess(file.Metadata())
	return nil
}

// readPixels reads the 8-bit pixels of an image file at the data's resolution.
func (f *pixelFlags) readPixels(path string, c *dmae.Config) ([]byte, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	x, err := data.NewInput(c.Input()).ReadImage(path, data.Options{MaxPixels: f.MaxPixels}, f.Preprocess)
	if err != nil {
		return nil, unreadable("the image", path, err)
	}
	return x, nil
}
