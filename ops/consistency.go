package ops

import (
	"math"

	"github.com/godmae/godmae/tensor"
)

// ConsistencyForm selects one of the four consistency losses.
type ConsistencyForm uint8

// The forms of [Consistency].
const (
	ConsistencyDefault ConsistencyForm = iota // Lambda*KL + Eta*H
	ConsistencyXent                           // Lambda*(KL + H)
	ConsistencyKL                             // Lambda*KL
	ConsistencyMSE                            // Lambda*sum (p_2 - p_1)^2
)

// Regulariser holds the attributes of [Consistency].
type Regulariser struct {
	Form        ConsistencyForm
	Copies      int // noisy copies of a sample, at least 2
	Lambda, Eta float64
	// Together means that the copies of a sample follow each other, as in
	// training. Then a batch is the concatenation of its parts.
	Together bool
}

// Row returns the row of logits that holds copy i of sample b of n.
func (r *Regulariser) Row(i, b, n int) int {
	if r.Together {
		return b*r.Copies + i
	}
	return i*n + b
}

// logFloor bounds the argument of the logarithm of the mean distribution.
const logFloor = 1e-20

// Consistency is the consistency regularisation of Jeong and Shin (arXiv
// 2006.04062) between the noisy copies of a sample. With p_i = softmax of copy
// i, avg = mean p_i, KL = mean_i sum_c avg (log avg - log p_i) and H = -sum_c
// avg log avg, where log avg is log(max(avg, 1e-20)), the loss is one of the
// forms of [ConsistencyForm]. Only the default form reads Eta. The MSE form
// compares the first two copies. Input: logits [m*B, K], all samples' first
// copies, then all second ones, and so on; or, with Together, all copies of the
// first sample, then those of the second, and so on. Output: loss [B].
// Attribute: Reg.
var Consistency = &Op{
	Name:  "consistency",
	In:    []Param{{Name: "logits"}},
	Out:   []Param{{Name: "loss"}},
	Reads: AttrReg,
	Batch: Batch{WholeBatch, "the copies of a sample are rows apart unless Reg.Together is set"},
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		checkConsistency("consistency", in, at)
		return [MaxOut]Spec{F(tensor.Of(in[0].Shape().Dim(0) / at.Reg.Copies))}
	},
	Ref: func(out, in []*Array, at *Attr) {
		m, k := at.Reg.Copies, in[0].Shape.Last()
		c := newCopies(m, k)
		for b := range out[0].F {
			c.load(in[0].F, &at.Reg, b, len(out[0].F))
			kl, entropy, mse := 0.0, 0.0, 0.0
			for j, a := range c.avg {
				kl += a * (c.logAvg[j] - c.meanLogP[j])
				entropy -= a * c.logAvg[j]
				d := c.p[k+j] - c.p[j]
				mse += d * d
			}
			switch r := at.Reg; r.Form {
			case ConsistencyDefault:
				out[0].F[b] = r.Lambda*kl + r.Eta*entropy
			case ConsistencyXent:
				out[0].F[b] = r.Lambda * (kl + entropy)
			case ConsistencyKL:
				out[0].F[b] = r.Lambda * kl
			case ConsistencyMSE:
				out[0].F[b] = r.Lambda * mse
			}
		}
	},
	Cases: func() []Case {
		return consistencyCases(func(m, b, k int) []Arg { return []Arg{N(m*b, k)} })
	},
}

