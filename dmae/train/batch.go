package train

import (
	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/internal/philox"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// batchRunner takes micro-batches through a model: upload, noise, forward,
// losses, backward. Its host and device buffers are made once.
type batchRunner struct {
	b     ops.Backend
	tape  *autograd.Tape
	seed  uint64
	sigma float64
	batch int

	images          *tensor.Tensor // [B, C, h, w]
	index, epoch    []int32        // of the noise of each image
	indices, epochs *tensor.Tensor
	seeds           *tensor.Tensor // of the backward pass, [B]
	weights         []float32
}

func newBatchRunner(b ops.Backend, c *dmae.Config, seed uint64, batch int) *batchRunner {
	return &batchRunner{
		b: b, tape: autograd.NewTape(b), seed: seed, sigma: c.Sigma, batch: batch,
		images:  b.Persist(b.Float(), tensor.Of(batch, c.Channels, c.DataSize, c.DataSize)),
		index:   make([]int32, batch),
		epoch:   make([]int32, batch),
		indices: b.Persist(tensor.I32, tensor.Of(batch)),
		epochs:  b.Persist(tensor.I32, tensor.Of(batch)),
		seeds:   b.Persist(b.Float(), tensor.Of(batch)),
		weights: make([]float32, batch),
	}
}

// run uploads a micro-batch, corrupts it, records forward, and runs it
// backward from weight times the loss of every image. The noise of an image is
// a function of seed, image and epoch.
func (r *batchRunner) run(b *data.Batch, epoch uint32, weight float32, losses []float32, forward func(t *autograd.Tape, clean, noisy *tensor.Tensor) *autograd.Variable) error {
	for i, index := range b.Index {
		r.index[i], r.epoch[i], r.weights[i] = int32(index), int32(epoch), weight
	}
	r.b.Upload(r.images, b.Images)
	r.b.Upload(r.indices, r.index)
	r.b.Upload(r.epochs, r.epoch)
	r.b.Upload(r.seeds, r.weights)
	scope := r.b.Mark()
	defer r.b.Release(scope)
	defer r.tape.Reset()
	noisy := r.images
	if r.sigma > 0 {
		noisy = dmae.Corrupt(r.tape, r.images, r.indices, r.epochs, r.sigma, philox.Addr{Seed: r.seed, Stream: philox.TrainNoise})
	}
	loss := forward(r.tape, r.images, noisy)
	r.b.Download(losses, loss.Value)
	r.tape.Backward(loss, r.seeds)
	return r.b.Sync()
}
