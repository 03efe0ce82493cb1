package data

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/godmae/godmae/philox"
)

// LoaderOptions are the options of a Loader.
type LoaderOptions struct {
	// Batch is the number of images of a batch. If it does not divide the data
	// set, the last batch of an epoch is smaller, or omitted with DropLast.
	Batch    int
	DropLast bool

	// Shuffle uses another order in each epoch, a function of Seed and epoch.
	// Otherwise the order is that of the data set.
	Shuffle bool

	// Seed of the order and of the pipeline's random numbers; see AugmentAddr.
	Seed     uint64
	Pipeline Pipeline

	// Bytes asks for 8-bit images, a quarter of the memory of float ones: Batch.Bytes in
	// the place of Batch.Images. The pipeline must give them; see Pipeline.Integers.
	Bytes bool

	// Epochs is the number of epochs; 0 is unlimited.
	Epochs int

	// Start is the number of batches to skip, over all epochs: a training that
	// stopped after k steps continues with Start = k.
	Start int

	// Workers is the number of goroutines that decode and transform; 0: one for
	// each CPU. Prefetch is the number of batches that are prepared ahead; 0:
	// 2.
	Workers, Prefetch int

	// MaxCorrupt is the number of different corrupt images that are left out.
	// A shuffled loader takes the next image of the data set instead;
	// otherwise the batch is smaller. All other images keep their positions,
	// indices and random numbers. 0: DefaultMaxCorrupt; negative: none. Log is
	// called for each.
	MaxCorrupt int
	Log        func(message string)
}

// Batch is a number of images, ready for a model.
type Batch struct {
	Images []float32 // [N, C, H, W] in [0,1]; nil with LoaderOptions.Bytes
	Bytes  []uint8   // [N, C, H, W], with LoaderOptions.Bytes: the images before the division by 255
	Labels []int32   // [N]
	Index  []uint32  // [N], positions in the data set
	Epoch  int       // from 0
	Step   int       // within the epoch, from 0

	images  []float32    // the memory of Images
	bytes   []uint8      // the memory of Bytes
	pending atomic.Int32 // jobs not done
	ready   chan struct{}
	mu      sync.Mutex
	corrupt []slotError
	failed  []slotError
}

// slotError is the error of an image at a position of a batch.
type slotError struct {
	slot, image int
	err         error
}

// N returns the number of images.
func (b *Batch) N() int { return len(b.Index) }

// Loader returns the batches of a data set in order, while its goroutines
// prepare the next ones. The batches depend on the data set and the options
// other than Workers and Prefetch. It is not safe for concurrent use.
type Loader struct {
	ds      Dataset
	o       LoaderOptions
	c, h, w int
	steps   int

	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
	free    chan *Batch // buffers to be filled
	order   chan *Batch // batches in preparation, in order; closed after the last
	jobs    chan job
	held    *Batch // the batch that the caller has
	leftOut *LeftOut
	err     error
}

// job is a range of positions of a batch.
type job struct {
	batch  *Batch
	lo, hi int
}

// jobSize is the number of images of a job.
const jobSize = 4

// NewLoader starts the goroutines of a loader, which end with ctx or Close. It
// is an error if the options give no batch, or if the images differ in size
// after the pipeline.
func NewLoader(ctx context.Context, ds Dataset, o LoaderOptions) (*Loader, error) {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Prefetch <= 0 {
		o.Prefetch = 2
	}
	if o.MaxCorrupt == 0 {
		o.MaxCorrupt = DefaultMaxCorrupt
	}
	l := &Loader{ds: ds, o: o}
	var h, w int
	l.c, h, w = ds.Shape()
	l.h, l.w = o.Pipeline.Size(h, w)
	if l.h <= 0 || l.w <= 0 {
		return nil, fmt.Errorf("the images of %s may differ in size: crop or resize them to one size", ds.Name())
	}
	if o.Batch < 1 || o.Start < 0 {
		return nil, fmt.Errorf("a batch of %d images from step %d on is not possible", o.Batch, o.Start)
	}
	if l.steps = Steps(ds.Len(), o.Batch, o.DropLast); l.steps == 0 {
		return nil, fmt.Errorf("the %d images of %s do not fill one batch of %d: choose a smaller batch", ds.Len(), ds.Name(), o.Batch)
	}
	if o.Bytes && !o.Pipeline.Integers() {
		return nil, errors.New("the transforms change float pixels: the images cannot be loaded as 8-bit ones")
	}
	l.leftOut = NewLeftOut(ds, o.MaxCorrupt, o.Log)
	l.ctx, l.cancel = context.WithCancel(ctx)
	buffers := o.Prefetch + 1
	l.free, l.order, l.jobs = make(chan *Batch, buffers), make(chan *Batch, buffers), make(chan job, o.Workers)
	size := min(o.Batch, ds.Len())
	for range buffers {
		b := &Batch{
			Labels: make([]int32, 0, size),
			Index:  make([]uint32, 0, size),
			ready:  make(chan struct{}, 1),
		}
		if o.Bytes {
			b.bytes = make([]uint8, size*l.c*l.h*l.w)
		} else {
			b.images = make([]float32, size*l.c*l.h*l.w)
		}
		l.free <- b
	}
	l.running.Go(l.plan)
	for range o.Workers {
		l.running.Go(l.work)
	}
	return l, nil
}

// Steps returns the number of batches of an epoch over n images.
func Steps(n, batch int, dropLast bool) int {
	if dropLast {
		return n / batch
	}
	return (n + batch - 1) / batch
}

// StepsPerEpoch returns the number of batches of an epoch.
func (l *Loader) StepsPerEpoch() int { return l.steps }

// Shape returns channels, rows and columns of the images of a batch.
func (l *Loader) Shape() (c, h, w int) { return l.c, l.h, l.w }

// Order returns the order of the images in an epoch of a shuffled loader.
func Order(seed uint64, epoch, n int) []int {
	return philox.NewGen(philox.Addr{Seed: seed, Stream: philox.DataOrder, B: uint32(epoch)}).Perm(n)
}

// plan chooses the images of each batch and distributes them as jobs.
func (l *Loader) plan() {
	defer close(l.order)
	var order []int
	for step := l.o.Start; ; step++ {
		epoch, within := step/l.steps, step%l.steps
		if l.o.Epochs > 0 && epoch >= l.o.Epochs {
			return
		}
		if l.o.Shuffle && (order == nil || within == 0) {
			order = Order(l.o.Seed, epoch, l.ds.Len())
		}
		var b *Batch
		select {
		case b = <-l.free:
		case <-l.ctx.Done():
			return
		}
		lo := within * l.o.Batch
		n := min(l.o.Batch, l.ds.Len()-lo)
		b.Epoch, b.Step = epoch, within
		b.Index, b.Labels = b.Index[:n], b.Labels[:n]
		b.resize(n * l.c * l.h * l.w)
		b.corrupt, b.failed = b.corrupt[:0], b.failed[:0]
		for i := range n {
			b.Index[i] = uint32(lo + i)
			if l.o.Shuffle {
				b.Index[i] = uint32(order[lo+i])
			}
		}
		l.order <- b // has room for every buffer
		if !l.share(b) {
			return
		}
	}
}
