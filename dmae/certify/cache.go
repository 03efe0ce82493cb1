package certify

import "github.com/godmae/godmae/dmae/data"

// cache prepares the images that the certifier asks for again and again.
type cache struct {
	images data.Dataset
	input  data.Input
	size   int // images kept
	known  map[int][]byte
	order  []int // of arrival
}

// newCache keeps a few more images than the certifier has in flight with batches
// of that size.
func newCache(images data.Dataset, input data.Input, batch int) *cache {
	return &cache{images: images, input: input, size: 16 + batch/8, known: map[int][]byte{}}
}

// get returns an image [C, h, w] of 8-bit pixels at the model's resolution.
func (c *cache) get(index int) ([]byte, error) {
	if x, ok := c.known[index]; ok {
		return x, nil
	}
	x := make([]byte, c.input.Elems())
	if err := c.input.Bytes(c.images, index, x); err != nil {
		return nil, err
	}
	if len(c.order) == c.size {
		delete(c.known, c.order[0])
		c.order = c.order[1:]
	}
	c.known[index] = x
	c.order = append(c.order, index)
	return x, nil
}
