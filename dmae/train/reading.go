package train

import (
	"math"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// imageLoss is the loss of one image: the task's own, averaged over the image's
// noisy copies, and the regulariser's.
type imageLoss struct{ natural, regulariser float64 }

func (l imageLoss) total() float64 { return l.natural + l.regulariser }

// reading holds the results of an optimiser step: the losses of its images and the
// norm of its gradients. They are read during the next step, so that no step waits
// for its own results. A run has two, used alternately.
type reading struct {
	b      ops.Backend
	losses *tensor.Tensor // of the rows of the step's batch, then, with a regulariser, of its images
	rows   int            // all rows
	copies int            // rows of an image

	host    []float32  // losses, after they have been fetched
	squared [1]float64 // square of the norm, likewise
	tickets [2]ops.Ticket

	doneRows, doneImages int // stored so far

	open        bool // submitted and not yet settled
	epoch, step int  // counted from 0; step over the whole run
	lr          float64
}

// newReading returns a reading of steps of the given number of images.
func newReading(b ops.Backend, images, copies int, regularised bool) *reading {
	n := images * copies
	if regularised {
		n += images
	}
	return &reading{
		b: b, losses: b.Persist(b.Float(), tensor.Of(n)), rows: images * copies, copies: copies, host: make([]float32, n),
	}
}

// begin prepares the reading for a new step.
func (r *reading) begin(epoch, step int, lr float64) {
	r.doneRows, r.doneImages, r.epoch, r.step, r.lr = 0, 0, epoch, step, lr
}

// store copies the losses of the next rows, and of the next images or nil.
func (r *reading) store(rows, images *tensor.Tensor) {
	keep := func(at int, x *tensor.Tensor) int {
		n := x.Shape().Elems()
		r.b.Run(ops.Copy, []*tensor.Tensor{r.losses.View(at, tensor.Of(n))}, []*tensor.Tensor{x}, &ops.Attr{})
		return n
	}
	r.doneRows += keep(r.doneRows, rows)
	if images != nil {
		r.doneImages += keep(r.rows+r.doneImages, images)
	}
}

// fetch begins to read the losses and the norm.
func (r *reading) fetch(o optimiser) {
	r.tickets = [2]ops.Ticket{r.b.Fetch(r.host, r.losses), o.FetchNorm(r.squared[:])}
	r.open = true
}

// numbers are the sums over the images of a step.
type numbers struct {
	sum, natural, regulariser float64
	norm                      float64 // of the gradients, before clipping
}

// await waits for the numbers. Losses are added sequentially in the order of
// the images, for any micro-batches, in as many groups as gradients.
func (r *reading) await(shards int) (n numbers, err error) {
	r.open = false
	for _, t := range r.tickets {
		if err := r.b.Await(t); err != nil {
			return n, err
		}
	}
	over := func(of func(l imageLoss) float64) float64 {
		return ops.ShardSum(0, r.rows/r.copies, shards, func(lo, hi int) (s float64) {
			for i := lo; i < hi; i++ {
				s += of(r.loss(i))
			}
			return s
		})
	}
	n.sum = over(imageLoss.total)
	n.natural = over(func(l imageLoss) float64 { return l.natural })
	n.regulariser = over(func(l imageLoss) float64 { return l.regulariser })
	n.norm = math.Sqrt(r.squared[0])
	return n, nil
}

// loss returns the loss of image i of the step.
func (r *reading) loss(i int) imageLoss {
	sum := 0.0
	for _, l := range r.host[i*r.copies : (i+1)*r.copies] {
		sum += float64(l)
	}
	l := imageLoss{natural: sum / float64(r.copies)}
	if len(r.host) > r.rows {
		l.regulariser = float64(r.host[r.rows+i])
	}
	return l
}
