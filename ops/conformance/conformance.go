package conformance

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// Run tests a backend. newBackend returns a fresh one; Run closes it.
func Run(t *testing.T, newBackend func() ops.Backend) {
	t.Run("memory", func(t *testing.T) { memory(t, newBackend) })
	t.Run("transfers", func(t *testing.T) { transfers(t, newBackend) })
	b := newBackend()
	defer func() { require.NoError(t, b.Close()) }()
	if names := ops.Lacking(b); names != nil {
		t.Logf("the backend %q lacks the operations %v: they are not tested", b.Identity().Name, names)
	}
	for _, op := range ops.All {
		if !b.Has(op) {
			continue
		}
		for _, c := range op.Cases() {
			t.Run(op.Name+"/"+c.Name, func(t *testing.T) { check(t, b, op, &c) })
		}
	}
	if b.Float() == tensor.F32 {
		t.Run("batches", func(t *testing.T) { batches(t, b) })
	}
	if b.Identity().Contract == ops.Contract {
		t.Run("contract", func(t *testing.T) { contract(t, b) })
	}
}

func check(t *testing.T, b ops.Backend, op *ops.Op, c *ops.Case) {
	want := reference(op, c)
	scope := b.Mark()
	defer b.Release(scope)
	in, out := c.Draw(op)
	first := run(t, b, op, &c.At, in, out)
	b.New(b.Float(), tensor.Of(17)) // so that the second run uses other memory
	second := run(t, b, op, &c.At, in, out)
	for i := range want {
		require.Equal(t, bits(first[i]), bits(second[i]), "output %d differs between two runs", i)
		require.NoError(t, op.Bounds().Compare(first[i], want[i]), "output %d", i)
	}
}

// reference runs the reference implementation on a case.
func reference(op *ops.Op, c *ops.Case) [][]float64 {
	in, out := c.Draw(op)
	op.Ref(out, in, &c.At)
	r := make([][]float64, len(out))
	for i, a := range out {
		r[i] = values(a)
	}
	return r
}

// Mutants counts the wrong results that the comparison of [Run] detects. It changes
// one element at a time of every output of every case: by 1e-5 of the output's
// largest absolute value, up or down, or by 1 in an integer output. missed counts the
// undetected changes by operation.
func Mutants(t testing.TB, b ops.Backend) (tried, caught int, missed map[string]int) {
	missed = map[string]int{}
	for _, op := range ops.All {
		if !b.Has(op) {
			continue
		}
		for _, c := range op.Cases() {
			want := reference(op, &c)
			scope := b.Mark()
			in, out := c.Draw(op)
			got := run(t, b, op, &c.At, in, out)
			b.Release(scope)
			for i := range got {
				step := 1.0
				if out[i].F != nil {
					step = 1e-5 * largest(want[i])
				}
				for k := range got[i] {
					if step == 0 || got[i][k]-got[i][k] != 0 {
						continue // 0 or NaN: there is no scale for a small change
					}
					changed := append([]float64(nil), got[i]...)
					changed[k] += step * float64(1-2*(k%2))
					tried++
					if op.Bounds().Compare(changed, want[i]) != nil {
						caught++
					} else {
						missed[op.Name]++
					}
				}
			}
		}
	}
	return tried, caught, missed
}

// largest returns the largest finite absolute value.
func largest(x []float64) (m float64) {
	for _, v := range x {
		if v-v == 0 {
			m = max(m, v, -v)
		}
	}
	return m
}
