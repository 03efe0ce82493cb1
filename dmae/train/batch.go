package train

import (
	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/tensor"
)

// imageLoss is the loss of one image: the task's own, averaged over the image's
// noisy copies, and the regulariser's.
type imageLoss struct{ natural, regulariser float64 }

func (l imageLoss) total() float64 { return l.natural + l.regulariser }

// terms are the losses that a forward pass ends in: one for every row of the
// batch, and one for every image, or nil.
type terms struct{ rows, images *autograd.Variable }

// batchRunner takes micro-batches through a model: upload, noise, forward,
// losses, backward. Its host and device buffers are made once.
//
// An image is there in copies noisy copies, and those are neighbours: the rows
// of a batch are (image 0, copy 0), (image 0, copy 1), (image 1, copy 0) and so
// on. So the rows of a batch are those of its micro-batches one after the
// other, and gradients, which are sums in the order of the rows, do not depend
// on where a batch is cut. (The official code puts all first copies before all
// second ones.)
type batchRunner struct {
	b      ops.Backend
	tape   *autograd.Tape
	seed   uint64
	sigma  float64
	batch  int // images
	copies int
	pixels int // of an image
	blend  blending

	host            []float32      // images copies times over; nil for one copy
	images          *tensor.Tensor // [B*copies, C, h, w]
	index, epoch    []int32        // of the noise of each row
	indices, epochs *tensor.Tensor
	copyNumbers     *tensor.Tensor // of each row; nil for one copy
	rowSeeds        *tensor.Tensor // of the backward pass, [B*copies]
	imageSeeds      *tensor.Tensor // of the backward pass, [B]
	weights         []float32
	rowLoss         []float32 // [B*copies]
	imageLoss       []float32 // [B]
}

func newBatchRunner(b ops.Backend, c *dmae.Config, seed uint64, batch, copies int) *batchRunner {
	rows := batch * copies
	r := &batchRunner{
		b: b, tape: autograd.NewTape(b), seed: seed, sigma: c.Sigma, batch: batch, copies: copies, pixels: c.Pixels(),
		images:     b.Persist(b.Float(), tensor.Of(rows, c.Channels, c.DataSize, c.DataSize)),
		index:      make([]int32, rows),
		epoch:      make([]int32, rows),
		indices:    b.Persist(tensor.I32, tensor.Of(rows)),
		epochs:     b.Persist(tensor.I32, tensor.Of(rows)),
		rowSeeds:   b.Persist(b.Float(), tensor.Of(rows)),
		imageSeeds: b.Persist(b.Float(), tensor.Of(batch)),
		weights:    make([]float32, rows),
		rowLoss:    make([]float32, rows),
		imageLoss:  make([]float32, batch),
	}
	if copies > 1 {
		r.host = make([]float32, rows*r.pixels)
		numbers := make([]int32, rows)
		for i := range numbers {
			numbers[i] = int32(i % copies)
		}
		r.copyNumbers = b.Persist(tensor.I32, tensor.Of(rows))
		b.Upload(r.copyNumbers, numbers)
	}
	return r
}

// begin and finish surround the micro-batches of an optimiser step.
func (r *batchRunner) begin()        {}
func (r *batchRunner) finish() error { return nil }

// run uploads a micro-batch, corrupts its copies, records forward, and runs it
// backward from the weight times the loss of every image.
func (r *batchRunner) run(b *data.Batch, p place, losses []imageLoss, forward func(t *autograd.Tape, clean, noisy *tensor.Tensor) terms) error {
	r.upload(b, p)
	scope := r.b.Mark()
	defer r.b.Release(scope)
	defer r.tape.Reset()
	loss := forward(r.tape, r.images, r.corrupt())
	if err := r.b.Download(r.rowLoss, loss.rows.Value); err != nil {
		return err
	}
	for i := range losses {
		sum := 0.0
		for _, l := range r.rowLoss[i*r.copies : (i+1)*r.copies] {
			sum += float64(l)
		}
		losses[i] = imageLoss{natural: sum / float64(r.copies)}
	}
	if loss.images != nil {
		if err := r.b.Download(r.imageLoss, loss.images.Value); err != nil {
			return err
		}
		for i, l := range r.imageLoss {
			losses[i].regulariser = float64(l)
		}
		r.tape.Seed(loss.images, r.imageSeeds)
	}
	r.tape.Backward(loss.rows, r.rowSeeds)
	return r.b.Sync()
}

// corrupt returns the rows under noise, which is a function of seed, image,
// epoch and copy, and blended if the recipe blends.
func (r *batchRunner) corrupt() *tensor.Tensor {
	x := r.images
	if r.blend.clean {
		x = r.blend.images(r.tape, x)
	}
	if r.sigma > 0 {
		x = dmae.CorruptCopies(r.tape, x, r.indices, r.epochs, r.copyNumbers, r.sigma, philox.Addr{Seed: r.seed, Stream: philox.TrainNoise})
	}
	if !r.blend.clean {
		x = r.blend.images(r.tape, x)
	}
	return x
}

// upload brings a micro-batch to the backend.
func (r *batchRunner) upload(b *data.Batch, p place) {
	images := b.Images
	if r.host != nil {
		images = r.host
	}
	for i, index := range b.Index {
		for j := i * r.copies; j < (i+1)*r.copies; j++ {
			r.index[j], r.epoch[j] = int32(index), int32(p.epoch)
			if r.host != nil {
				copy(r.host[j*r.pixels:(j+1)*r.pixels], b.Images[i*r.pixels:(i+1)*r.pixels])
			}
		}
	}
	r.b.Upload(r.images, images)
	r.b.Upload(r.indices, r.index)
	r.b.Upload(r.epochs, r.epoch)
	fill := func(dst *tensor.Tensor, n int, v float64) {
		for i := range n {
			r.weights[i] = float32(v)
		}
		r.b.Upload(dst, r.weights[:n])
	}
	fill(r.imageSeeds, r.batch, p.weight)
	fill(r.rowSeeds, r.batch*r.copies, p.weight/float64(r.copies))
}
