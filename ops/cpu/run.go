package cpu

import (
	"fmt"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/tensor"
)

// kernel runs one operation.
type kernel func(b *Backend, out, in []*tensor.Tensor, at *ops.Attr)

// kernels is the table of operations this backend has.
var kernels = map[*ops.Op]kernel{
	ops.Linear:              linear,
	ops.LinearGradX:         linearGradX,
	ops.LinearGradW:         linearGradW,
	ops.RowSum:              rowSum,
	ops.GeluGrad:            geluGrad,
	ops.LayerNorm:           layerNorm,
	ops.LayerNormGradX:      layerNormGradX,
	ops.LayerNormGradParams: layerNormGradParams,
	ops.Attention:           attention,
	ops.AttentionGrad:       attentionGrad,
	ops.Add:                 add,
	ops.AddInPlace:          addInPlace,
	ops.BroadcastGrad:       broadcastGrad,
	ops.RowScale:            rowScale,
	ops.Copy:                copyTensor,
	ops.Fill:                fill,
	ops.ScaleInPlace:        scaleInPlace,
	ops.Prepend:             prepend,
	ops.PrependGradToken:    prependGradToken,
	ops.Gather:              gather,
	ops.GatherGrad:          gatherGrad,
	ops.Restore:             restore,
	ops.RestoreGradX:        restoreGradX,
	ops.RestoreGradToken:    restoreGradToken,
	ops.Slice:               sliceTokens,
	ops.SliceGrad:           sliceTokensGrad,
	ops.MeanTokens:          meanTokens,
	ops.MeanTokensGrad:      meanTokensGrad,
	ops.Patchify:            patchify,
	ops.Unpatchify:          unpatchify,
	ops.Normalize:           normalize,
	ops.NormPatches:         normPatches,
	ops.PatchMSE:            patchMSE,
	ops.PatchMSEGrad:        patchMSEGrad,
	ops.CrossEntropy:        crossEntropy,
	ops.CrossEntropyGrad:    crossEntropyGrad,
	ops.Softmax:             softmax,
	ops.SoftmaxGrad:         softmaxGrad,
	ops.Consistency:         consistency,
	ops.ConsistencyGrad:     consistencyGrad,
	ops.AddNoise:            addNoise,
	ops.AddPixelNoise:       addPixelNoise,
	ops.Resize:              resize,
	ops.Mix:                 mix,
	ops.MixRows:             mixRows,
	ops.ResizeGrad:          resizeGrad,
	ops.AdamW:               adamW,
	ops.SumSquares:          sumSquares,
	ops.EMA:                 ema,
	ops.LARS:                lars,
	ops.BatchNorm:           batchNorm,
	ops.BatchNormGrad:       batchNormGrad,
	ops.Standardize:         standardize,
	ops.RunningStats:        runningStats,
}

// Run computes op from in into out.
func (b *Backend) Run(op *ops.Op, out, in []*tensor.Tensor, at *ops.Attr) {
	k, ok := kernels[op]
	if !ok {
		panic(&tensor.ShapeError{Op: "cpu.Run", Msg: fmt.Sprintf("operation %q has no CPU kernel", op.Name)})
	}
	k(b, out, in, at)
	for _, t := range out {
		t.Touch()
	}
}

// job is the operation being spread over the workers: a function over a range
// of some index, and the slices and numbers it reads. It lives in the backend,
// so that starting one allocates nothing.
type job struct {
	fn       func(j *job, lo, hi int)
	n, grain int

	dst, dst2, dst3 []float32
	a, b, c, d, e   []float32
	ids, ids2, ids3 []int32
	seeds           []int32
	pixels          []int32
	size            [6]int // meaning is the kernel's
	s               float32
	acc             bool
	at              *ops.Attr
	adam            simd.AdamW
}

// elementGrain is the number of elements a worker takes at a time in
// elementwise kernels: 32 KiB of float32.
const elementGrain = 8 << 10

// each runs b.job.fn over [0,n) in pieces of grain.
func (b *Backend) each(n, grain int, j job) {
	if n == 0 {
		return
	}
	grain = max(grain, 1)
	if n <= grain || b.pool.Threads() == 1 {
		b.job = j
		b.job.fn(&b.job, 0, n)
	} else {
		j.n, j.grain = n, grain
		b.job = j
		b.pool.Run((n+grain-1)/grain, b.runJob)
	}
	b.job = job{} // keep no slice alive
}

// work is the pool's view of the current job.
func (b *Backend) work(_, task int) {
	j := &b.job
	lo := task * j.grain
	j.fn(j, lo, min(lo+j.grain, j.n))
}

// rowGrain returns how many rows of n elements make a piece of work.
func rowGrain(n int) int { return max(1, elementGrain/max(n, 1)) }

// scratch returns n float32 of undefined content, valid until the next call.
func (b *Backend) scratch(n int) []float32 {
	if cap(b.parts) < n {
		b.parts = make([]float32, n)
	}
	return b.parts[:n]
}

// samples returns the number of samples of a tensor (its outermost dimension)
// and the elements of one.
func samples(t *tensor.Tensor) (count, elems int) {
	count = t.Shape().Dim(0)
	if count == 0 {
		return 0, 0
	}
	return count, t.Shape().Elems() / count
}
