package certify

import (
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
// host. This file is the only place that takes them to a backend.
type inputs struct {
	shape  data.Input
	size   int       // values of an image
	clean  []float32 // [batch, size], for float noise
	stored []int32   // [batch, size], for integer noise; nil where it is refused
	a, b   []int32   // [batch]: the words of the addresses
	seeds  []int32   // [batch, 2], under derived noise
}

func newInputs(batch int, shape data.Input, from source) inputs {
	size := shape.Elems()
	in := inputs{
		shape: shape, size: size, clean: make([]float32, batch*size),
		a: make([]int32, batch), b: make([]int32, batch), seeds: make([]int32, 2*batch),
	}
	if from.bytes != nil {
		in.stored = make([]int32, batch*size)
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
	for i, job := range jobs {
		addr := noise.Addr(job)
		c.inputs.a[i], c.inputs.b[i] = int32(addr.A), int32(addr.B)
		c.inputs.seeds[2*i], c.inputs.seeds[2*i+1] = int32(addr.Seed), int32(addr.Seed>>32)
		got, err := c.inputs.image(i, job.Image, c.source, noise.Pixels != nil)
		if err != nil {
			return err
		}
		if err := c.inputs.shape.Check(job.Image, got); err != nil {
			return err
		}
	}
	return nil
}

// image copies an image to place i of the batch and returns its number of values.
func (in *inputs) image(i, image int, from source, integers bool) (int, error) {
	at, end := i*in.size, (i+1)*in.size
	if from.floats != nil {
		pixels, err := from.floats(image)
		copy(in.clean[at:end], pixels)
		return len(pixels), err
	}
	pixels, err := from.bytes(image)
	for p, v := range pixels[:min(len(pixels), in.size)] {
		if integers {
			in.stored[at+p] = int32(v)
		} else {
			in.clean[at+p] = float32(v) / 255
		}
	}
	return len(pixels), err
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
	at := ops.Attr{Stream: uint8(stream)}
	var seeds *autograd.Variable
	if noise.Derived {
		seeds = upload(tensor.I32, in.seeds[2*from:2*(from+n)], tensor.Of(n, 2))
	} else {
		at.Seed = noise.Seed
	}
	if noise.Pixels != nil {
		at.Pixels = noise.Pixels
		stored := upload(tensor.I32, in.stored[from*in.size:(from+n)*in.size], images)
		return t.Apply(ops.AddPixelNoise, at, stored, words(in.a), words(in.b), seeds).Value
	}
	at.Scale = float64(noise.Sigma)
	clean := upload(b.Float(), in.clean[from*in.size:(from+n)*in.size], images)
	return t.Apply(ops.AddNoise, at, clean, words(in.a), words(in.b), nil, seeds).Value
}
