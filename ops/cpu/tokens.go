package cpu

import (
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/tensor"
)

func prepend(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	type args struct {
		y, x  tokens
		token []float32
	}
	y := tokensOf(out[0])
	each(b, y.count, y.grain(), args{y, tokensOf(in[1]), floats(in[0])}, func(k *args, lo, hi int) {
		for s := lo; s < hi; s++ {
			y, x := k.y.sample(s), k.x.sample(s)
			copy(y.row(0), k.token)
			copy(y.span(1, y.count), x.data)
		}
	})
}

func prependGradToken(_ *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	dtoken, dy := floats(out[0]), tokensOf(in[0])
	if !at.Accumulate {
		clear(dtoken)
	}
	for s := range dy.count {
		simd.Add(dtoken, dtoken, dy.sample(s).row(0))
	}
}

func gather(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	type args struct {
		y, x tokens
		ids  rows[int32]
	}
	y := tokensOf(out[0])
	each(b, y.count, y.grain(), args{y, tokensOf(in[0]), intsOf(in[1])}, func(k *args, lo, hi int) {
		for s := lo; s < hi; s++ {
			y, x := k.y.sample(s), k.x.sample(s)
			for i, id := range k.ids.row(s) {
				copy(y.row(i), x.row(int(id)))
			}
		}
	})
}

func gatherGrad(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	type args struct {
		dx, dy tokens
		ids    rows[int32]
	}
	dx := tokensOf(out[0])
	each(b, dx.count, dx.grain(), args{dx, tokensOf(in[0]), intsOf(in[1])}, func(k *args, lo, hi int) {
		for s := lo; s < hi; s++ {
			dx, dy := k.dx.sample(s), k.dy.sample(s)
			clear(dx.data)
			for i, id := range k.ids.row(s) {
				copy(dx.row(int(id)), dy.row(i))
			}
		}
	})
}

func restore(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	type args struct {
		y, x  tokens
		token []float32 // at the masked positions
		ids   rows[int32]
	}
	y := tokensOf(out[0])
	each(b, y.count, y.grain(), args{y, tokensOf(in[0]), floats(in[1]), intsOf(in[2])}, func(k *args, lo, hi int) {
		for s := lo; s < hi; s++ {
			y, x := k.y.sample(s), k.x.sample(s)
			copy(y.row(0), x.row(0))
			for l, r := range k.ids.row(s) {
				from := k.token
				if int(r) < x.count-1 {
					from = x.row(1 + int(r))
				}
				copy(y.row(1+l), from)
			}
		}
	})
}

func restoreGradX(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	type args struct {
		dx, dy tokens
		ids    rows[int32]
	}
	dy := tokensOf(in[0])
	each(b, dy.count, dy.grain(), args{tokensOf(out[0]), dy, intsOf(in[1])}, func(k *args, lo, hi int) {
		for s := lo; s < hi; s++ {
			dx, dy := k.dx.sample(s), k.dy.sample(s)
			copy(dx.row(0), dy.row(0))
			for l, r := range k.ids.row(s) {
				if int(r) < dx.count-1 {
					copy(dx.row(1+int(r)), dy.row(1+l))
				}
			}
		}
	})
}

// restoreGradToken sums the masked positions of each sample in order, and then
// the samples in order.
func restoreGradToken(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	type args struct {
		sums rows[float32] // [B, D]
		dy   tokens
		ids  rows[int32]
		kept int // positions from this number on are masked
	}
	dtoken, dy := floats(out[0]), tokensOf(in[0])
	sums := rows[float32]{b.scratch(dy.count * dy.d), dy.count, dy.d}
	each(b, sums.count, dy.grain(), args{sums, dy, intsOf(in[1]), at.Count}, func(k *args, lo, hi int) {
		for s := lo; s < hi; s++ {
			sum, dy := k.sums.row(s), k.dy.sample(s)
			clear(sum)
			for l, r := range k.ids.row(s) {
				if int(r) >= k.kept {
					simd.Add(sum, sum, dy.row(1+l))
				}
			}
		}
	})
	if !at.Accumulate {
		clear(dtoken)
	}
	for s := range sums.count {
		simd.Add(dtoken, dtoken, sums.row(s))
	}
}

func sliceTokens(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	type args struct {
		y, x tokens
		from int
	}
	y := tokensOf(out[0])
	each(b, y.count, y.grain(), args{y, tokensOf(in[0]), at.From}, func(k *args, lo, hi int) {
		for s := lo; s < hi; s++ {
			y, x := k.y.sample(s), k.x.sample(s)
			copy(y.data, x.span(k.from, k.from+y.count))
		}
	})
}

func sliceTokensGrad(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	type args struct {
		dx, dy tokens
		from   int
	}
	dx := tokensOf(out[0])
	each(b, dx.count, dx.grain(), args{dx, tokensOf(in[0]), at.From}, func(k *args, lo, hi int) {
		for s := lo; s < hi; s++ {
			dx, dy := k.dx.sample(s), k.dy.sample(s)
			clear(dx.span(0, k.from))
			copy(dx.span(k.from, k.from+dy.count), dy.data)
			clear(dx.span(k.from+dy.count, dx.count))
		}
	})
}

func meanTokens(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	type args struct {
		y    rows[float32]
		x    tokens
		from int
	}
	x := tokensOf(in[0])
	each(b, x.count, x.grain(), args{samplesOf(out[0]), x, at.From}, func(k *args, lo, hi int) {
		n := k.x.t - k.from
		for s := lo; s < hi; s++ {
			y, x := k.y.row(s), k.x.sample(s)
			clear(y)
			simd.ColumnSum(y, x.span(k.from, x.count), n, x.width)
			simd.Scale(y, y, 1/float32(n))
		}
	})
}

func meanTokensGrad(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	type args struct {
		dx   tokens
		dy   rows[float32]
		from int
	}
	dx := tokensOf(out[0])
	each(b, dx.count, dx.grain(), args{dx, samplesOf(in[0]), at.From}, func(k *args, lo, hi int) {
		n := k.dx.t - k.from
		for s := lo; s < hi; s++ {
			dx, dy := k.dx.sample(s), k.dy.row(s)
			clear(dx.span(0, k.from))
			for t := k.from; t < dx.count; t++ {
				simd.Scale(dx.row(t), dy, 1/float32(n))
			}
		}
	})
}
