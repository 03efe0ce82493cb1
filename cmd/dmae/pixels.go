package main

import (
	"encoding/binary"
	"math"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/dmae/train"
)

// pixelCache prepares the images that the certifier asks for again and again.
type pixelCache struct {
	images data.Dataset
	config *dmae.Config
	size   int // images kept
	known  map[int][]float32
	order  []int // of arrival
}

// newPixelCache keeps a few more images than the certifier has in flight with
// batches of that size.
func newPixelCache(images data.Dataset, c *dmae.Config, batch int) *pixelCache {
	return &pixelCache{images: images, config: c, size: 16 + batch/8, known: map[int][]float32{}}
}

// get returns an image [C, h, w] in [0,1] at the data's resolution.
func (p *pixelCache) get(index int) ([]float32, error) {
	if x, ok := p.known[index]; ok {
		return x, nil
	}
	x := make([]float32, p.config.Pixels())
	if err := train.Pixels(p.images, index, p.config, x); err != nil {
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

// pixelBytes returns the little-endian bytes of pixels, for their digest.
func pixelBytes(x []float32) []byte {
	b := make([]byte, 0, 4*len(x))
	for _, v := range x {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}
