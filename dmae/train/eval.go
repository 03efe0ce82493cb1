package train

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/tensor"
)

// EvalOptions are the settings of an evaluation.
type EvalOptions struct {
	Batch int     // images at a time; does not affect the result
	Sigma float64 // of the noise, in units of pixels scaled to [0,1]; 0 for clean images
	Copy  uint16  // number of the noisy copy
	Seed  uint64  // of the noise

	// LeftOut counts the images that cannot be used; they are left out. The zero
	// value allows the default number of them.
	LeftOut *data.LeftOut

	// Progress is called after every batch with the number of images done,
	// including those left out; it may be nil.
	Progress func(done int)
}

// Evaluation is the result of a classifier on Images images, not counting those
// left out.
type Evaluation struct {
	Images  int
	Correct int
	Top5    int     // the label is one of the five best answers; 0 for models of at most 5 classes
	Loss    float64 // mean cross-entropy over the images; not finite if one image's is not

	// NoAnswer is the number of images without a class, because none of the
	// model's scores is a number above -Inf. They count as wrong.
	NoAnswer int
}

// Accuracy returns the share of images that were classified correctly.
func (e Evaluation) Accuracy() float64 { return float64(e.Correct) / float64(e.Images) }

// FiniteLoss returns the loss for a file with finite numbers only, nil if it is
// not finite.
func (e Evaluation) FiniteLoss() *float64 {
	if math.IsNaN(e.Loss) || math.IsInf(e.Loss, 0) {
		return nil
	}
	return &e.Loss
}

// Plus returns the evaluation over the images of both.
func (e Evaluation) Plus(o Evaluation) Evaluation {
	n := e.Images + o.Images
	if n == 0 {
		return e
	}
	loss := float64(e.Loss*float64(e.Images)) + float64(o.Loss*float64(o.Images))
	return Evaluation{Images: n, Correct: e.Correct + o.Correct, Top5: e.Top5 + o.Top5, Loss: loss / float64(n), NoAnswer: e.NoAnswer + o.NoAnswer}
}

// Evaluate measures a classifier on all images of ds, each clean or with one copy
// of Gaussian noise. The result depends only on model, images, sigma, seed and
// copy. The noise of an image depends on its index in ds, also if other images
// are left out. The answer is the class with the largest score, the first of
// equal ones, as in a certification; a class whose score is NaN is never the
// answer.
func Evaluate(ctx context.Context, m Classifier, ds data.Dataset, o EvalOptions) (Evaluation, error) {
	var e Evaluation
	if ds.Len() == 0 {
		return e, errNoImages
	}
	k, input := m.Classes(), data.NewInput(m.Input())
	if got := len(ds.Classes()); got != k {
		return e, fmt.Errorf("%s has %d classes and the model %d; use data with the model's classes", ds.Name(), got, k)
	}
	batch := min(max(o.Batch, 1), m.MaxBatch(), ds.Len())
	ev := evaluator{model: m, input: input, tape: autograd.NewInference(m.Backend()), o: o,
		pixels: make([]uint8, batch*input.Elems()),
		index:  make([]int32, batch), copies: make([]int32, batch), labels: make([]int32, batch),
		target: make([]float32, batch*k), best: make([]int32, batch*min(k, bestAnswers)), losses: make([]float32, batch)}
	if ev.o.LeftOut == nil {
		ev.o.LeftOut = data.NewLeftOut(ds, 0, nil)
	}
	sum := 0.0
	for at := 0; at < ds.Len(); at += batch {
		if err := ctx.Err(); err != nil {
			return e, err
		}
		end := min(at+batch, ds.Len())
		n, err := ev.read(ds, at, end)
		if err != nil {
			return e, err
		}
		loss, err := ev.batch(n, &e)
		if err != nil {
			return e, err
		}
		e.Images += n
		for _, l := range loss {
			sum += float64(l)
		}
		if o.Progress != nil {
			o.Progress(end)
		}
	}
	if e.Images == 0 {
		return e, fmt.Errorf("no image of %s can be used", ds.Name())
	}
	e.Loss = sum / float64(e.Images)
	return e, nil
}

// evaluator holds the buffers of Evaluate.
type evaluator struct {
	model                 Classifier
	input                 data.Input
	tape                  *autograd.Tape
	o                     EvalOptions
	pixels                []uint8
	index, copies, labels []int32
	target, losses        []float32
	best                  []int32 // the best answers for each image, best first
}

// bestAnswers is the number of answers that are compared with the label, for
// models with more classes.
const bestAnswers = 5

// read fills the buffers with the usable images from at to end, and returns
// their number.
func (v *evaluator) read(ds data.Dataset, at, end int) (n int, err error) {
	size := v.input.Elems()
	for i := at; i < end; i++ {
		if err := v.input.Bytes(ds, i, v.pixels[n*size:(n+1)*size]); err != nil {
			if err := v.o.LeftOut.Add(i, err); err != nil {
				return 0, err
			}
			continue
		}
		v.index[n], v.copies[n], v.labels[n] = int32(i), 0, int32(ds.Label(i))
		n++
	}
	return n, nil
}

// batch classifies the n images that were read, counts in e how many are correct,
// among the five best answers and without answer, and returns the loss of each.
func (v *evaluator) batch(n int, e *Evaluation) (losses []float32, err error) {
	if n == 0 {
		return nil, nil
	}
	size, k := v.input.Elems(), v.model.Classes()
	dmae.Targets(v.labels[:n], k, 0, v.target[:n*k])

	b := v.model.Backend()
	scope := b.Mark()
	defer b.Release(scope)
	defer v.tape.Reset()
	upload := func(dtype tensor.DType, src any, dims ...int) *tensor.Tensor {
		t := b.New(dtype, tensor.Of(dims...))
		b.Upload(t, src)
		return t
	}
	ids := func(src []int32) *tensor.Tensor { return upload(tensor.I32, src, n) }
	stored := upload(tensor.U8, v.pixels[:n*size], n, v.input.Channels, v.input.Size, v.input.Size)
	images := v.tape.Apply(ops.Pixels, ops.Attr{}, v.tape.Const(stored)).Value
	if v.o.Sigma > 0 {
		images = dmae.Corrupt(v.tape, images, ids(v.index[:n]), ids(v.copies[:n]), v.o.Sigma,
			philox.Addr{Seed: v.o.Seed, Stream: philox.EvalNoise, Copy: v.o.Copy})
	}
	logits := v.model.Logits(v.tape, v.tape.Const(images))
	loss := v.tape.Apply(ops.CrossEntropy, ops.Attr{}, logits, v.tape.Const(upload(b.Float(), v.target[:n*k], n, k)))
	listed := min(k, bestAnswers)
	best := v.tape.Apply(ops.TopK, ops.Attr{Count: listed}, logits)
	bestTicket, lossTicket := b.Fetch(v.best[:n*listed], best.Value), b.Fetch(v.losses[:n], loss.Value)
	if err := cmp.Or(b.Await(bestTicket), b.Await(lossTicket)); err != nil {
		return nil, err
	}
	for i := range n {
		best := v.best[i*listed : (i+1)*listed]
		if best[0] == v.labels[i] {
			e.Correct++
		}
		if k > bestAnswers && slices.Contains(best, v.labels[i]) {
			e.Top5++
		}
		if best[0] == ops.NoAnswer {
			e.NoAnswer++
		}
	}
	return v.losses[:n], nil
}
