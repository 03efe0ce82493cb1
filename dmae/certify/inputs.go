package certify

import (
	"slices"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/tensor"
)

// source returns the images before noise: one of its functions is set.
type source struct {
	bytes  func(image int) ([]byte, error)
	floats func(image int) ([]float32, error)
}

// inputs are the pixels and the addresses of the noise of a batch of jobs, on the
// host. This file is the only place that takes them to a backend. Images of 8-bit
// pixels are there once, whatever the number of jobs that ask for them.
type inputs struct {
	shape  data.Input
	size   int       // values of an image
	clean  []float32 // [batch, size], of images that are no 8-bit integers; else nil
	stored []uint8   // [images, size]: the different images of the batch, in the order they are asked for first
	images []int     // their indices
	pick   []int32   // [batch]: of each job its row of stored
	local  []int32   // [batch]: the same, counted from the first row that a lane is given
	a, b   []int32   // [batch]: the words of the addresses
	seeds  []int32   // [batch, 2], under derived noise
}

func newInputs(batch int, shape data.Input, from source) inputs {
	size := shape.Elems()
	in := inputs{
		shape: shape, size: size,
		a: make([]int32, batch), b: make([]int32, batch), seeds: make([]int32, 2*batch),
	}
	if from.bytes != nil {
		in.stored, in.images = make([]uint8, batch*size), make([]int, 0, batch)
		in.pick, in.local = make([]int32, batch), make([]int32, batch)
	} else {
		in.clean = make([]float32, batch*size)
	}
	return in
}

// load collects the pixels and addresses of the jobs.
func (c *Classifier) load(jobs []smooth.Job, noise smooth.Noise) error {
	if noise.Pixels != nil {
		if err := c.TakesPixelNoise(); err != nil {
			return err
		}
	}
	in := &c.inputs
	in.images = in.images[:0]
	for i, job := range jobs {
		addr := noise.Addr(job)
		in.a[i], in.b[i] = int32(addr.A), int32(addr.B)
		in.seeds[2*i], in.seeds[2*i+1] = int32(addr.Seed), int32(addr.Seed>>32)
		if err := in.image(i, job.Image, c.source); err != nil {
			return err
		}
	}
	return nil
}

// image takes an image for job i of the batch.
func (in *inputs) image(i, image int, from source) error {
	if from.floats != nil {
		pixels, err := from.floats(image)
		if err != nil {
			return err
		}
		copy(in.clean[i*in.size:(i+1)*in.size], pixels)
		return in.shape.Check(image, len(pixels))
	}
	// Jobs for one image are neighbours, or nearly so.
	for row := len(in.images) - 1; row >= 0; row-- {
		if in.images[row] == image {
			in.pick[i] = int32(row)
			return nil
		}
	}
	pixels, err := from.bytes(image)
	if err != nil {
		return err
	}
	row := len(in.images)
	in.images, in.pick[i] = append(in.images, image), int32(row)
	copy(in.stored[row*in.size:(row+1)*in.size], pixels)
	return in.shape.Check(image, len(pixels))
}

// noisy uploads n jobs of the batch, from one on, and returns their images with
// noise [n, C, h, w]: what the network is given.
func (in *inputs) noisy(t *autograd.Tape, from, n int, noise smooth.Noise, stream philox.Stream) *tensor.Tensor {
	b := t.Backend()
	upload := func(dtype tensor.DType, v any, shape tensor.Shape) *autograd.Variable {
		x := b.New(dtype, shape)
		b.Upload(x, v)
		return t.Const(x)
	}
	words := func(v []int32) *autograd.Variable { return upload(tensor.I32, v[from:from+n], tensor.Of(n)) }
	images := tensor.Of(n, in.shape.Channels, in.shape.Size, in.shape.Size)
	at := ops.Attr{Stream: stream}
	var seeds *autograd.Variable
	if noise.Derived {
		seeds = upload(tensor.I32, in.seeds[2*from:2*(from+n)], tensor.Of(n, 2))
	} else {
		at.Seed = noise.Seed
	}
	if in.stored == nil {
		at.Scale = float64(noise.Sigma)
		clean := upload(b.Float(), in.clean[from*in.size:(from+n)*in.size], images)
		return t.Apply(ops.AddNoise, at, clean, words(in.a), words(in.b), nil, seeds).Value
	}
	picks := in.pick[from : from+n]
	first, last := slices.Min(picks), slices.Max(picks)
	for i, p := range picks {
		in.local[from+i] = p - first
	}
	stored := upload(tensor.U8, in.stored[int(first)*in.size:int(last+1)*in.size], images.WithFirst(int(last-first)+1))
	if noise.Pixels != nil {
		at.Pixels = noise.Pixels
		return t.Apply(ops.AddPixelNoise, at, stored, words(in.a), words(in.b), seeds, words(in.local)).Value
	}
	at.Scale = float64(noise.Sigma)
	clean := t.Apply(ops.Pixels, ops.Attr{}, stored, words(in.local))
	return t.Apply(ops.AddNoise, at, clean, words(in.a), words(in.b), nil, seeds).Value
}
