package simd

import (
	"math"

	"github.com/godmae/godmae/internal/exact"
)

// AdamW holds the scalars of one optimiser step, which the host computes. The
// assembly kernels read them in this order.
type AdamW struct {
	GradScale     float32 // gradient clipping factor, 1 for none
	Decay         float32 // 1 - lr*weightDecay
	Beta1         float32
	OneMinusBeta1 float32
	Beta2         float32
	OneMinusBeta2 float32
	Step          float32 // lr / (1 - Beta1^t)
	SqrtBias2     float32 // sqrt(1 - Beta2^t)
	Eps           float32
}

// AdamWStep updates the parameters p and the moments m and v with the gradient
// g, in the order of torch.optim.AdamW (Loshchilov and Hutter,
// arXiv:1711.05101).
//
// Sequence: w = g*GradScale; p = p*Decay; m = fma(w, OneMinusBeta1, m*Beta1);
// v = fma(w*OneMinusBeta2, w, v*Beta2); d = sqrt(v)/SqrtBias2 + Eps;
// p = p - (m*Step)/d.
func AdamWStep(p, m, v, g []float32, h *AdamW) {
	need("AdamWStep", "m", len(m), len(p))
	need("AdamWStep", "v", len(v), len(p))
	need("AdamWStep", "g", len(g), len(p))
	n := whole(len(p))
	use().adamW(p[:n], m[:n], v[:n], g[:n], h)
	if n < len(p) {
		t := newTail(m[n:], v[n:], g[n:])
		copy(t.d[:], p[n:])
		use().adamW(t.d[:], t.a[:], t.b[:], t.c[:], h)
		copy(m[n:], t.a[:])
		copy(v[n:], t.b[:])
		t.finish(p[n:])
	}
}

func adamWGo(p, m, v, g []float32, h *AdamW) {
	for i := range p {
		w := float32(g[i] * h.GradScale)
		m[i] = exact.FMA32(w, h.OneMinusBeta1, float32(m[i]*h.Beta1))
		v[i] = exact.FMA32(float32(w*h.OneMinusBeta2), w, float32(v[i]*h.Beta2))
		d := float32(float32(math.Sqrt(float64(v[i])))/h.SqrtBias2) + h.Eps
		p[i] = float32(p[i]*h.Decay) - float32(m[i]*h.Step)/d
	}
}
