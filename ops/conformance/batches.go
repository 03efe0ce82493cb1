package conformance

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// batched lists the operations on batches, and which of their inputs are the
// same for all samples.
var batched = []struct {
	op     *ops.Op
	sum    bool // the output is a sum over the samples
	shared []int
}{
	{op: ops.Linear, shared: []int{1, 2}}, {op: ops.LinearGradX, shared: []int{1}}, {op: ops.GeluGrad},
	{op: ops.LayerNorm, shared: []int{1, 2}}, {op: ops.LayerNormGradX, shared: []int{4}},
	{op: ops.Attention}, {op: ops.AttentionGrad}, {op: ops.Softmax}, {op: ops.SoftmaxGrad},
	{op: ops.RowScale}, {op: ops.Prepend, shared: []int{0}}, {op: ops.Slice}, {op: ops.SliceGrad},
	{op: ops.MeanTokens}, {op: ops.MeanTokensGrad}, {op: ops.Gather}, {op: ops.GatherGrad},
	{op: ops.Restore, shared: []int{1}}, {op: ops.RestoreGradX}, {op: ops.Patchify}, {op: ops.Unpatchify},
	{op: ops.Normalize}, {op: ops.Resize}, {op: ops.ResizeGrad}, {op: ops.AddNoise}, {op: ops.AddPixelNoise}, {op: ops.NormPatches}, {op: ops.Standardize, shared: []int{1, 2}},
	{op: ops.PatchMSE}, {op: ops.PatchMSEGrad}, {op: ops.CrossEntropy}, {op: ops.CrossEntropyGrad},

	{op: ops.LinearGradW, sum: true}, {op: ops.RowSum, sum: true}, {op: ops.LayerNormGradParams, sum: true},
	{op: ops.BroadcastGrad, sum: true, shared: []int{1}},
	{op: ops.PrependGradToken, sum: true}, {op: ops.RestoreGradToken, sum: true},
}

// batches checks that the bits of a result do not depend on how samples are
// grouped: one batch, or one sample after the other. Sums over samples are
// accumulated.
func batches(t *testing.T, b ops.Backend) {
	for _, o := range batched {
		for _, c := range o.op.Cases() {
			t.Run(o.op.Name+"/"+c.Name, func(t *testing.T) {
				scope := b.Mark()
				defer b.Release(scope)
				if o.sum {
					c.At.Accumulate = true
				}
				in, out := c.Draw(o.op)
				first := 0
				for slices.Contains(o.shared, first) {
					first++
				}
				n := in[first].Shape.Dim(0)
				whole := run(t, b, o.op, &c.At, in, out)
				parts := make([][]float64, len(out))
				sums := out
				for i := range n {
					piece := make([]*ops.Array, len(in))
					for j, a := range in {
						piece[j] = a
						if a != nil && !slices.Contains(o.shared, j) {
							piece[j] = sample(a, i, n)
						}
					}
					if !o.sum {
						sums = nil
						for _, a := range out {
							sums = append(sums, sample(a, i, n))
						}
					}
					got := run(t, b, o.op, &c.At, piece, sums)
					if !o.sum {
						for j := range got {
							parts[j] = append(parts[j], got[j]...)
						}
						continue
					}
					parts, sums = got, nil
					for j, a := range out {
						sums = append(sums, &ops.Array{Shape: a.Shape, F: got[j]})
					}
				}
				for j := range whole {
					require.Equal(t, bits(whole[j]), bits(parts[j]), "output %d of %d samples, at once and one by one", j, n)
				}
			})
		}
	}
}

// sample returns part i of n of an array, split along its outermost dimension.
func sample(a *ops.Array, i, n int) *ops.Array {
	dims := a.Shape.Dims()
	r := &ops.Array{}
	if len(dims) == 0 || dims[0]%n != 0 { // an output kept empty
		return a
	}
	dims[0] /= n
	r.Shape = tensor.Of(dims...)
	size := r.Shape.Elems()
	if a.I != nil {
		r.I = a.I[i*size : (i+1)*size]
	} else {
		r.F = a.F[i*size : (i+1)*size]
	}
	return r
}
