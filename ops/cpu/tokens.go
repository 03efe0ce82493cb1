package cpu

import (
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/tensor"
)

// tokenJob describes samples of tokens: size is {T in, T out, D, from, count}.
func tokenJob(out, in *tensor.Tensor, at *ops.Attr) job {
	return job{
		dst: floats(out), a: floats(in),
		size: [6]int{in.Shape().Dim(1), out.Shape().Dim(1), in.Shape().Last(), at.From, at.Count},
	}
}

// tokenGrain is the number of samples a worker takes at a time.
func tokenGrain(t *tensor.Tensor) int {
	_, elems := samples(t)
	return rowGrain(elems)
}

func prepend(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	j := tokenJob(out[0], in[1], at)
	j.b = floats(in[0])
	j.fn = func(j *job, lo, hi int) {
		ti, to, d := j.size[0], j.size[1], j.size[2]
		for s := lo; s < hi; s++ {
			y := j.dst[s*to*d : (s+1)*to*d]
			copy(y[:d], j.b)
			copy(y[d:], j.a[s*ti*d:(s+1)*ti*d])
		}
	}
	b.each(out[0].Shape().Dim(0), tokenGrain(out[0]), j)
}

func prependGradToken(_ *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	dst, dy := floats(out[0]), floats(in[0])
	if !at.Accumulate {
		clear(dst)
	}
	count, elems := samples(in[0])
	for s := range count {
		simd.Add(dst, dst, dy[s*elems:s*elems+len(dst)])
	}
}

func gather(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	j := tokenJob(out[0], in[0], at)
	j.ids = tensor.Data[int32](in[1])
	j.fn = func(j *job, lo, hi int) {
		ti, to, d := j.size[0], j.size[1], j.size[2]
		for s := lo; s < hi; s++ {
			for k, id := range j.ids[s*to : (s+1)*to] {
				copy(j.dst[(s*to+k)*d:(s*to+k+1)*d], j.a[(s*ti+int(id))*d:(s*ti+int(id)+1)*d])
			}
		}
	}
	b.each(out[0].Shape().Dim(0), tokenGrain(out[0]), j)
}

func gatherGrad(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	j := tokenJob(out[0], in[0], at)
	j.ids = tensor.Data[int32](in[1])
	j.fn = func(j *job, lo, hi int) {
		ti, to, d := j.size[0], j.size[1], j.size[2]
		clear(j.dst[lo*to*d : hi*to*d])
		for s := lo; s < hi; s++ {
			for k, id := range j.ids[s*ti : (s+1)*ti] {
				copy(j.dst[(s*to+int(id))*d:(s*to+int(id)+1)*d], j.a[(s*ti+k)*d:(s*ti+k+1)*d])
			}
		}
	}
	b.each(out[0].Shape().Dim(0), tokenGrain(out[0]), j)
}

func restore(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	j := tokenJob(out[0], in[0], at)
	j.b, j.ids = floats(in[1]), tensor.Data[int32](in[2])
	j.fn = func(j *job, lo, hi int) {
		ti, to, d := j.size[0], j.size[1], j.size[2]
		for s := lo; s < hi; s++ {
			x, y := j.a[s*ti*d:(s+1)*ti*d], j.dst[s*to*d:(s+1)*to*d]
			copy(y[:d], x[:d])
			for l, r := range j.ids[s*(to-1) : (s+1)*(to-1)] {
				from := j.b
				if int(r) < ti-1 {
					from = x[(1+int(r))*d : (2+int(r))*d]
				}
				copy(y[(1+l)*d:(2+l)*d], from)
			}
		}
	}
	b.each(out[0].Shape().Dim(0), tokenGrain(out[0]), j)
}

