package conformance

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// batches checks the batch rule of each operation's row: one batch and single samples
// give the same bits. Sums over samples are accumulated. Sums in groups are compared
// with the tree of the groups' sums.
func batches(t *testing.T, b ops.Backend) {
	for _, op := range ops.All {
		if op.Batch.Rule == ops.WholeBatch || !b.Has(op) {
			continue
		}
		for _, c := range op.Cases() {
			t.Run(op.Name+"/"+c.Name, func(t *testing.T) {
				scope := b.Mark()
				defer b.Release(scope)
				in, out := c.Draw(op)
				var apart [][]float64
				switch {
				case c.At.Shards > 1:
					apart = groups(t, b, op, c.At, in, out)
				case op.Batch.Rule == ops.SumSamples:
					c.At.Accumulate = true
					apart = chain(t, b, op, &c.At, in, out)
				default:
					apart = oneByOne(t, b, op, &c.At, in, out)
				}
				whole := run(t, b, op, &c.At, in, out)
				for j := range whole {
					require.Equal(t, bits(whole[j]), bits(apart[j]), "output %d, at once and in parts", j)
				}
			})
		}
	}
}

// oneByOne returns the concatenated results of single samples.
func oneByOne(t *testing.T, b ops.Backend, op *ops.Op, at *ops.Attr, in, out []*ops.Array) [][]float64 {
	all := make([][]float64, len(out))
	n := sampleCount(op, in, out)
	for i := range n {
		initial := make([]*ops.Array, len(out))
		for j, a := range out {
			initial[j] = part(a, i, n)
		}
		for j, v := range run(t, b, op, at, parts(op, in, i, n), initial) {
			all[j] = append(all[j], v...)
		}
	}
	return all
}

// chain adds the samples to the outputs one after the other.
func chain(t *testing.T, b ops.Backend, op *ops.Op, at *ops.Attr, in, out []*ops.Array) (sums [][]float64) {
	n := sampleCount(op, in, out)
	for i := range n {
		sums = run(t, b, op, at, parts(op, in, i, n), out)
		next := make([]*ops.Array, len(out))
		for j, a := range out {
			next[j] = &ops.Array{Shape: a.Shape, F: sums[j]}
		}
		out = next
	}
	return sums
}

// groups adds the sums of at.Shards groups of samples in a binary tree, in float32.
func groups(t *testing.T, b ops.Backend, op *ops.Op, at ops.Attr, in, out []*ops.Array) [][]float64 {
	n, accumulate := at.Shards, at.Accumulate
	at.Shards, at.Accumulate = 0, false
	var sums [][][]float64
	for g := range n {
		sums = append(sums, run(t, b, op, &at, parts(op, in, g, n), out))
	}
	add := func(x, y [][]float64) [][]float64 {
		for i := range x {
			for j := range x[i] {
				x[i][j] = float64(float32(x[i][j]) + float32(y[i][j]))
			}
		}
		return x
	}
	for ; len(sums) > 1; sums = sums[:len(sums)/2] {
		for i := range len(sums) / 2 {
			sums[i] = add(sums[2*i], sums[2*i+1])
		}
	}
	if !accumulate {
		return sums[0]
	}
	var initial [][]float64
	for _, a := range out {
		initial = append(initial, append([]float64(nil), a.F...))
	}
	return add(initial, sums[0])
}

// sampleCount returns the number of samples of a batch: the outermost dimension of
// the first input that is not shared, or of the first output.
func sampleCount(op *ops.Op, in, out []*ops.Array) int {
	for i, a := range in {
		// Rows that are picked do not give the number of samples; the input
		// that picks does.
		if a != nil && !op.In[i].Shared && !picked(op, in, i) {
			return a.Shape.Dim(0)
		}
	}
	return out[0].Shape.Dim(0)
}

// picked reports whether samples pick their rows of input i, so that it is not
// split with the batch.
func picked(op *ops.Op, in []*ops.Array, i int) bool {
	for j, p := range op.In {
		if p.Picks && in[j] != nil && i == 0 {
			return true
		}
	}
	return false
}

// parts returns part i of n of the inputs; shared inputs are returned whole.
func parts(op *ops.Op, in []*ops.Array, i, n int) []*ops.Array {
	piece := make([]*ops.Array, len(in))
	for j, a := range in {
		piece[j] = a
		shared := op.In[j].Shared && (a == nil || a.Shape != in[0].Shape)
		if a != nil && !shared && !picked(op, in, j) {
			piece[j] = part(a, i, n)
		}
	}
	return piece
}

// part returns part i of n of an array, split along its outermost dimension.
func part(a *ops.Array, i, n int) *ops.Array {
	dims := a.Shape.Dims()
	if len(dims) == 0 || dims[0]%n != 0 { // an empty output
		return a
	}
	dims[0] /= n
	r := &ops.Array{Shape: tensor.Of(dims...)}
	lo, hi := i*r.Shape.Elems(), (i+1)*r.Shape.Elems()
	switch {
	case a.I != nil:
		r.I = a.I[lo:hi]
	case a.U != nil:
		r.U = a.U[lo:hi]
	default:
		r.F = a.F[lo:hi]
	}
	return r
}
