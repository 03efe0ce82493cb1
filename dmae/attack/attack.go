// Package attack searches, near an image, for another image to which a
// smoothed classifier gives a different answer. A certificate says that there
// is none within its radius; outside of it there may be one. Start at
// [Search].
package attack

import (
	"context"
	"fmt"
	"math"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/tensor"
)

// Model is a classifier of any family that can be attacked.
type Model interface {
	// Backend returns the backend that holds the weights.
	Backend() ops.Backend

	// Classes returns the number of classes.
	Classes() int

	// Input returns the shape [channels, size, size] of an image.
	Input() (channels, size int)

	// Logits maps images [B, channels, size, size], pixels scaled to [0,1] plus
	// noise, to scores [B, Classes]. The images are differentiated.
	Logits(t *autograd.Tape, images *autograd.Variable) *autograd.Variable
}

// Search is a projected gradient ascent of the expected cross-entropy
//
//	E[CE(f(x + d + sigma n), class)],  n standard normal,
//
// over ||d|| <= radius with x + d in [0,1], the expectation replaced in each
// step by the mean over fresh noise (Madry et al., arXiv 1706.06083; Salman et
// al., arXiv 1906.04584, for smoothed classifiers). If a search finds no such
// image, there may still be one.
type Search struct {
	Model   Model
	Sigma   float32 // deviation of the noise, pixels in [0,1]
	Samples int     // noisy copies per step
	Steps   int
	Seed    uint64

	Progress func(steps int) // gets the number of finished steps; may be nil
}

// stepShare is the length of a step as a multiple of radius/Steps: the steps
// together are 2.5 radii long, so that the search can move along the sphere.
const stepShare = 2.5

// Run returns the last image of the search, [C, h, w] like x: at most radius
// (L2) away from x, and in [0,1] wherever x is.
func (a *Search) Run(ctx context.Context, x []float32, class int, radius float64) ([]float32, error) {
	if err := data.NewInput(a.Model.Input()).Check(0, len(x)); err != nil {
		return nil, err
	}
	switch classes := a.Model.Classes(); {
	case class < 0 || class >= classes:
		return nil, fmt.Errorf("cannot attack class %d: the model has classes 0 to %d", class, classes-1)
	case a.Samples < 1 || a.Steps < 1 || !(radius >= 0) || math.IsInf(radius, 0):
		return nil, fmt.Errorf("an attack needs at least 1 sample and 1 step, not %d and %d, and a radius of at least 0, not %g", a.Samples, a.Steps, radius)
	}
	y := append([]float32(nil), x...)
	gradient := make([]float32, len(x))
	length := stepShare * radius / float64(a.Steps)
	for step := range a.Steps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if _, err := a.gradient(y, class, uint32(step), gradient); err != nil {
			return nil, err
		}
		norm := norm2(gradient)
		if norm == 0 || math.IsNaN(norm) || math.IsInf(norm, 0) {
			break // zero in float32, or not finite: no direction is better than another
		}
		for i, g := range gradient {
			y[i] += float32(length / norm * float64(g))
		}
		project(y, x, radius)
		if a.Progress != nil {
			a.Progress(step + 1)
		}
	}
	return y, nil
}

// gradient returns the sum of the losses of the noisy copies of y in a step and
// writes its derivative with respect to y.
func (a *Search) gradient(y []float32, class int, step uint32, out []float32) (loss float64, err error) {
	m, n := a.Model, a.Samples
	channels, size := m.Input()
	b := m.Backend()
	scope := b.Mark()
	defer b.Release(scope)
	t := autograd.NewTape(b)

	shape := tensor.Of(n, channels, size, size)
	copies, ids, wanted := make([]float32, n*len(y)), make([]int32, n), make([]float32, n*m.Classes())
	for i := range n {
		copy(copies[i*len(y):], y)
		ids[i], wanted[i*m.Classes()+class] = int32(i), 1
	}
	images := b.New(b.Float(), shape)
	b.Upload(images, copies)
	first, second := b.New(tensor.I32, tensor.Of(n)), b.New(tensor.I32, tensor.Of(n))
	b.Upload(first, ids)
	for i := range ids {
		ids[i] = int32(step)
	}
	b.Upload(second, ids)
	at := ops.Attr{Scale: float64(a.Sigma), Seed: a.Seed, Stream: philox.AttackNoise}
	noisy := t.Apply(ops.AddNoise, at, t.Const(images), t.Const(first), t.Const(second)).Value

	// The derivative of x + sigma n with respect to x is 1: the noisy copies are
	// the leaves, and the image gets the sum of their derivatives.
	leaf := autograd.NewParam("noisy images", noisy, filled(b, shape, 0))
	logits := m.Logits(t, leaf)
	target := b.New(b.Float(), tensor.Of(n, m.Classes()))
	b.Upload(target, wanted)
	each := t.Apply(ops.CrossEntropy, ops.Attr{}, logits, t.Const(target))
	t.Backward(each, filled(b, each.Shape(), 1))
	losses := make([]float32, n)
	if err := b.Download(losses, each.Value); err != nil {
		return 0, err
	}
	for _, v := range losses {
		loss += float64(v)
	}
	if err := b.Download(copies, leaf.Grad); err != nil {
		return 0, err
	}
	for i := range out {
		sum := 0.0
		for k := range n {
			sum += float64(copies[k*len(out)+i])
		}
		out[i] = float32(sum)
	}
	return loss, nil
}

func filled(b ops.Backend, s tensor.Shape, value float64) *tensor.Tensor {
	t := b.New(b.Float(), s)
	b.Run(ops.Fill, []*tensor.Tensor{t}, nil, &ops.Attr{Value: value})
	return t
}

// project moves y to the nearest point of the ball around x, and then into the
// cube of pixels. The second move brings it closer to x, because x is in the
// cube.
func project(y, x []float32, radius float64) {
	d := make([]float32, len(x))
	for i := range d {
		d[i] = y[i] - x[i]
	}
	scale := 1.0
	if norm := norm2(d); norm > radius {
		scale = radius / norm
	}
	// After rounding to float32 it may be slightly outside: then it is
	// shortened slightly more.
	for ; ; scale *= 1 - 1e-6 {
		for i := range d {
			v := x[i] + float32(scale*float64(d[i]))
			y[i] = min(max(v, min(x[i], 0)), max(x[i], 1))
		}
		if Distance(x, y) <= radius {
			return
		}
	}
}

// Distance returns the L2 distance of two images.
func Distance(x, y []float32) float64 {
	sum := 0.0
	for i := range x {
		d := float64(x[i]) - float64(y[i])
		sum += float64(d * d)
	}
	return math.Sqrt(sum)
}

// norm2 returns the Euclidean norm.
func norm2(v []float32) float64 {
	sum := 0.0
	for _, x := range v {
		sum += float64(float64(x) * float64(x))
	}
	return math.Sqrt(sum)
}
