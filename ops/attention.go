package ops

import (
	"math"

	"github.com/godmae/godmae/tensor"
)

// Attention is multi-head scaled dot-product self-attention (Vaswani et al.,
// arXiv 1706.03762). A row of qkv holds q of all heads, k of all heads, v of
// all heads; with d = D/Heads, for each sample and head
//
//	s_ij = (q_i . k_j) * (1/sqrt(d)),  p_i = softmax(s_i),  o_i = sum_j p_ij v_j
//
// Input: qkv [B, T, 3D]. Output: o [B, T, D], heads side by side. Attribute:
// Heads, which divides D.
//
// q_i . k_j is one chain of fused multiply-adds over ascending positions, then
// one multiplication by the scale; o is a chain over ascending keys.
var Attention = &Op{
	Name:  "attention",
	In:    []Param{{Name: "qkv"}},
	Out:   []Param{{Name: "o"}},
	Reads: AttrHeads,
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		x := in[0].Shape()
		if x.Rank() != 3 || at.Heads < 1 || x.Last()%(3*at.Heads) != 0 {
			shapeError("attention", "qkv [B T 3D] with D a multiple of the heads", in)
		}
		return [MaxOut]Spec{F(x.WithLast(x.Last() / 3))}
	},
	Ref: func(out, in []*Array, at *Attr) {
		qkv, o := in[0], out[0]
		b, t, w := qkv.Shape.Dim(0), qkv.Shape.Dim(1), qkv.Shape.Last()/3
		d := w / at.Heads
		p := make([]float64, t*t)
		for s := range b {
			for h := range at.Heads {
				attentionWeights(p, qkv.F[s*t*3*w:], t, w, d, h)
				for i := range t {
					for c := range d {
						sum := 0.0
						for j := range t {
							sum += p[i*t+j] * qkv.F[(s*t+j)*3*w+2*w+h*d+c]
						}
						o.F[(s*t+i)*w+h*d+c] = sum
					}
				}
			}
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "one head", At: Attr{Heads: 1}, In: []Arg{N(2, 5, 3*7)}},
			{Name: "three heads", At: Attr{Heads: 3}, In: []Arg{N(2, 17, 3*48)}},
			{Name: "one token", At: Attr{Heads: 2}, In: []Arg{N(3, 1, 3*8)}},
			{Name: "many tokens", At: Attr{Heads: 2}, In: []Arg{N(1, 70, 3*40)}},
			{Name: "sharp", At: Attr{Heads: 2}, In: []Arg{{Shape: tensor.Of(1, 9, 3*16), Scale: 3, Present: true}}},
		}
	},
}

// AttentionGrad is the derivative of Attention. The attention weights p are
// recomputed from qkv. With dp_ij = do_i . v_j and ds_ij = p_ij*(dp_ij -
// sum_k p_ik dp_ik)*(1/sqrt(d)),
//
//	dq_i = sum_j ds_ij k_j,  dk_j = sum_i ds_ij q_i,  dv_j = sum_i p_ij do_i
//
// Inputs: do [B, T, D], qkv [B, T, 3D]. Output: dqkv [B, T, 3D]. Attribute:
// Heads. Sums over keys or queries are chains in ascending order.
var AttentionGrad = &Op{
	Name:  "attention.grad",
	In:    []Param{{Name: "do"}, {Name: "qkv"}},
	Out:   []Param{{Name: "dqkv"}},
	Reads: AttrHeads,
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		do, x := in[0].Shape(), in[1].Shape()
		if x.Rank() != 3 || at.Heads < 1 || x.Last()%(3*at.Heads) != 0 || do != x.WithLast(x.Last()/3) {
			shapeError("attention.grad", "do [B T D], qkv [B T 3D] with D a multiple of the heads", in)
		}
		return [MaxOut]Spec{F(x)}
	},
	Ref: func(out, in []*Array, at *Attr) {
		do, qkv := in[0].F, in[1]
		b, t, w := qkv.Shape.Dim(0), qkv.Shape.Dim(1), qkv.Shape.Last()/3
		d := w / at.Heads
		scale := 1 / math.Sqrt(float64(d))
		p, ds := make([]float64, t*t), make([]float64, t*t)
		for s := range b {
			x, dx := qkv.F[s*t*3*w:(s+1)*t*3*w], out[0].F[s*t*3*w:(s+1)*t*3*w]
			for h := range at.Heads {
				attentionWeights(p, x, t, w, d, h)
				q, k, v := h*d, w+h*d, 2*w+h*d
				for i := range t {
					dot := 0.0
					for j := range t {
						dp := 0.0
						for c := range d {
							dp += do[(s*t+i)*w+q+c] * x[j*3*w+v+c]
						}
						ds[i*t+j] = dp
						dot += p[i*t+j] * dp
					}
					for j := range t {
						ds[i*t+j] = p[i*t+j] * (ds[i*t+j] - dot) * scale
					}
				}
				for i := range t {
					for c := range d {
						var dq, dk, dv float64
						for j := range t {
							dq += ds[i*t+j] * x[j*3*w+k+c]
							dk += ds[j*t+i] * x[j*3*w+q+c]
							dv += p[j*t+i] * do[(s*t+j)*w+q+c]
						}
						dx[i*3*w+q+c], dx[i*3*w+k+c], dx[i*3*w+v+c] = dq, dk, dv
					}
				}
			}
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "one head", At: Attr{Heads: 1}, In: []Arg{N(2, 5, 7), N(2, 5, 3*7)}},
			{Name: "three heads", At: Attr{Heads: 3}, In: []Arg{N(2, 17, 48), N(2, 17, 3*48)}},
			{Name: "many tokens", At: Attr{Heads: 2}, In: []Arg{N(1, 70, 40), N(1, 70, 3*40)}},
		}
	},
}

// attentionWeights fills p [T, T] with the softmax of the scaled scores of head
// h, for the sample whose rows start at x.
func attentionWeights(p, x []float64, t, w, d, h int) {
	scale := 1 / math.Sqrt(float64(d))
	for i := range t {
		for j := range t {
			s := 0.0
			for c := range d {
				s += x[i*3*w+h*d+c] * x[j*3*w+w+h*d+c]
			}
			p[i*t+j] = s * scale
		}
		softmax(p[i*t:i*t+t], p[i*t:i*t+t])
	}
}
