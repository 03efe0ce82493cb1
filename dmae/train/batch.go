package train

import (
	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/tensor"
)

// terms are the losses that a forward pass computes: one for each row of the
// batch, and one for each image, or nil.
type terms struct{ rows, images *autograd.Variable }

// batchRunner runs micro-batches through a model: upload, noise, forward,
// losses, backward. Its host and device buffers are allocated once.
//
// The noisy copies of an image are neighbours: the rows of a batch are (image 0,
// copy 0), (image 0, copy 1), (image 1, copy 0) and so on. The rows of a batch are
// therefore the concatenated rows of its micro-batches. Gradients, which are sums
// in the order of the rows, do not depend on the size of the micro-batches. (The
// official code puts all first copies before all second ones.)
type batchRunner struct {
	b      ops.Backend
	tape   *autograd.Tape
	seed   uint64
	sigma  float64
	own    *dmae.Corruption // instead of noise of sigma; or nil
	rows   dmae.Rows        // the argument of own
	batch  int              // images
	copies int
	pixels int // of an image
	blend  blending

	// Images are uploaded as 8-bit pixels, each once. With erasing they are
	// uploaded as floats, once for each copy. The other of the two is nil.
	stored *tensor.Tensor // [B, C, h, w]
	floats *tensor.Tensor // [B*copies, C, h, w]
	host   []float32      // of floats, for more than one copy
	pick   *tensor.Tensor // [B*copies], the row of stored for each row; nil for one copy

	index, epoch    []int32 // of the noise of each row
	indices, epochs *tensor.Tensor
	copyNumbers     *tensor.Tensor // of each row; nil for one copy
	rowSeeds        *tensor.Tensor // of the backward pass, [B*copies]
	imageSeeds      *tensor.Tensor // of the backward pass, [B]
}

// newBatchRunner returns a runner for micro-batches of the given number of images.
func (run *run) newBatchRunner(c *dmae.Config, batch, copies int) *batchRunner {
	o, rows := &run.opt, batch*copies
	b, bytes := o.Backend, run.pipeline().Integers()
	r := &batchRunner{
		b: b, tape: autograd.NewTape(b), seed: o.Recipe.Seed, sigma: c.Sigma, own: o.Corruption, batch: batch, copies: copies, pixels: c.Pixels(),
		index:      make([]int32, rows),
		epoch:      make([]int32, rows),
		indices:    b.Persist(tensor.I32, tensor.Of(rows)),
		epochs:     b.Persist(tensor.I32, tensor.Of(rows)),
		rowSeeds:   b.Persist(b.Float(), tensor.Of(rows)),
		imageSeeds: b.Persist(b.Float(), tensor.Of(batch)),
	}
	weight := 1 / float64(o.Recipe.Batch) // of the loss of an image
	for _, seeds := range []struct {
		of     *tensor.Tensor
		weight float64
	}{{r.imageSeeds, weight}, {r.rowSeeds, weight / float64(copies)}} {
		b.Run(ops.Fill, []*tensor.Tensor{seeds.of}, nil, &ops.Attr{Value: seeds.weight})
	}
	if bytes {
		r.stored = b.Persist(tensor.U8, tensor.Of(batch, c.Channels, c.DataSize, c.DataSize))
	} else {
		r.floats = b.Persist(b.Float(), tensor.Of(rows, c.Channels, c.DataSize, c.DataSize))
	}
	if copies > 1 {
		numbers, images := make([]int32, rows), make([]int32, rows)
		for i := range numbers {
			numbers[i], images[i] = int32(i%copies), int32(i/copies)
		}
		r.copyNumbers, r.pick = b.Persist(tensor.I32, tensor.Of(rows)), b.Persist(tensor.I32, tensor.Of(rows))
		b.Upload(r.copyNumbers, numbers)
		b.Upload(r.pick, images)
		if !bytes {
			r.host = make([]float32, rows*r.pixels)
		}
	}
	r.rows = dmae.Rows{Seed: r.seed, Copies: copies, Index: r.index, Epoch: r.epoch}
	r.rows.OnBackend.Index, r.rows.OnBackend.Epoch, r.rows.OnBackend.Copy = r.indices, r.epochs, r.copyNumbers
	return r
}

// begin is called before the micro-batches of an optimiser step, finish after
// them with the scale of the step.
func (r *batchRunner) begin()                {}
func (r *batchRunner) finish(*tensor.Tensor) {}

// setShards sets the number of groups in which the gradients of a micro-batch
// are summed.
func (r *batchRunner) setShards(n int) { r.tape.Shards = n }

// run uploads a micro-batch, corrupts its copies, records forward, stores the
// losses, and runs the backward pass of the weight times the loss of each
// image.
func (r *batchRunner) run(b *data.Batch, p place, to *reading, forward func(t *autograd.Tape, clean, noisy *tensor.Tensor) terms) {
	r.upload(b, p)
	scope := r.b.Mark()
	defer r.b.Release(scope)
	defer r.tape.Reset()
	clean := r.images(r.tape)
	loss := forward(r.tape, clean, r.corrupt(clean))
	if loss.images == nil {
		to.store(loss.rows.Value, nil)
	} else {
		to.store(loss.rows.Value, loss.images.Value)
		r.tape.Seed(loss.images, r.imageSeeds)
	}
	r.tape.Backward(loss.rows, r.rowSeeds)
}

// images returns the rows without noise, [B*copies, C, h, w] in [0,1].
func (r *batchRunner) images(t *autograd.Tape) *tensor.Tensor {
	if r.stored == nil {
		return r.floats
	}
	var pick *autograd.Variable
	if r.pick != nil {
		pick = t.Const(r.pick)
	}
	return t.Apply(ops.Pixels, ops.Attr{}, t.Const(r.stored), pick).Value
}

// corrupt returns rows with noise, which is a function of seed, image, epoch
// and copy, or with the caller's own corruption, and blended if the recipe says
// so.
func (r *batchRunner) corrupt(x *tensor.Tensor) *tensor.Tensor {
	if r.blend.clean {
		x = r.blend.images(r.tape, x)
	}
	switch {
	case r.own != nil:
		x = r.own.Apply(r.tape, x, &r.rows)
	case r.sigma > 0:
		x = dmae.CorruptCopies(r.tape, x, r.indices, r.epochs, r.copyNumbers, r.sigma, philox.Addr{Seed: r.seed, Stream: philox.TrainNoise})
	}
	if !r.blend.clean {
		x = r.blend.images(r.tape, x)
	}
	return x
}

// upload copies a micro-batch to the backend.
func (r *batchRunner) upload(b *data.Batch, p place) {
	for i, index := range b.Index {
		for j := i * r.copies; j < (i+1)*r.copies; j++ {
			r.index[j], r.epoch[j] = int32(index), int32(p.epoch)
			if r.host != nil {
				copy(r.host[j*r.pixels:(j+1)*r.pixels], b.Images[i*r.pixels:(i+1)*r.pixels])
			}
		}
	}
	switch {
	case r.stored != nil:
		r.b.Upload(r.stored, b.Bytes)
	case r.host != nil:
		r.b.Upload(r.floats, r.host)
	default:
		r.b.Upload(r.floats, b.Images)
	}
	r.b.Upload(r.indices, r.index)
	r.b.Upload(r.epochs, r.epoch)
}
