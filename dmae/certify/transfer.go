package certify

import (
	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/tensor"
)

// source returns the images before noise: exactly one of its functions is set.
type source struct {
	bytes  func(image int) ([]byte, error)
	floats func(image int) ([]float32, error)
}

// inputs are the pixels and the addresses of the noise of a batch of jobs, on the
// host. Only this file copies them to a backend, and reads answers from it. An
// image of 8-bit pixels is uploaded once, however many jobs use it.
type inputs struct {
	shape  data.Input
	size   int           // values of an image
	a, b   []int32       // [batch]: the words of the addresses
	seeds  []int32       // [batch, 2], under derived noise
	stored []uint8       // [images, size]: the different images of the batch
	rows   map[int]int32 // their rows, by index
	row    []int32       // [batch]: of each job its row
	clean  []float32     // [batch, size], of images that are not 8-bit integers

	shared *tensor.Tensor // stored, on the model's backend
}

func newInputs(batch int, shape data.Input) inputs {
	return inputs{
		shape: shape, size: shape.Elems(), rows: map[int]int32{},
		a: make([]int32, batch), b: make([]int32, batch), seeds: make([]int32, 2*batch), row: make([]int32, batch),
	}
}

// load collects the pixels and addresses of the jobs.
func (c *Classifier) load(jobs []smooth.Job, noise smooth.Noise) error {
	if noise.Pixels != nil {
		if err := c.TakesPixelNoise(); err != nil {
			return err
		}
	}
	in := &c.inputs
	in.stored, in.clean = in.stored[:0], in.clean[:0]
	clear(in.rows)
	for i, job := range jobs {
		addr := noise.Addr(job)
		in.a[i], in.b[i] = int32(addr.A), int32(addr.B)
		in.seeds[2*i], in.seeds[2*i+1] = int32(addr.Seed), int32(addr.Seed>>32)
		if err := in.take(i, job.Image, c.source); err != nil {
			return err
		}
	}
	return nil
}

// take takes the image of job i of the batch.
func (in *inputs) take(i, image int, from source) error {
	if from.floats != nil {
		pixels, err := from.floats(image)
		if err != nil {
			return err
		}
		in.clean = append(in.clean, pixels...)
		return in.shape.Check(image, len(pixels))
	}
	row, known := in.rows[image]
	if !known {
		pixels, err := from.bytes(image)
		if err != nil {
			return err
		}
		if err := in.shape.Check(image, len(pixels)); err != nil {
			return err
		}
		row = int32(len(in.rows))
		in.rows[image] = row
		in.stored = append(in.stored, pixels...)
	}
	in.row[i] = row
	return nil
}

// share uploads the images of the batch, which all lanes read. They are valid
// until the scope of the model's backend is released.
func (in *inputs) share(b ops.Backend) {
	if in.shared = nil; len(in.stored) > 0 {
		in.shared = b.New(tensor.U8, in.images(len(in.rows)))
		b.Upload(in.shared, in.stored)
	}
}

// images returns the shape of n images.
func (in *inputs) images(n int) tensor.Shape {
	return tensor.Of(n, in.shape.Channels, in.shape.Size, in.shape.Size)
}

// noisy uploads n jobs of the batch, beginning with job from, and returns their
// images with noise [n, C, h, w], the input of the network.
func (in *inputs) noisy(t *autograd.Tape, from, n int, noise smooth.Noise, stream philox.Stream) *tensor.Tensor {
	b := t.Backend()
	upload := func(dtype tensor.DType, v any, shape tensor.Shape) *autograd.Variable {
		x := b.New(dtype, shape)
		b.Upload(x, v)
		return t.Const(x)
	}
	words := func(v []int32) *autograd.Variable { return upload(tensor.I32, v[from:from+n], tensor.Of(n)) }
	at := ops.Attr{Stream: stream}
	var seeds *autograd.Variable
	if noise.Derived {
		seeds = upload(tensor.I32, in.seeds[2*from:2*(from+n)], tensor.Of(n, 2))
	} else {
		at.Seed = noise.Seed
	}
	if noise.Pixels != nil {
		at.Pixels = noise.Pixels
		return t.Apply(ops.AddPixelNoise, at, t.Const(in.shared), words(in.a), words(in.b), seeds, words(in.row)).Value
	}
	at.Scale = float64(noise.Sigma)
	var clean *autograd.Variable
	if in.shared != nil {
		clean = t.Apply(ops.Pixels, ops.Attr{}, t.Const(in.shared), words(in.row))
	} else {
		clean = upload(b.Float(), in.clean[from*in.size:(from+n)*in.size], in.images(n))
	}
	return t.Apply(ops.AddNoise, at, clean, words(in.a), words(in.b), nil, seeds).Value
}

// answers determines the classes of n jobs of the batch, beginning with job from,
// from their logits [n, K]; one number for each is read from the backend. A job
// without a finite score gets bound.NoClass, which is ops.NoAnswer.
func (c *Classifier) answers(t *autograd.Tape, logits *autograd.Variable, from, n int) error {
	return t.Backend().Download(c.out[from:from+n], t.Apply(ops.ArgMax, ops.Attr{}, logits).Value)
}