// ConsistencyGrad is the derivative of [Consistency]. The gradient flows through
// the mean distribution too. With u = Lambda-Eta, 0, Lambda for the default,
// xent and KL forms, [avg > 1e-20] = 1 or 0, and
// g = u*(log avg + [avg > 1e-20]) - Lambda*mean_i log p_i,
//
//	dlogits_i = (p_i*(g - sum(p_i*g)) - Lambda*(avg - p_i)) * dloss/m
//
// and for the MSE form, with d = 2*Lambda*(p_2 - p_1), dlogits_2 =
// p_2*(d - sum(p_2*d))*dloss, dlogits_1 = -p_1*(d - sum(p_1*d))*dloss, and 0
// for further copies. Inputs: logits [m*B, K], dloss [B]. Output: dlogits like
// logits. Attribute: Reg.
var ConsistencyGrad = &Op{
	Name:  "consistency.grad",
	In:    []Param{{Name: "logits"}, {Name: "dloss"}},
	Out:   []Param{{Name: "dlogits"}},
	Reads: AttrReg,
	Batch: Batch{WholeBatch, "the copies of a sample are rows apart unless Reg.Together is set"},
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		checkConsistency("consistency.grad", in, at)
		if in[1].Shape() != tensor.Of(in[0].Shape().Dim(0)/at.Reg.Copies) {
			shapeError("consistency.grad", "logits [m*B K], dloss [B]", in)
		}
		return [MaxOut]Spec{F(in[0].Shape())}
	},
	Ref: func(out, in []*Array, at *Attr) {
		m, k, r := at.Reg.Copies, in[0].Shape.Last(), at.Reg
		u := 0.0 // the factor of sum avg log avg in the loss
		switch r.Form {
		case ConsistencyDefault:
			u = r.Lambda - r.Eta
		case ConsistencyKL:
			u = r.Lambda
		}
		c, g := newCopies(m, k), make([]float64, k)
		for b, dloss := range in[1].F {
			c.load(in[0].F, &at.Reg, b, len(in[1].F))
			for j := range g {
				switch {
				case r.Form == ConsistencyMSE:
					g[j] = 2 * r.Lambda * (c.p[k+j] - c.p[j])
				case c.avg[j] > logFloor:
					g[j] = u*(c.logAvg[j]+1) - r.Lambda*c.meanLogP[j]
				default:
					g[j] = u*c.logAvg[j] - r.Lambda*c.meanLogP[j]
				}
			}
			for i := range m {
				p, dx := c.p[i*k:i*k+k], out[0].F[at.Reg.Row(i, b, len(in[1].F))*k:]
				dot := 0.0
				for j := range g {
					dot += p[j] * g[j]
				}
				for j := range g {
					dx[j] = p[j] * (g[j] - dot)
					switch {
					case r.Form != ConsistencyMSE:
						dx[j] = (dx[j] - r.Lambda*(c.avg[j]-p[j])) * dloss / float64(m)
					case i == 0:
						dx[j] *= -dloss
					case i == 1:
						dx[j] *= dloss
					default:
						dx[j] = 0
					}
				}
			}
		}
	},
	Cases: func() []Case {
		return consistencyCases(func(m, b, k int) []Arg { return []Arg{N(m*b, k), N(b)} })
	},
}

func checkConsistency(op string, in []*tensor.Tensor, at *Attr) {
	x, m := in[0].Shape(), at.Reg.Copies
	if x.Rank() != 2 || m < 2 || x.Dim(0)%m != 0 || at.Reg.Form > ConsistencyMSE {
		shapeError(op, "logits [m*B K] with at least 2 copies", in)
	}
}

func consistencyCases(in func(m, b, k int) []Arg) []Case {
	return []Case{
		{Name: "default", At: Attr{Reg: Regulariser{ConsistencyDefault, 2, 2, 0.5, false}}, In: in(2, 3, 10)},
		{Name: "xent", At: Attr{Reg: Regulariser{ConsistencyXent, 2, 2, 0, false}}, In: in(2, 2, 19)},
		{Name: "kl", At: Attr{Reg: Regulariser{ConsistencyKL, 3, 2, 0, false}}, In: in(3, 2, 10)},
		{Name: "mse", At: Attr{Reg: Regulariser{ConsistencyMSE, 3, 2, 0, false}}, In: in(3, 2, 10)},
		{Name: "together", At: Attr{Reg: Regulariser{ConsistencyDefault, 3, 2, 0.5, true}}, In: in(3, 4, 10)},
		{Name: "mse together", At: Attr{Reg: Regulariser{ConsistencyMSE, 2, 2, 0, true}}, In: in(2, 3, 10)},
	}
}

// copies holds the distributions of the m copies of one sample.
type copies struct {
	m                     int
	p                     []float64 // [m, K]
	avg, logAvg, meanLogP []float64 // [K]
}

func newCopies(m, k int) *copies {
	return &copies{m: m, p: make([]float64, m*k), avg: make([]float64, k), logAvg: make([]float64, k), meanLogP: make([]float64, k)}
}

// load computes the distributions of sample b of n from logits [m*n, K].
func (c *copies) load(logits []float64, r *Regulariser, b, n int) {
	k := len(c.avg)
	clear(c.avg)
	clear(c.meanLogP)
	for i := range c.m {
		p := c.p[i*k : i*k+k]
		row := r.Row(i, b, n)
		logSoftmax(p, logits[row*k:row*k+k])
		for j, l := range p {
			c.meanLogP[j] += l / float64(c.m)
			p[j] = math.Exp(l)
			c.avg[j] += p[j] / float64(c.m)
		}
	}
	for j, a := range c.avg {
		c.logAvg[j] = math.Log(max(a, logFloor))
	}
}
