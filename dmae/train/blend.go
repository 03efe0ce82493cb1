package train

import (
	"fmt"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// blending is mixup and cutmix of a micro-batch. Images 2i and 2i+1 of an
// optimiser step are partners. Depending on the mode, one draw is used for all
// images of a step, for two partners or for one image. The official code draws
// for each micro-batch and pairs the first image with the last, the second with
// the last but one and so on. The order of the images is random, so neighbours
// serve as well. Both are in the same micro-batch if its size is even, so that
// accumulation changes no bit. Copy c of an image is blended with copy m-1-c of
// its partner, as in the official code.
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

	blends []data.Blend // the draw for each row

	// If rows have separate draws: the arguments of ops.MixRows.
	weight  []float32      // [B*copies, 2]
	box     []int32        // [B*copies, 4]
	weights *tensor.Tensor // the same on the backend
	boxes   *tensor.Tensor
}

func newBlending(b ops.Backend, c *dmae.Config, r *Recipe, batch int) (blending, error) {
	if r.Mix == nil || !r.Mix.On() {
		return blending{}, nil
	}
	if batch%2 == 1 && batch != r.Batch {
		return blending{}, fmt.Errorf("train: mixup and cutmix blend pairs of images, which micro-batches of %d would separate; use an even number", batch)
	}
	m := r.copies()
	l := blending{mix: r.Mix, clean: r.MixClean, seed: r.Seed, size: c.DataSize, copies: m,
		rows: make([]int32, batch*m), partners: b.Persist(tensor.I32, tensor.Of(batch*m)), blends: make([]data.Blend, batch*m)}
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
	if r.Mix.Each() {
		l.weight, l.box = make([]float32, 2*batch*m), make([]int32, 4*batch*m)
		l.weights, l.boxes = b.Persist(b.Float(), tensor.Of(batch*m, 2)), b.Persist(tensor.I32, tensor.Of(batch*m, 4))
	}
	return l, nil
}

// draw draws the blends of the rows of a micro-batch of images, given by their
// indices in the data set.
func (l *blending) draw(b ops.Backend, index []uint32, step uint32) {
	if l.mix == nil {
		return
	}
	if !l.mix.Each() {
		d := l.mix.Draw(l.size, l.size, data.MixAddr(l.seed, step, 0))
		for i := range l.blends {
			l.blends[i] = d
		}
		return
	}
	for row, partner := range l.rows {
		first := row
		if l.mix.Mode == data.MixPair {
			first = min(row, int(partner)) // both use the draw of the first
		}
		a := data.MixRowAddr(l.seed, step, index[first/l.copies], uint16(first%l.copies))
		d := l.mix.Draw(l.size, l.size, a)
		l.blends[row] = d
		l.weight[2*row], l.weight[2*row+1] = float32(d.Lambda), float32(1-d.Lambda)
		copy(l.box[4*row:], []int32{int32(d.Y0), int32(d.Y1), int32(d.X0), int32(d.X1)})
	}
	b.Upload(l.weights, l.weight)
	b.Upload(l.boxes, l.box)
}

// images returns the blend of rows x [B*copies, C, h, w].
func (l *blending) images(t *autograd.Tape, x *tensor.Tensor) *tensor.Tensor {
	if l.mix == nil {
		return x
	}
	if l.mix.Each() {
		return t.Apply(ops.MixRows, ops.Attr{}, t.Const(x), t.Const(l.partners), t.Const(l.weights), t.Const(l.boxes)).Value
	}
	d := l.blends[0]
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
func (l *blending) targets(labels []int32, classes int, smoothing float64, dst []float32) {
	if l.mix == nil {
		dmae.Targets(labels, classes, smoothing, dst)
		return
	}
	for row, partner := range l.rows {
		l.blends[row].Targets(labels[row:row+1], labels[partner:partner+1], classes, smoothing, dst[row*classes:(row+1)*classes])
	}
}
