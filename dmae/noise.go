package dmae

import (
	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/tensor"
)

// Corrupt returns images [B, ...] plus Gaussian noise of deviation sigma, in
// units of pixels in [0,1]. The noise of image i is the beginning of the
// sequence at seed, stream and copy of addr with A = a[i] and B = b[i], both
// I32 [B]: in training the index of the sample and the epoch.
func Corrupt(t *autograd.Tape, images, a, b *tensor.Tensor, sigma float64, addr philox.Addr) *tensor.Tensor {
	at := ops.Attr{Scale: sigma, Seed: addr.Seed, Stream: addr.Stream, Copy: addr.Copy}
	return t.Apply(ops.AddNoise, at, t.Const(images), t.Const(a), t.Const(b)).Value
}

// CorruptCopies is Corrupt with a number of its own, I32 [B], for the noisy copy
// that each image is, in place of addr.Copy; nil takes addr.Copy for all.
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
