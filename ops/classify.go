package ops

import (
	"math"

	"github.com/godmae/godmae/tensor"
)

// CrossEntropy is the classification loss with a distribution as target, for
// plain labels, label smoothing and mixup:
//
//	logp = log softmax(logits), loss[b] = -sum_c target[b,c]*logp[b,c]
//
// Inputs: logits [B, K], target like logits. Outputs: loss [B], logp [B, K].
// logp = (x - max x) - log(sum exp(x - max x)).
var CrossEntropy = &Op{
	Name:  "cross_entropy",
	In:    []Param{{Name: "logits"}, {Name: "target"}},
	Out:   []Param{{Name: "loss"}, {Name: "logp"}},
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, _ *Attr) [MaxOut]Spec {
		x := in[0].Shape()
		if x.Rank() != 2 || in[1].Shape() != x {
			shapeError("cross_entropy", "logits [B K], target [B K]", in)
		}
		return [MaxOut]Spec{F(tensor.Of(x.Dim(0))), F(x)}
	},
	Ref: func(out, in []*Array, _ *Attr) {
		k := in[0].Shape.Last()
		for b := range in[0].Shape.Dim(0) {
			logp := out[1].F[b*k : b*k+k]
			logSoftmax(logp, in[0].F[b*k:b*k+k])
			loss := 0.0
			for j, l := range logp {
				loss -= in[1].F[b*k+j] * l
			}
			out[0].F[b] = loss
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "labels", In: []Arg{N(3, 10), distributions(3, 10, 1)}, NoGrad: []int{1}},
			{Name: "smoothed", In: []Arg{{Shape: tensor.Of(2, 37), Scale: 4, Offset: 20, Present: true}, distributions(2, 37, 0.9)}, NoGrad: []int{1}},
		}
	},
}

// CrossEntropyGrad is the derivative of [CrossEntropy] with respect to logits:
// (exp(logp)*sum(target) - target)*dloss. Inputs: logp [B, K], target like
// logp, dloss [B]. Output: dlogits like logp.
var CrossEntropyGrad = &Op{
	Name:  "cross_entropy.grad",
	In:    []Param{{Name: "logp"}, {Name: "target"}, {Name: "dloss"}},
	Out:   []Param{{Name: "dlogits"}},
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, _ *Attr) [MaxOut]Spec {
		x := in[0].Shape()
		if x.Rank() != 2 || in[1].Shape() != x || in[2].Shape() != tensor.Of(x.Dim(0)) {
			shapeError("cross_entropy.grad", "logp [B K], target [B K], dloss [B]", in)
		}
		return [MaxOut]Spec{F(x)}
	},
	Ref: func(out, in []*Array, _ *Attr) {
		k := in[0].Shape.Last()
		for b := range in[0].Shape.Dim(0) {
			total := 0.0
			for _, t := range in[1].F[b*k : b*k+k] {
				total += t
			}
			for i := b * k; i < b*k+k; i++ {
				out[0].F[i] = (math.Exp(in[0].F[i])*total - in[1].F[i]) * in[2].F[b]
			}
		}
	},
	Cases: func() []Case {
		logp := Arg{Shape: tensor.Of(3, 10), Offset: -2.5, Scale: 0.5, Present: true}
		wide := Arg{Shape: tensor.Of(2, 37), Offset: -4, Scale: 0.5, Present: true}
		return []Case{
			{Name: "labels", In: []Arg{logp, distributions(3, 10, 1), N(3)}},
			{Name: "smoothed", In: []Arg{wide, distributions(2, 37, 0.9), N(2)}},
		}
	},
}

// distributions returns b targets over k classes with the given probability on
// class 3*b mod k and the rest spread evenly.
func distributions(b, k int, p float64) Arg {
	v := make([]float64, b*k)
	for i := range v {
		if i%k == i/k*3%k {
			v[i] = p
		} else {
			v[i] = (1 - p) / float64(k-1)
		}
	}
	return Arg{Shape: tensor.Of(b, k), Floats: v, Present: true}
}
