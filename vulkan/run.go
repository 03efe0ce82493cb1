package vulkan

import (
	"fmt"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// kernel records what computes one operation. Shards are taken care of before.
type kernel func(b *Backend, out, in []*tensor.Tensor, at *ops.Attr)

// kernels is the table of operations that this backend has. Each function stands
// beside its like in kernels_*.go and starts shaders of the same names.
var kernels = map[*ops.Op]kernel{
	ops.Consistency:         consistency,
	ops.ConsistencyGrad:     consistencyGrad,
	ops.Resize:              resize,
	ops.ResizeGrad:          resizeGrad,
	ops.AddPixelNoise:       addPixelNoise,
	ops.NormPatches:         normPatches,
	ops.PatchMSE:            patchMSE,
	ops.PatchMSEGrad:        patchMSEGrad,
	ops.CrossEntropy:        crossEntropy,
	ops.CrossEntropyGrad:    crossEntropyGrad,
	ops.SumSquares:          sumSquares,
	ops.StepScale:           stepScale,
	ops.AdamW:               adamW,
	ops.LARS:                lars,
	ops.BatchNorm:           batchNorm,
	ops.BatchNormGrad:       batchNormGrad,
	ops.Standardize:         standardize,
	ops.RunningStats:        runningStats,
	ops.Mix:                 mix,
	ops.MixRows:             mixRows,
	ops.AddNoise:            addNoise,
	ops.EMA:                 ema,
	ops.Attention:           attention,
	ops.AttentionGrad:       attentionGrad,
	ops.Linear:              linear,
	ops.LinearGradX:         linearGradX,
	ops.LinearGradW:         linearGradW,
	ops.GeluGrad:            geluGrad,
	ops.LayerNorm:           layerNorm,
	ops.LayerNormGradX:      layerNormGradX,
	ops.LayerNormGradParams: layerNormGradParams,
	ops.Softmax:             softmax,
	ops.SoftmaxGrad:         softmaxGrad,
	ops.Add:                 add,
	ops.BroadcastGrad:       broadcastGrad,
	ops.RowScale:            rowScale,
	ops.RowSum:              rowSum,
	ops.Prepend:             prepend,
	ops.PrependGradToken:    prependGradToken,
	ops.Slice:               slice,
	ops.SliceGrad:           sliceGrad,
	ops.MeanTokens:          meanTokens,
	ops.MeanTokensGrad:      meanTokensGrad,
	ops.Gather:              gather,
	ops.GatherGrad:          gatherGrad,
	ops.Restore:             restore,
	ops.RestoreGradX:        restoreGradX,
	ops.RestoreGradToken:    restoreGradToken,
	ops.Patchify:            patchify,
	ops.Unpatchify:          unpatchify,
	ops.Normalize:           normalize,
	ops.Pixels:              pixels,
	ops.ArgMax:              topK,
	ops.TopK:                topK,
	ops.Copy:                copyTensor,
	ops.AddInPlace:          addInPlace,
	ops.ScaleInPlace:        scaleInPlace,
	ops.Fill:                fill,
}

// Run checks the arguments and records the work of op.
func (b *Backend) Run(op *ops.Op, out, in []*tensor.Tensor, at *ops.Attr) {
	k, ok := kernels[op]
	if !ok {
		panic(&tensor.ShapeError{Op: "vulkan.Run", Msg: fmt.Sprintf("operation %q has no Vulkan kernel", op.Name)})
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
