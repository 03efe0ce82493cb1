package cpu

import (
	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/tensor"
)

// distributions holds what the consistency losses need of one sample: p and
// log p of each copy [m*K], their means avg and meanLogP [K], and
// logAvg = log(max(avg, 1e-20)). It is a view of scratch memory.
type distributions struct {
	p, logP, avg, meanLogP, logAvg, tmp []float32
}

// consistencyScratch is the scratch a sample needs, in float32.
func consistencyScratch(m, k int) int { return (2*m + 4) * k }

func newDistributions(s []float32, m, k int) distributions {
	d := distributions{p: s[:m*k], logP: s[m*k : 2*m*k]}
	s = s[2*m*k:]
	d.avg, d.meanLogP, d.logAvg, d.tmp = s[:k], s[k:2*k], s[2*k:3*k], s[3*k:4*k]
	return d
}

// logFloor bounds the argument of the logarithm of the mean distribution.
const logFloor = 1e-20

// load computes the distributions of sample b of n: copies are summed in order
// and divided by their number.
func (d *distributions) load(logits []float32, r *ops.Regulariser, b, n int) {
	k, m := len(d.avg), r.Copies
	clear(d.avg)
	clear(d.meanLogP)
	for i := range m {
		p, logP := d.p[i*k:(i+1)*k], d.logP[i*k:(i+1)*k]
		row := r.Row(i, b, n)
		logSoftmaxRow(logP, p, logits[row*k:(row+1)*k])
		simd.Exp(p, logP)
		simd.Add(d.avg, d.avg, p)
		simd.Add(d.meanLogP, d.meanLogP, logP)
	}
	for j := range d.avg {
		d.avg[j] /= float32(m)
		d.meanLogP[j] /= float32(m)
		d.logAvg[j] = exact.Log32(max(d.avg[j], logFloor))
	}
}

func consistencyJob(b *Backend, dst []float32, in []*tensor.Tensor, at *ops.Attr) (job, int) {
	m, k := at.Reg.Copies, in[0].Shape().Last()
	n := in[0].Shape().Dim(0) / m
	return job{
		dst: dst, dst2: b.scratch(n * consistencyScratch(m, k)), a: floats(in[0]),
		size: [6]int{n, m, k}, at: at,
	}, n
}

func consistency(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	j, n := consistencyJob(b, floats(out[0]), in, at)
	j.fn = func(j *job, lo, hi int) {
		n, m, k := j.size[0], j.size[1], j.size[2]
		size, r := consistencyScratch(m, k), j.at.Reg
		for s := lo; s < hi; s++ {
			d := newDistributions(j.dst2[s*size:(s+1)*size], m, k)
			d.load(j.a, &r, s, n)
			simd.Sub(d.tmp, d.logAvg, d.meanLogP)
			kl, entropy := simd.Dot(d.avg, d.tmp), -simd.Dot(d.avg, d.logAvg)
			lambda, eta := float32(r.Lambda), float32(r.Eta)
			switch r.Form {
			case ops.ConsistencyDefault:
				j.dst[s] = float32(lambda*kl) + float32(eta*entropy)
			case ops.ConsistencyXent:
				j.dst[s] = lambda * (kl + entropy)
			case ops.ConsistencyKL:
				j.dst[s] = lambda * kl
			case ops.ConsistencyMSE:
				j.dst[s] = lambda * simd.SquaredDiffSum(d.p[k:2*k], d.p[:k])
			}
		}
	}
	b.each(n, 16, j)
}

func consistencyGrad(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	j, n := consistencyJob(b, floats(out[0]), in, at)
	j.b = floats(in[1])
	j.fn = func(j *job, lo, hi int) {
		n, m, k := j.size[0], j.size[1], j.size[2]
		size, r := consistencyScratch(m, k), j.at.Reg
		for s := lo; s < hi; s++ {
			d := newDistributions(j.dst2[s*size:(s+1)*size], m, k)
			d.load(j.a, &r, s, n)
			g := d.tmp
			d.outer(g, r)
			for i := range m {
				p, dx := d.p[i*k:(i+1)*k], j.dst[r.Row(i, s, n)*k:][:k]
				softmaxGradRow(dx, g, p)
				switch {
				case r.Form != ops.ConsistencyMSE:
					lambda, scale := float32(r.Lambda), j.b[s]/float32(m)
					for c := range dx {
						dx[c] = (dx[c] - float32(lambda*(d.avg[c]-p[c]))) * scale
					}
				case i == 0:
					simd.Scale(dx, dx, -j.b[s])
				case i == 1:
					simd.Scale(dx, dx, j.b[s])
				default:
					clear(dx)
				}
			}
		}
	}
	b.each(n, 16, j)
}

// outer writes the derivative that reaches the softmax of every copy, see
// [ops.ConsistencyGrad].
func (d *distributions) outer(g []float32, r ops.Regulariser) {
	k, lambda := len(g), float32(r.Lambda)
	if r.Form == ops.ConsistencyMSE {
		simd.Sub(g, d.p[k:2*k], d.p[:k])
		simd.Scale(g, g, 2*lambda)
		return
	}
	var u float32 // the factor of sum avg log avg in the loss
	switch r.Form {
	case ops.ConsistencyDefault:
		u = float32(r.Lambda - r.Eta)
	case ops.ConsistencyKL:
		u = lambda
	}
	for j := range g {
		l := d.logAvg[j]
		if d.avg[j] > logFloor {
			l++
		}
		g[j] = float32(u*l) - float32(lambda*d.meanLogP[j])
	}
}
