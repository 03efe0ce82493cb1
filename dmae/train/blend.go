package train

import (
	"fmt"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// blending is mixup and cutmix of a micro-batch. What is drawn holds for all
// images of an optimiser step, and images 2i and 2i+1 of it are partners. The
// official code draws for each micro-batch and pairs the first image with the
// last, the second with the last but one and so on; since the order of the
// images is random, neighbours are as good, and they are in the same micro-batch
// if that is even: accumulation changes no bit. Copy c of an image is blended
// with copy m-1-c of its partner, as there.
//
// The zero value blends nothing.
type blending struct {
	mix      *data.Mix
	clean    bool // before the noise is added
	seed     uint64
	size     int            // side of the images
	copies   int            // rows of an image
	rows     []int32        // of the partners
	partners *tensor.Tensor // the same on the backend
	reversed []int32        // labels of the partners, in the order of [data.Blend.Targets]
}

func newBlending(b ops.Backend, c *dmae.Config, r *Recipe, batch int) (blending, error) {
	if r.Mix == nil || !r.Mix.On() {
		return blending{}, nil
	}
	if batch%2 == 1 && batch != r.Batch {
		return blending{}, fmt.Errorf("train: mixup and cutmix blend pairs of images, which micro-batches of %d would tear apart; use an even number", batch)
	}
	m := r.copies()
	l := blending{mix: r.Mix, clean: r.MixClean, seed: r.Seed, size: c.DataSize, copies: m,
		rows: make([]int32, batch*m), partners: b.Persist(tensor.I32, tensor.Of(batch*m)), reversed: make([]int32, batch*m)}
	for i := range batch {
		other := i ^ 1
		if other == batch {
			other = i // the last image of an odd batch has no partner
		}
		for c := range m {
			l.rows[i*m+c] = int32(other*m + m - 1 - c)
		}
	}
	b.Upload(l.partners, l.rows)
	return l, nil
}

// draw returns the blend of an optimiser step.
func (l *blending) draw(step uint32) data.Blend {
	return l.mix.Draw(l.size, l.size, data.MixAddr(l.seed, step, 0))
}

// images returns the blend of rows x [B*copies, C, h, w].
func (l *blending) images(t *autograd.Tape, x *tensor.Tensor, step uint32) *tensor.Tensor {
	if l.mix == nil {
		return x
	}
	d := l.draw(step)
	if d.Lambda == 1 {
		return x
	}
	at := ops.Attr{Scale: d.Lambda}
	if d.Cutmix {
		at.Box = [4]int{d.Y0, d.Y1, d.X0, d.X1}
	}
	return t.Apply(ops.Mix, at, t.Const(x), t.Const(l.partners)).Value
}

// targets writes the target distributions of rows with the given labels.
func (l *blending) targets(labels []int32, step uint32, classes int, smoothing float64, dst []float32) {
	if l.mix == nil {
		dmae.Targets(labels, classes, smoothing, dst)
		return
	}
	last := len(labels) - 1
	for i, row := range l.rows {
		l.reversed[last-i] = labels[row]
	}
	l.draw(step).Targets(labels, l.reversed, classes, smoothing, dst)
}
