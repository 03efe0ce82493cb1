package cpu

import (
	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/tensor"
)

// distributions holds the distributions of one sample for the consistency
// losses: p and log p of each copy [m*K], their means avg and meanLogP [K],
// and logAvg = log(max(avg, 1e-20)). It is a view of scratch memory.
type distributions struct {
	p, logP, avg, meanLogP, logAvg, tmp []float32
}

// consistencyGrain is the number of samples a worker takes at a time.
const consistencyGrain = 16

// consistencyScratch returns a row for the distributions of each of n samples.
func consistencyScratch(b *Backend, n, m, k int) rows[float32] {
	size := (2*m + 4) * k
	return rows[float32]{b.scratch(n * size), n, size}
}

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

func consistency(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	type args struct {
		loss, logits []float32
		scratch      rows[float32]
		reg          ops.Regulariser
		k            int // classes
	}
	n, k := len(floats(out[0])), in[0].Shape().Last()
	each(b, n, consistencyGrain, args{floats(out[0]), floats(in[0]), consistencyScratch(b, n, at.Reg.Copies, k), at.Reg, k}, func(a *args, lo, hi int) {
		r, k, n := &a.reg, a.k, len(a.loss)
		lambda, eta := float32(r.Lambda), float32(r.Eta)
		for s := lo; s < hi; s++ {
			d := newDistributions(a.scratch.row(s), r.Copies, k)
			d.load(a.logits, r, s, n)
			simd.Sub(d.tmp, d.logAvg, d.meanLogP)
			kl, entropy := simd.Dot(d.avg, d.tmp), -simd.Dot(d.avg, d.logAvg)
			switch r.Form {
			case ops.ConsistencyDefault:
				a.loss[s] = float32(lambda*kl) + float32(eta*entropy)
			case ops.ConsistencyXent:
				a.loss[s] = lambda * (kl + entropy)
			case ops.ConsistencyKL:
				a.loss[s] = lambda * kl
			case ops.ConsistencyMSE:
				a.loss[s] = lambda * simd.SquaredDiffSum(d.p[k:2*k], d.p[:k])
			}
		}
	})
}

func consistencyGrad(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	type args struct {
		dlogits       rows[float32] // [m*B, K]
		logits, dloss []float32
		scratch       rows[float32]
		reg           ops.Regulariser
	}
	dlogits, dloss := rowsOf(out[0]), floats(in[1])
	scratch := consistencyScratch(b, len(dloss), at.Reg.Copies, dlogits.width)
	each(b, len(dloss), consistencyGrain, args{dlogits, floats(in[0]), dloss, scratch, at.Reg}, func(a *args, lo, hi int) {
		r, k, n := &a.reg, a.dlogits.width, len(a.dloss)
		lambda := float32(r.Lambda)
		for s := lo; s < hi; s++ {
			d := newDistributions(a.scratch.row(s), r.Copies, k)
			d.load(a.logits, r, s, n)
			g := d.tmp
			d.outer(g, r)
			for i := range r.Copies {
				p, dx := d.p[i*k:(i+1)*k], a.dlogits.row(r.Row(i, s, n))
				softmaxGradRow(dx, g, p)
				switch {
				case r.Form != ops.ConsistencyMSE:
					scale := a.dloss[s] / float32(r.Copies)
					for c := range dx {
						dx[c] = (dx[c] - float32(lambda*(d.avg[c]-p[c]))) * scale
					}
				case i == 0:
					simd.Scale(dx, dx, -a.dloss[s])
				case i == 1:
					simd.Scale(dx, dx, a.dloss[s])
				default:
					clear(dx)
				}
			}
		}
	})
}

// outer writes the gradient at the output of every copy's softmax, see
// [ops.ConsistencyGrad].
func (d *distributions) outer(g []float32, r *ops.Regulariser) {
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
