package main

import (
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/dmae/train"
)

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
	if err := train.Bytes(p.images, index, p.config, x); err != nil {
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
