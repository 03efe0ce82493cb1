package ops

// All lists every operation. The conformance suite, gradcheck and the golden
// hashes use it in this order, so an operation that is not listed is not
// tested.
var All = []*Op{
	Linear, LinearGradX, LinearGradW, RowSum, GeluGrad,
	LayerNorm, LayerNormGradX, LayerNormGradParams,
	Attention, AttentionGrad,
	Softmax, SoftmaxGrad,
	Add, BroadcastGrad, RowScale,
	Prepend, PrependGradToken, Slice, SliceGrad, MeanTokens, MeanTokensGrad,
	Gather, GatherGrad, Restore, RestoreGradX, RestoreGradToken,
	Patchify, Unpatchify, Normalize, Resize, ResizeGrad, Pixels, AddNoise, AddPixelNoise, Mix, MixRows,
	NormPatches, PatchMSE, PatchMSEGrad,
	CrossEntropy, CrossEntropyGrad, Consistency, ConsistencyGrad, ArgMax, TopK,
	Copy, AddInPlace, ScaleInPlace, Fill, SumSquares, StepScale, AdamW, EMA, BatchNorm, BatchNormGrad, Standardize, RunningStats, LARS,
}

// Lacking returns the names of the operations that a backend cannot run.
func Lacking(b Backend) (names []string) {
	for _, op := range All {
		if !b.Has(op) {
			names = append(names, op.Name)
		}
	}
	return names
}