func restoreGradX(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	j := tokenJob(out[0], in[0], at)
	j.ids = tensor.Data[int32](in[1])
	j.fn = func(j *job, lo, hi int) {
		ti, to, d := j.size[0], j.size[1], j.size[2]
		for s := lo; s < hi; s++ {
			dy, dx := j.a[s*ti*d:(s+1)*ti*d], j.dst[s*to*d:(s+1)*to*d]
			copy(dx[:d], dy[:d])
			for l, r := range j.ids[s*(ti-1) : (s+1)*(ti-1)] {
				if int(r) < to-1 {
					copy(dx[(1+int(r))*d:(2+int(r))*d], dy[(1+l)*d:(2+l)*d])
				}
			}
		}
	}
	b.each(out[0].Shape().Dim(0), tokenGrain(in[0]), j)
}

// restoreGradToken sums the masked positions of each sample in order, and then
// the samples in order.
func restoreGradToken(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	dst := floats(out[0])
	count, _ := samples(in[0])
	t, d := in[0].Shape().Dim(1), len(dst)
	parts := b.scratch(count * d)
	clear(parts)
	b.each(count, tokenGrain(in[0]), job{
		dst: parts, a: floats(in[0]), ids: tensor.Data[int32](in[1]), size: [6]int{t, d, at.Count},
		fn: func(j *job, lo, hi int) {
			t, d, kept := j.size[0], j.size[1], j.size[2]
			for s := lo; s < hi; s++ {
				acc := j.dst[s*d : (s+1)*d]
				for l, r := range j.ids[s*(t-1) : (s+1)*(t-1)] {
					if int(r) >= kept {
						row := j.a[(s*t+1+l)*d : (s*t+2+l)*d]
						simd.Add(acc, acc, row)
					}
				}
			}
		}})
	if !at.Accumulate {
		clear(dst)
	}
	for s := range count {
		simd.Add(dst, dst, parts[s*d:(s+1)*d])
	}
}

func sliceTokens(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	j := tokenJob(out[0], in[0], at)
	j.fn = func(j *job, lo, hi int) {
		ti, to, d, from := j.size[0], j.size[1], j.size[2], j.size[3]
		for s := lo; s < hi; s++ {
			copy(j.dst[s*to*d:(s+1)*to*d], j.a[(s*ti+from)*d:])
		}
	}
	b.each(out[0].Shape().Dim(0), tokenGrain(out[0]), j)
}

func sliceTokensGrad(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	j := tokenJob(out[0], in[0], at)
	j.fn = func(j *job, lo, hi int) {
		ti, to, d, from := j.size[0], j.size[1], j.size[2], j.size[3]
		for s := lo; s < hi; s++ {
			dx := j.dst[s*to*d : (s+1)*to*d]
			clear(dx[:from*d])
			copy(dx[from*d:], j.a[s*ti*d:(s+1)*ti*d])
			clear(dx[(from+ti)*d:])
		}
	}
	b.each(out[0].Shape().Dim(0), tokenGrain(out[0]), j)
}

func meanTokens(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	t, d := in[0].Shape().Dim(1), in[0].Shape().Last()
	b.each(in[0].Shape().Dim(0), tokenGrain(in[0]), job{
		dst: floats(out[0]), a: floats(in[0]), size: [6]int{t, d, at.From},
		fn: func(j *job, lo, hi int) {
			t, d, from := j.size[0], j.size[1], j.size[2]
			for s := lo; s < hi; s++ {
				y := j.dst[s*d : (s+1)*d]
				clear(y)
				simd.ColumnSum(y, j.a[(s*t+from)*d:], t-from, d)
				simd.Scale(y, y, 1/float32(t-from))
			}
		}})
}

func meanTokensGrad(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	t, d := out[0].Shape().Dim(1), out[0].Shape().Last()
	b.each(out[0].Shape().Dim(0), tokenGrain(out[0]), job{
		dst: floats(out[0]), a: floats(in[0]), size: [6]int{t, d, at.From},
		fn: func(j *job, lo, hi int) {
			t, d, from := j.size[0], j.size[1], j.size[2]
			for s := lo; s < hi; s++ {
				dx := j.dst[s*t*d : (s+1)*t*d]
				clear(dx[:from*d])
				for r := from; r < t; r++ {
					simd.Scale(dx[r*d:(r+1)*d], j.a[s*d:(s+1)*d], 1/float32(t-from))
				}
			}
		}})
}
