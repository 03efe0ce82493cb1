package vulkan

import (
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// Flags of the shader gemm.
const (
	gemmBias = 1 << iota
	gemmGelu
	gemmPre
	gemmRes
	gemmScale
	gemmAccumulate
)

// gemm is a matrix product c [m, n] = a b^T. Element (i, k) of a is a[i*ai + k*ak],
// element (j, k) of b is b[j*bj + k*bk].
type gemm struct {
	c, a, b               *tensor.Tensor
	m, n, k               int
	ai, ak, bj, bk        int
	bias, pre, res, scale *tensor.Tensor // of the end; nil for none
	gelu, accumulate      bool
	rowsPerScale          int
}

// gemmTile is the side of the square of c that a workgroup computes at a time.
const gemmTile = 32

func (b *Backend) gemm(g *gemm) {
	flags := 0
	set := func(is bool, flag int) {
		if is {
			flags |= flag
		}
	}
	set(g.bias != nil, gemmBias)
	set(g.gelu, gemmGelu)
	set(g.pre != nil, gemmPre)
	set(g.res != nil, gemmRes)
	set(g.scale != nil, gemmScale)
	set(g.accumulate, gemmAccumulate)
	c := b.command("gemm").update(g.c).in(g.a, g.b, g.bias).out(g.pre).in(g.res, g.scale)
	c.ints(g.m, g.n, g.k, g.ai, g.ak, g.bj, g.bk, flags, g.rowsPerScale)
	c.run((g.m+gemmTile-1)/gemmTile*((g.n+gemmTile-1)/gemmTile), 2*g.m*g.n*max(1, g.k))
}

func linear(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	x, w := in[0], in[1]
	rows, width, k := x.Shape().Rows(), w.Shape().Dim(0), w.Shape().Dim(1)
	g := gemm{
		c: out[0], a: x, b: w, m: rows, n: width, k: k, ai: k, ak: 1, bj: k, bk: 1,
		bias: in[2], res: in[3], scale: in[4], gelu: at.Gelu,
	}
	if at.Gelu && !at.Infer {
		g.pre = out[1]
	}
	if in[4] != nil {
		g.rowsPerScale = max(1, rows/max(1, n(in[4])))
	}
	b.gemm(&g)
}

func linearGradX(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	dy, w := in[0], in[1]
	width, k := w.Shape().Dim(0), w.Shape().Dim(1)
	b.gemm(&gemm{
		c: out[0], a: dy, b: w, m: dy.Shape().Rows(), n: k, k: width, ai: width, ak: 1, bj: 1, bk: k,
		accumulate: at.Accumulate,
	})
}

func linearGradW(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	dy, x := in[0], in[1]
	width, k := dy.Shape().Last(), x.Shape().Last()
	b.gemm(&gemm{
		c: out[0], a: dy, b: x, m: width, n: k, k: dy.Shape().Rows(), ai: 1, ak: width, bj: 1, bk: k,
		accumulate: at.Accumulate,
	})
}

func geluGrad(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	y := out[0]
	b.command("gelu_grad").out(y).in(in[0], in[1]).ints(n(y)).each(n(y))
}
