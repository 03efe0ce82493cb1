package dmae

import (
	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/tensor"
)

// Corruption computes the training inputs of a model from clean images, instead
// of adding Gaussian noise. It computes with operations of the tape.
type Corruption struct {
	// Name describes it with its settings. A checkpoint records it, and
	// training can only be resumed with the same one.
	Name string

	// Apply returns images of the same shape as its input [B, C, h, w] in
	// [0,1], which it does not change. Random numbers are drawn at the
	// addresses of the rows, so that they do not depend on the micro-batches.
	Apply func(t *autograd.Tape, images *tensor.Tensor, rows *Rows) *tensor.Tensor
}

// Rows describes the images in the rows of a batch: on the host, and for
// operations on the backend.
type Rows struct {
	Seed   uint64 // of the training
	Copies int    // noisy copies of an image; row i is copy i mod Copies

	// Index in the data set and epoch of each row's image, [B].
	Index, Epoch []int32

	// OnBackend holds them as I32 [B], and the number of each row's copy, nil
	// if each image has one copy.
	OnBackend struct{ Index, Epoch, Copy *tensor.Tensor }
}

// Addr returns the address of a row's random numbers. Streams from
// philox.FirstUserStream on are free.
func (r *Rows) Addr(row int, s philox.Stream) philox.Addr {
	return philox.Addr{Seed: r.Seed, Stream: s, Copy: uint16(row % r.Copies), A: uint32(r.Index[row]), B: uint32(r.Epoch[row])}
}

// Corrupt returns images [B, ...] plus Gaussian noise of deviation sigma, in
// units of pixels in [0,1]. The noise of image i is the beginning of the
// sequence at seed, stream and copy of addr with A = a[i] and B = b[i], both
// I32 [B]. In training they are the index of the sample and the epoch.
func Corrupt(t *autograd.Tape, images, a, b *tensor.Tensor, sigma float64, addr philox.Addr) *tensor.Tensor {
	at := ops.Attr{Scale: sigma, Seed: addr.Seed, Stream: addr.Stream, Copy: addr.Copy}
	return t.Apply(ops.AddNoise, at, t.Const(images), t.Const(a), t.Const(b)).Value
}

// CorruptCopies is Corrupt with the number of each image's noisy copy, I32 [B],
// instead of addr.Copy; with nil it is addr.Copy for all.
func CorruptCopies(t *autograd.Tape, images, a, b, copies *tensor.Tensor, sigma float64, addr philox.Addr) *tensor.Tensor {
	if copies == nil {
		return Corrupt(t, images, a, b, sigma, addr)
	}
	at := ops.Attr{Scale: sigma, Seed: addr.Seed, Stream: addr.Stream}
	return t.Apply(ops.AddNoise, at, t.Const(images), t.Const(a), t.Const(b), t.Const(copies)).Value
}

// Targets writes the target distributions of a classification with label
// smoothing (Szegedy et al., arXiv 1512.00567): 1-smoothing for the label and
// smoothing spread evenly over all classes. out is [len(labels), classes].
func Targets(labels []int32, classes int, smoothing float64, out []float32) {
	off := smoothing / float64(classes)
	for i, label := range labels {
		row := out[i*classes : (i+1)*classes]
		for c := range row {
			row[c] = float32(off)
		}
		row[label] = float32(1 - smoothing + off)
	}
}
