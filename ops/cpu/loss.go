package cpu

import (
	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/tensor"
)

// patchMSE is, per sample, the mean over patches of the mean over the values
// of a patch of (pred - target)^2: both sums in the 16-lane order.
func patchMSE(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	s := in[0].Shape()
	count, l, p := s.Dim(0), s.Dim(1), s.Dim(2)
	parts := b.scratch(count * l)
	b.each(count, rowGrain(l*p), job{
		dst: floats(out[0]), dst2: parts, a: floats(in[0]), b: floats(in[1]), size: [6]int{l, p},
		fn: func(j *job, lo, hi int) {
			l, p := j.size[0], j.size[1]
			for s := lo; s < hi; s++ {
				part := j.dst2[s*l : (s+1)*l]
				for i := range part {
					at := (s*l + i) * p
					part[i] = simd.SquaredDiffSum(j.a[at:at+p], j.b[at:at+p]) / float32(p)
				}
				j.dst[s] = simd.Sum(part) / float32(l)
			}
		}})
}

// patchMSEGrad is (pred - target) * (2 dloss / (L P)).
func patchMSEGrad(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	s := in[0].Shape()
	count, n := s.Dim(0), s.Dim(1)*s.Dim(2)
	b.each(count, rowGrain(n), job{
		dst: floats(out[0]), a: floats(in[0]), b: floats(in[1]), c: floats(in[2]), size: [6]int{n},
		fn: func(j *job, lo, hi int) {
			n := j.size[0]
			for s := lo; s < hi; s++ {
				dst := j.dst[s*n : (s+1)*n]
				simd.Sub(dst, j.a[s*n:(s+1)*n], j.b[s*n:(s+1)*n])
				simd.Scale(dst, dst, 2*j.c[s]/float32(n))
			}
		}})
}

// logSoftmaxRow writes x - max - log(sum exp(x - max)); e is scratch that ends
// up holding exp(x - max).
func logSoftmaxRow(logp, e, x []float32) {
	m := simd.Max(x)
	for i, v := range x {
		logp[i] = v - m
	}
	simd.Exp(e, logp)
	logZ := exact.Log32(simd.Sum(e))
	for i := range logp {
		logp[i] -= logZ
	}
}

func crossEntropy(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	k := in[0].Shape().Last()
	b.each(in[0].Shape().Rows(), rowGrain(16*k), job{
		dst: floats(out[0]), dst2: floats(out[1]), dst3: b.scratch(in[0].Shape().Elems()),
		a: floats(in[0]), b: floats(in[1]), size: [6]int{k},
		fn: func(j *job, lo, hi int) {
			k := j.size[0]
			for r := lo; r < hi; r++ {
				logp := j.dst2[r*k : (r+1)*k]
				logSoftmaxRow(logp, j.dst3[r*k:(r+1)*k], j.a[r*k:(r+1)*k])
				j.dst[r] = -simd.Dot(j.b[r*k:(r+1)*k], logp)
			}
		}})
}

// crossEntropyGrad is (exp(logp) * sum(target) - target) * dloss.
func crossEntropyGrad(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	k := in[0].Shape().Last()
	b.each(in[0].Shape().Rows(), rowGrain(16*k), job{
		dst: floats(out[0]), a: floats(in[0]), b: floats(in[1]), c: floats(in[2]), size: [6]int{k},
		fn: func(j *job, lo, hi int) {
			k := j.size[0]
			for r := lo; r < hi; r++ {
				dx, target := j.dst[r*k:(r+1)*k], j.b[r*k:(r+1)*k]
				simd.Exp(dx, j.a[r*k:(r+1)*k])
				simd.Scale(dx, dx, simd.Sum(target))
				simd.Sub(dx, dx, target)
				simd.Scale(dx, dx, j.c[r])
			}
		}})
}

// softmaxRow is the contract's softmax: maximum, exponentials, 16-lane sum,
// one division, one multiplication each.
func softmaxRow(p, x []float32) {
	m := simd.Max(x)
	for i, v := range x {
		p[i] = v - m
	}
	simd.Exp(p, p)
	simd.Scale(p, p, 1/simd.Sum(p))
}

func softmax(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	k := in[0].Shape().Last()
	b.each(in[0].Shape().Rows(), rowGrain(16*k), job{
		dst: floats(out[0]), a: floats(in[0]), size: [6]int{k},
		fn: func(j *job, lo, hi int) {
			k := j.size[0]
			for r := lo; r < hi; r++ {
				softmaxRow(j.dst[r*k:(r+1)*k], j.a[r*k:(r+1)*k])
			}
		}})
}

// softmaxGrad is p * (dy - dot(p, dy)).
func softmaxGrad(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	k := in[0].Shape().Last()
	b.each(in[0].Shape().Rows(), rowGrain(k), job{
		dst: floats(out[0]), a: floats(in[0]), b: floats(in[1]), size: [6]int{k},
		fn: func(j *job, lo, hi int) {
			k := j.size[0]
			for r := lo; r < hi; r++ {
				softmaxGradRow(j.dst[r*k:(r+1)*k], j.a[r*k:(r+1)*k], j.b[r*k:(r+1)*k])
			}
		}})
}

func softmaxGradRow(dx, dy, p []float32) {
	d := simd.Dot(p, dy)
	for i := range dx {
		dx[i] = dy[i] - d
	}
	simd.Mul(dx, dx, p)
}
