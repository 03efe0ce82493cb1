package cpu

import (
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/tensor"
)

// add adds b to a, broadcasting b over the leading dimensions of a.
func add(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	type args struct {
		y, x   rows[float32] // cut into rows as long as addend
		addend []float32
	}
	x, addend := floats(in[0]), floats(in[1])
	n := len(addend)
	count := len(x) / max(n, 1)
	each(b, count, rowGrain(n), args{rows[float32]{floats(out[0]), count, n}, rows[float32]{x, count, n}, addend}, func(k *args, lo, hi int) {
		for r := lo; r < hi; r++ {
			simd.Add(k.y.row(r), k.x.row(r), k.addend)
		}
	})
}

func addInPlace(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	type args struct{ y, x []float32 }
	y := floats(out[0])
	each(b, len(y), elementGrain, args{y, floats(in[0])}, func(k *args, lo, hi int) {
		simd.Add(k.y[lo:hi], k.y[lo:hi], k.x[lo:hi])
	})
}

// broadcastGrad adds the samples of dy in order; it is parallel over columns.
func broadcastGrad(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	type args struct{ dx, dy []float32 }
	dx := floats(out[0])
	if !at.Accumulate {
		clear(dx)
	}
	each(b, len(dx), elementGrain/4, args{dx, floats(in[0])}, func(k *args, lo, hi int) {
		for s := 0; s < len(k.dy); s += len(k.dx) {
			simd.Add(k.dx[lo:hi], k.dx[lo:hi], k.dy[s+lo:s+hi])
		}
	})
}

func rowScale(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	type args struct {
		y, x  rows[float32]
		scale []float32
	}
	x := samplesOf(in[0])
	each(b, x.count, x.grain(), args{samplesOf(out[0]), x, floats(in[1])}, func(k *args, lo, hi int) {
		for s := lo; s < hi; s++ {
			simd.Scale(k.y.row(s), k.x.row(s), k.scale[s])
		}
	})
}

func copyTensor(_ *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	copy(floats(out[0]), floats(in[0]))
}

func fill(_ *Backend, out, _ []*tensor.Tensor, at *ops.Attr) {
	simd.Fill(floats(out[0]), float32(at.Value))
}

func scaleInPlace(b *Backend, out, _ []*tensor.Tensor, at *ops.Attr) {
	type args struct {
		y     []float32
		scale float32
	}
	y := floats(out[0])
	each(b, len(y), elementGrain, args{y, float32(at.Scale)}, func(k *args, lo, hi int) {
		simd.Scale(k.y[lo:hi], k.y[lo:hi], k.scale)
	})
}

func geluGrad(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	type args struct{ dx, dy, x []float32 }
	dx := floats(out[0])
	each(b, len(dx), elementGrain, args{dx, floats(in[0]), floats(in[1])}, func(k *args, lo, hi int) {
		simd.GeluGrad(k.dx[lo:hi], k.dy[lo:hi], k.x[lo:hi])
	})
}
