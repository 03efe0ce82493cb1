package main

import (
	"strconv"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/nn/checkpoint"
)

// pixelFlags say what image files may hold and how they come to the size of a
// model's data.
type pixelFlags struct {
	MaxPixels  int             `help:"Number of pixels that one image file may have; a larger one counts as corrupt." default:"${max_pixels}" placeholder:"N"`
	Preprocess data.Preprocess `help:"How images come to the size that noise is added to: auto (as the checkpoint or certificate records it; else as stored if all of them are of exactly that size, and resized and cropped if not), stored (others are refused) or resize (those of that size too, as the official code does)." enum:"auto,stored,resize" default:"auto"`
}

// check refuses a number of pixels that no image has.
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

// follow lets the flag be what a checkpoint records of the images of its
// training, unless it was given.
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

// followText does so with the preprocessing that a certificate states.
func (f *pixelFlags) followText(text string, sound bool, images data.Dataset, c *dmae.Config) {
	if f.Preprocess == data.PreprocessAuto {
		f.Preprocess = data.NewInput(c.Input()).Recognise(text, images, sound)
	}
}

// readPixels reads the 8-bit pixels of an image file at the data's resolution.
func (f *pixelFlags) readPixels(path string, c *dmae.Config) ([]byte, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	one, err := data.OpenImage(path, data.Options{Channels: c.Channels, MaxPixels: f.MaxPixels})
	if err != nil {
		return nil, unreadable("the image", path, err)
	}
	if one, err = data.Preprocessed(one, f.Preprocess, c.DataSize); err != nil {
		return nil, err
	}
	x := make([]byte, c.Pixels())
	return x, data.NewInput(c.Input()).Bytes(one, 0, x)
}

// pixelCache prepares the images that the certifier asks for again and again.
type pixelCache struct {
	images data.Dataset
	config *dmae.Config
	size   int // images kept
	known  map[int][]byte
	order  []int // of arrival
}

// newPixelCache keeps a few more images than the certifier has in flight with
// batches of that size.
func newPixelCache(images data.Dataset, c *dmae.Config, batch int) *pixelCache {
	return &pixelCache{images: images, config: c, size: 16 + batch/8, known: map[int][]byte{}}
}

// get returns an image [C, h, w] of 8-bit pixels at the data's resolution.
func (p *pixelCache) get(index int) ([]byte, error) {
	if x, ok := p.known[index]; ok {
		return x, nil
	}
	x := make([]byte, p.config.Pixels())
	if err := data.NewInput(p.config.Input()).Bytes(p.images, index, x); err != nil {
		return nil, err
	}
	if len(p.order) == p.size {
		delete(p.known, p.order[0])
		p.order = p.order[1:]
	}
	p.known[index] = x
	p.order = append(p.order, index)
	return x, nil
}
