package cpu

import (
	"fmt"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// kernel runs one operation.
type kernel func(b *Backend, out, in []*tensor.Tensor, at *ops.Attr)

// kernels maps the operations to their kernels.
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
	ops.ArgMax:              top,
	ops.TopK:                top,
	ops.Pixels:              pixels,
	ops.AddNoise:            addNoise,
	ops.AddPixelNoise:       addPixelNoise,
	ops.Resize:              resize,
	ops.Mix:                 mix,
	ops.MixRows:             mixRows,
	ops.ResizeGrad:          resizeGrad,
	ops.AdamW:               adamW,
	ops.SumSquares:          sumSquares,
	ops.StepScale:           stepScale,
	ops.EMA:                 ema,
	ops.LARS:                lars,
	ops.BatchNorm:           batchNorm,
	ops.BatchNormGrad:       batchNormGrad,
	ops.Standardize:         standardize,
	ops.RunningStats:        runningStats,
}

// Run checks the arguments and computes op from in into out.
func (b *Backend) Run(op *ops.Op, out, in []*tensor.Tensor, at *ops.Attr) {
	k, ok := kernels[op]
	if !ok {
		panic(&tensor.ShapeError{Op: "cpu.Run", Msg: fmt.Sprintf("operation %q has no CPU kernel", op.Name)})
	}
	ops.Check(tensor.F32, op, out, in, at)
	if at.Shards > 1 {
		b.shards.Run(b, op, out, in, at)
	} else {
		k(b, out, in, at)
	}
	for _, t := range out {
		t.Touch()
	}
}
