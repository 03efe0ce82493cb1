package cpu

import (
	"fmt"
	"testing"

	"github.com/godmae/godmae/internal/raceflag"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/ops/conformance"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/tensor"
	"github.com/stretchr/testify/require"
)

// eachISA runs a test on every instruction set this machine has.
func eachISA(t *testing.T, f func(t *testing.T)) {
	before := simd.ISA()
	t.Cleanup(func() { require.NoError(t, simd.Select(before)) })
	for _, isa := range simd.Available() {
		t.Run(isa, func(t *testing.T) {
			require.NoError(t, simd.Select(isa))
			f(t)
		})
	}
}

func TestConformance(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		for _, threads := range []int{1, 2, 7} {
			t.Run(fmt.Sprintf("threads=%d", threads), func(t *testing.T) {
				conformance.Run(t, func() ops.Backend { return New(Options{Threads: threads}) })
			})
		}
	})
}

func TestEveryOperationHasAKernel(t *testing.T) {
	for _, op := range ops.All {
		require.Contains(t, kernels, op, "operation %s", op.Name)
	}
	require.Len(t, kernels, len(ops.All))
}

// Memory released by a scope is reused, and steps after the first do not
// allocate.
func TestScopesReuseMemory(t *testing.T) {
	b := New(Options{Threads: 2})
	defer b.Close()
	w := b.Persist(tensor.F32, tensor.Of(48, 48))
	step := func() {
		outer := b.Mark()
		x := b.New(tensor.F32, tensor.Of(64, 9, 48))
		b.Run(ops.Fill, []*tensor.Tensor{x}, nil, &ops.Attr{Value: 1})
		inner := b.Mark()
		big := b.New(tensor.F32, tensor.Of(chunkElems+1))
		b.Release(inner)
		again := b.New(tensor.F32, tensor.Of(chunkElems+1))
		require.Same(t, big, again, "headers are recycled")
		at := ops.Attr{}
		ops.Apply(b, ops.Linear, &at, x, w, nil, nil, nil)
		b.Release(outer)
	}
	step()
	chunks := len(b.floats.chunks)
	allocs := testing.AllocsPerRun(20, step)
	require.Equal(t, chunks, len(b.floats.chunks))
	require.LessOrEqual(t, allocs, 25.0)
}

// An operation allocates nothing after its first run. A kernel whose function
// captures a variable fails here, see each.
func TestOperationsAllocateNothing(t *testing.T) {
	if raceflag.Enabled {
		t.Skip("the race detector makes sync.Pool drop values, so that buffers are allocated again")
	}
	for _, op := range ops.All {
		for _, c := range op.Cases() {
			t.Run(op.Name+"/"+c.Name, func(t *testing.T) {
				b := New(Options{Threads: 2})
				defer b.Close()
				inputs, outputs := c.Draw(op)
				var in, out []*tensor.Tensor
				for _, a := range inputs {
					if a == nil {
						in = append(in, nil)
						continue
					}
					in = append(in, conformance.Upload(b, a))
				}
				for _, a := range outputs {
					out = append(out, conformance.Upload(b, a))
				}
				require.Zero(t, testing.AllocsPerRun(10, func() { b.Run(op, out, in, &c.At) }), "the kernel allocates; does a function that it gives to each capture a variable?")
			})
		}
	}
}

// The pieces of a kernel cover each index once, for any number of workers, and
// the backend keeps no reference to its arguments.
func TestEach(t *testing.T) {
	type args struct{ hits []int32 }
	for _, threads := range []int{1, 2, 7} {
		for _, n := range []int{0, 1, 5, 64, 1000} {
			for _, grain := range []int{0, 1, 7, 1000} {
				b := New(Options{Threads: threads})
				hits := make([]int32, n)
				each(b, n, grain, args{hits}, func(k *args, lo, hi int) {
					for i := lo; i < hi; i++ {
						k.hits[i]++
					}
				})
				for i, h := range hits {
					require.EqualValues(t, 1, h, "index %d of %d, grain %d, %d threads", i, n, grain, threads)
				}
				if n > 0 {
					require.Nil(t, b.calls[(*args)(nil)].(*call[args]).args.hits)
				}
				require.Zero(t, b.work)
				require.NoError(t, b.Close())
			}
		}
	}
}

func TestUploadChecksLengths(t *testing.T) {
	b := New(Options{Threads: 1})
	defer b.Close()
	x := b.New(tensor.F32, tensor.Of(2, 3))
	require.PanicsWithError(t, "cpu.Upload: tensor [2 3] has 6 elements, the host slice 5", func() { b.Upload(x, make([]float32, 5)) })
	require.Panics(t, func() { b.Download(make([]int64, 6), x) })
	require.Panics(t, func() { b.New(tensor.F64, tensor.Of(1)) })
	b.Upload(x, []float64{1, 2, 3, 4, 5, 6})
	got := make([]float32, 6)
	b.Download(got, x)
	require.Equal(t, []float32{1, 2, 3, 4, 5, 6}, got)
}
