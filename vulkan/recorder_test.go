package vulkan

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/ops/conformance"
	"github.com/godmae/godmae/ops/cpu"
	"github.com/godmae/godmae/tensor"
)

// Every case of every operation is recorded, one after the other in the same memory.
// No hazard is without a barrier, and no barrier without a hazard.
func TestEveryHazardHasABarrier(t *testing.T) {
	b := open(t, Options{log: true})
	for _, op := range ops.All {
		b.recorder.log = b.recorder.log[:0]
		b.recorder.hazards.barrier()
		for _, c := range op.Cases() {
			s := b.Mark()
			in, out := c.Draw(op)
			ins, outs := make([]*tensor.Tensor, len(in)), make([]*tensor.Tensor, len(out))
			for i, a := range in {
				if a != nil {
					ins[i] = conformance.Upload(b, a)
				}
			}
			for i, a := range out {
				outs[i] = conformance.Upload(b, a)
			}
			b.Run(op, outs, ins, &c.At)
			b.Run(op, outs, ins, &c.At)
			b.Release(s)
		}
		require.NotEmpty(t, b.recorder.log)
		mustBeNeeded(t, b.recorder.log)
	}
	require.NoError(t, b.Sync())
}

// Work is submitted before it takes too long, without anybody asking for results.
func TestSubmissionsAreBounded(t *testing.T) {
	b := open(t, Options{})
	x := b.Persist(tensor.F32, tensor.Of(8))
	for range 3 * maxCommands {
		b.Run(ops.ScaleInPlace, []*tensor.Tensor{x}, nil, &ops.Attr{Scale: 1})
	}
	require.GreaterOrEqual(t, b.recorder.submitted, uint64(3))
	before := b.recorder.submitted
	require.NoError(t, b.recorder.count(maxWork))
	require.Equal(t, before+1, b.recorder.submitted)
	require.NoError(t, b.Sync())
}

// A fetch that is awaited does not wait for later work, and many uploads do not take
// more and more memory.
func TestTransfersReuseMemory(t *testing.T) {
	b := open(t, Options{})
	x := b.Persist(tensor.F32, tensor.Of(1<<18)) // 1 MiB
	host, got := make([]float32, 1<<18), make([]float32, 1<<18)
	for i := range 100 {
		host[0], host[len(host)-1] = float32(i), float32(-i)
		b.Upload(x, host)
		require.NoError(t, b.Download(got, x))
		require.Equal(t, [2]float32{float32(i), float32(-i)}, [2]float32{got[0], got[len(got)-1]})
	}
	for range 100 {
		b.Upload(x, host)
	}
	require.NoError(t, b.Sync())
	require.LessOrEqual(t, len(b.staging.chunks), stagingLimit)
	require.LessOrEqual(t, len(b.recorder.buffers), 64)

	// More than a chunk at a time.
	large := b.Persist(tensor.U8, tensor.Of(2*stagingChunk+5))
	bytes, back := make([]uint8, 2*stagingChunk+5), make([]uint8, 2*stagingChunk+5)
	for i := range bytes {
		bytes[i] = uint8(i * 7)
	}
	b.Upload(large, bytes)
	require.NoError(t, b.Download(back, large))
	require.Equal(t, bytes, back)
}

// Sizes that the cases of the operations do not reach: more keys than are kept at a
// time, rows of more than a block, more rows than workgroups.
func TestLargeSizesAgreeWithTheCPU(t *testing.T) {
	b, c := open(t, Options{}), cpu.New(cpu.Options{Threads: 1})
	defer c.Close()
	qkv := ops.N(1, 300, 3*8)
	for _, large := range []struct {
		op *ops.Op
		at ops.Attr
		in []ops.Arg
	}{
		{ops.Attention, ops.Attr{Heads: 2}, []ops.Arg{qkv}},
		{ops.AttentionGrad, ops.Attr{Heads: 2}, []ops.Arg{ops.N(1, 300, 8), qkv}},
		{ops.Softmax, ops.Attr{}, []ops.Arg{ops.N(2, 9000)}},
		{ops.Fill, ops.Attr{Value: 3}, nil},
		{ops.SumSquares, ops.Attr{}, []ops.Arg{ops.N(4096*5 + 3)}},
		{ops.Linear, ops.Attr{}, []ops.Arg{ops.N(100, 70), ops.N(65, 70), {}, {}, {}}},
	} {
		cs := ops.Case{Name: "large", At: large.at, In: large.in, Out: []ops.Arg{ops.N(maxGroups*groupSize + 77)}}
		in, out := cs.Draw(large.op)
		var got [2][]float64
		for i, backend := range []ops.Backend{b, c} {
			ins, outs := make([]*tensor.Tensor, len(in)), make([]*tensor.Tensor, len(out))
			for j, a := range in {
				if a != nil {
					ins[j] = conformance.Upload(backend, a)
				}
			}
			for j, a := range out {
				outs[j] = conformance.Upload(backend, a)
			}
			backend.Run(large.op, outs, ins, &large.at)
			got[i] = make([]float64, outs[0].Shape().Elems())
			require.NoError(t, backend.Download(got[i], outs[0]))
		}
		require.NoError(t, ops.DefaultBound.Compare(got[0], got[1]), large.op.Name)
	}
}

// Steps that repeat take no more memory on the device, and no more objects.
func TestRepeatedStepsTakeNoMore(t *testing.T) {
	b := open(t, Options{})
	keep := b.Persist(tensor.F32, tensor.Of(64, 64))
	step := func() {
		s := b.Mark()
		x := b.New(tensor.F32, tensor.Of(64, 64))
		b.Upload(x, make([]float32, 64*64))
		y := ops.Apply(b, ops.Linear, &ops.Attr{Infer: true}, x, keep)[0]
		b.Run(ops.AddInPlace, []*tensor.Tensor{keep}, []*tensor.Tensor{y}, &ops.Attr{})
		b.Release(s)
		require.NoError(t, b.Download(make([]float32, 64*64), keep))
	}
	for range 20 {
		step()
	}
	live, _, blocks := b.Memory()
	objects, buffers, slots := b.d.objects, len(b.recorder.buffers), len(b.spare)
	for range 2000 {
		step()
	}
	nowLive, _, nowBlocks := b.Memory()
	require.Equal(t, [2]int64{live, blocks}, [2]int64{nowLive, nowBlocks})
	require.Equal(t, [3]int{objects, buffers, slots}, [3]int{b.d.objects, len(b.recorder.buffers), len(b.spare)})
	require.Empty(t, b.fetches)
}

// A fetch that is awaited after Close is an error.
func TestAFetchAfterClose(t *testing.T) {
	b := open(t, Options{})
	x := b.Persist(tensor.F32, tensor.Of(3))
	ticket := b.Fetch(make([]float32, 3), x)
	require.NoError(t, b.Close())
	require.Equal(t, errClosed, b.Await(ticket))
	require.Panics(t, func() { b.Run(ops.Fill, []*tensor.Tensor{x}, nil, &ops.Attr{}) })
}
