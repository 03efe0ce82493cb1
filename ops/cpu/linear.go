package cpu

import (
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/tensor"
)

func linear(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	x, w := in[0], in[1]
	rows, n, k := x.Shape().Rows(), w.Shape().Dim(0), w.Shape().Dim(1)
	b.epilogue = simd.Epilogue{Bias: floats(in[2]), Gelu: at.Gelu}
	if at.Gelu && !at.Infer {
		b.epilogue.Pre, b.epilogue.LDPre = floats(out[1]), n
	}
	if in[3] != nil {
		b.epilogue.Residual, b.epilogue.LDR = floats(in[3]), n
	}
	if in[4] != nil {
		b.epilogue.RowScale = floats(in[4])
		b.epilogue.RowsPerScale = rows / in[4].Shape().Elems()
	}
	b.gemm = simd.Gemm{
		M: rows, N: n, K: k,
		A: floats(x), LDA: k,
		B: floats(w), LDB: k, TransB: true,
		C: floats(out[0]), LDC: n,
		Epilogue: &b.epilogue,
	}
	b.pool.Gemm(&b.gemm)
}

func linearGradX(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	dy, w := in[0], in[1]
	n, k := w.Shape().Dim(0), w.Shape().Dim(1)
	b.gemm = simd.Gemm{
		M: dy.Shape().Rows(), N: k, K: n,
		A: floats(dy), LDA: n,
		B: floats(w), LDB: k,
		C: floats(out[0]), LDC: k,
		Accumulate: at.Accumulate,
	}
	b.pool.Gemm(&b.gemm)
}

func linearGradW(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	dy, x := in[0], in[1]
	n, k := dy.Shape().Last(), x.Shape().Last()
	b.gemm = simd.Gemm{
		M: n, N: k, K: dy.Shape().Rows(),
		A: floats(dy), LDA: n, TransA: true,
		B: floats(x), LDB: k,
		C: floats(out[0]), LDC: k,
		Accumulate: at.Accumulate,
	}
	b.pool.Gemm(&b.gemm)
}

// rowSum is parallel over columns, because a column's samples must be added in
// order.
func rowSum(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	type args struct {
		sum     []float32
		samples rows[float32] // of t rows of n elements
		t, n    int
	}
	sum, x := floats(out[0]), samplesOf(in[0])
	if !at.Accumulate {
		clear(sum)
	}
	n := in[0].Shape().Last()
	t := x.width / max(n, 1)
	each(b, n, max(64, n/8&^15), args{sum, x, t, n}, func(k *args, lo, hi int) {
		for s := range k.samples.count {
			simd.ColumnSum(k.sum[lo:hi], k.samples.row(s)[lo:], k.t, k.n)
		}
	})
}

func attention(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	s := out[0].Shape()
	simd.Attention(b.pool, floats(out[0]), floats(in[0]), s.Dim(0), s.Dim(1), s.Dim(2), at.Heads)
}

func attentionGrad(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	s := in[0].Shape()
	simd.AttentionGrad(b.pool, floats(out[0]), floats(in[0]), floats(in[1]), s.Dim(0), s.Dim(1), s.Dim(2), at.Heads)
}
