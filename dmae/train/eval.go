package train

import (
	"context"
	"fmt"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/internal/philox"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// EvalOptions say how a classifier is evaluated.
type EvalOptions struct {
	Batch int     // images at a time; changes no result
	Sigma float64 // of the noise, in units of pixels scaled to [0,1]; 0 for clean images
	Copy  uint16  // number of the noisy copy
	Seed  uint64  // of the noise
	// Progress is called after every batch with the number of images done; it
	// may be nil.
	Progress func(done int)
}

// Evaluation is what a classifier achieved on Images images.
type Evaluation struct {
	Images  int
	Correct int
	Top5    int     // the label is one of the five best answers; 0 for models of at most 5 classes
	Loss    float64 // mean cross-entropy
}

// Accuracy returns the share of images that were classified correctly.
func (e Evaluation) Accuracy() float64 { return float64(e.Correct) / float64(e.Images) }

// Plus returns the evaluation over the images of both.
func (e Evaluation) Plus(o Evaluation) Evaluation {
	n := e.Images + o.Images
	if n == 0 {
		return e
	}
	loss := float64(e.Loss*float64(e.Images)) + float64(o.Loss*float64(o.Images))
	return Evaluation{Images: n, Correct: e.Correct + o.Correct, Top5: e.Top5 + o.Top5, Loss: loss / float64(n)}
}

// Evaluate measures a classifier on all images of ds, each clean or with one
// copy of Gaussian noise. The result depends on nothing but model, images,
// sigma, seed and copy. A class with the largest score wins; the first of equal
// ones.
func Evaluate(ctx context.Context, m *dmae.Classifier, ds data.Dataset, o EvalOptions) (Evaluation, error) {
	var e Evaluation
	c := &m.Config
	if ds.Len() == 0 {
		return e, errNoImages
	}
	if got := len(ds.Classes()); got != c.Classes {
		return e, fmt.Errorf("%s has %d classes and the model %d; use data with the model's classes", ds.Name(), got, c.Classes)
	}
	batch := min(max(o.Batch, 1), ds.Len())
	ev := evaluator{model: m, tape: autograd.NewInference(m.Params.Backend()), o: o,
		pixels: make([]float32, batch*c.Pixels()),
		index:  make([]int32, batch), copies: make([]int32, batch), labels: make([]int32, batch),
		target: make([]float32, batch*c.Classes), logits: make([]float32, batch*c.Classes), losses: make([]float32, batch)}
	sum := 0.0
	for at := 0; at < ds.Len(); at += batch {
		if err := ctx.Err(); err != nil {
			return e, err
		}
		n := min(batch, ds.Len()-at)
		correct, top5, loss, err := ev.batch(ds, at, n)
		if err != nil {
			return e, err
		}
		e.Images += n
		e.Correct += correct
		e.Top5 += top5
		for _, l := range loss {
			sum += float64(l)
		}
		if o.Progress != nil {
			o.Progress(e.Images)
		}
	}
	e.Loss = sum / float64(e.Images)
	return e, nil
}

// evaluator holds the buffers of Evaluate.
type evaluator struct {
	model                  *dmae.Classifier
	tape                   *autograd.Tape
	o                      EvalOptions
	pixels                 []float32
	index, copies, labels  []int32
	target, logits, losses []float32
}

// batch classifies the n images from at on and returns how many are correct,
// how many among the five best answers, and the loss of each.
func (v *evaluator) batch(ds data.Dataset, at, n int) (correct, top5 int, losses []float32, err error) {
	c := &v.model.Config
	size, k := c.Pixels(), c.Classes
	for i := range n {
		if err := Pixels(ds, at+i, c, v.pixels[i*size:(i+1)*size]); err != nil {
			return 0, 0, nil, err
		}
		v.index[i], v.copies[i], v.labels[i] = int32(at+i), 0, int32(ds.Label(at+i))
	}
	dmae.Targets(v.labels[:n], k, 0, v.target[:n*k])

	b := v.model.Params.Backend()
	scope := b.Mark()
	defer b.Release(scope)
	defer v.tape.Reset()
	float := func(src []float32, shape tensor.Shape) *tensor.Tensor {
		t := b.New(b.Float(), shape)
		b.Upload(t, src)
		return t
	}
	ids := func(src []int32) *tensor.Tensor {
		t := b.New(tensor.I32, tensor.Of(n))
		b.Upload(t, src)
		return t
	}
	images := float(v.pixels[:n*size], tensor.Of(n, c.Channels, c.DataSize, c.DataSize))
	if v.o.Sigma > 0 {
		images = dmae.Corrupt(v.tape, images, ids(v.index[:n]), ids(v.copies[:n]), v.o.Sigma,
			philox.Addr{Seed: v.o.Seed, Stream: philox.EvalNoise, Copy: v.o.Copy})
	}
	logits := v.model.Logits(v.tape, images, nil)
	loss := v.tape.Apply(ops.CrossEntropy, ops.Attr{}, logits, v.tape.Const(float(v.target[:n*k], tensor.Of(n, k))))
	if err := b.Download(v.logits[:n*k], logits.Value); err != nil {
		return 0, 0, nil, err
	}
	if err := b.Download(v.losses[:n], loss.Value); err != nil {
		return 0, 0, nil, err
	}
	for i := range n {
		place := placeOf(v.logits[i*k:(i+1)*k], int(v.labels[i]))
		if place == 0 {
			correct++
		}
		if place < 5 && k > 5 {
			top5++
		}
	}
	return correct, top5, v.losses[:n], nil
}

// placeOf returns how many classes come before a label: those with a larger
// score, and those of the same score with a smaller number. A score that is no
// number comes last.
func placeOf(scores []float32, label int) (place int) {
	s := scores[label]
	for j, x := range scores {
		if x > s || x == s && j < label || s != s && (x == x || j < label) {
			place++
		}
	}
	return place
}
