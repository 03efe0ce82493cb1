package simd

import (
	"fmt"
	"math"
)

// Attention computes multi-head scaled dot-product self-attention (Vaswani et
// al., "Attention Is All You Need", 2017) for B samples of T tokens and width D.
//
// A row of qkv [B, T, 3D] holds q of all heads, k of all heads, v of all heads.
// Head h has columns h*d to (h+1)*d of each, d = D/heads. out is [B, T, D],
// heads side by side. For each sample and head, with scale the float32 nearest
// to the float64 quotient 1/sqrt(d):
//
//	s[i,j] = (chain of fused multiply-adds q[i,c] k[j,c], c ascending from +0)
//	p[i]   = SoftmaxRows(s[i], scale)      one multiply by the scale, then softmax
//	o[i,c] = chain of p[i,j] v[j,c], j ascending from +0
//
// The T x T scores are in the workspace of a thread, a block of queries at a
// time. Each query uses all of its keys, so the block size cannot change a
// bit. T is at most 4,096, as for [SoftmaxRows]. It panics with a
// [LengthError] or [HeadsError] if the sizes do not match.
func Attention(p *Pool, out, qkv []float32, B, T, D, heads int) {
	checkHeads(D, heads)
	need("Attention", "out", len(out), B*T*D)
	need("Attention", "qkv", len(qkv), B*T*3*D)
	p.attention(attentionJob{out: out, qkv: qkv, tokens: T, width: D, heads: heads}, B)
}

// AttentionGrad computes the gradient dqkv [B, T, 3D] of [Attention] from the
// gradient dout [B, T, D] of its output; dqkv is overwritten. Scores and
// probabilities are recomputed. For each sample and head:
//
//	dp[i,j] = chain of dout[i,c] v[j,c], c ascending
//	ds[i]   = SoftmaxGradRows(p[i], dp[i], scale)
//	dq[i,c] = chain of ds[i,j] k[j,c], j (keys) ascending
//	dk[j,c] = chain of ds[i,j] q[i,c], i (queries) ascending
//	dv[j,c] = chain of p[i,j] dout[i,c], i (queries) ascending
//
// all of them fused multiply-adds from +0. From one block of queries to the
// next, the chains of dk and dv continue from the stored values. It panics with
// a [LengthError] or [HeadsError] if the sizes do not match.
func AttentionGrad(p *Pool, dqkv, dout, qkv []float32, B, T, D, heads int) {
	checkHeads(D, heads)
	need("AttentionGrad", "dqkv", len(dqkv), B*T*3*D)
	need("AttentionGrad", "dout", len(dout), B*T*D)
	need("AttentionGrad", "qkv", len(qkv), B*T*3*D)
	p.attention(attentionJob{dqkv: dqkv, dout: dout, qkv: qkv, tokens: T, width: D, heads: heads}, B)
}

// HeadsError is the panic value of attention if the heads do not divide the
// width.
type HeadsError struct{ Width, Heads int }

// Error names the width and the number of heads.
func (e HeadsError) Error() string {
	return fmt.Sprintf("simd: %d attention heads do not divide a width of %d", e.Heads, e.Width)
}

func checkHeads(width, heads int) {
	if heads < 1 || width%heads != 0 {
		panic(HeadsError{width, heads})
	}
}

// attentionJob is one call of [Attention] or, with dqkv, [AttentionGrad].
type attentionJob struct {
	out, qkv, dqkv, dout []float32
	tokens, width, heads int
}

// attention runs one task for each sample and head.
func (p *Pool) attention(job attentionJob, samples int) {
	tasks := samples * job.heads
	if job.tokens == 0 || job.width == 0 {
		return
	}
	if p == nil {
		ws := spare.Get().(*Workspace)
		defer spare.Put(ws)
		for task := range tasks {
			job.head(ws, task)
		}
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heads = job
	p.run(tasks, p.runHead)
	p.heads = attentionJob{} // drop references
}

// head computes sample task/heads, head task%heads.
func (a *attentionJob) head(ws *Workspace, task int) {
	sample, head := task/a.heads, task%a.heads
	if a.dqkv == nil {
		a.forward(ws, sample, head)
	} else {
		a.backward(ws, sample, head)
	}
}

// scale is the factor of the scores.
func (a *attentionJob) scale() float32 {
	return float32(1 / math.Sqrt(float64(a.width/a.heads)))
}

// slices returns q, k and v of a head in a buffer with the layout of qkv; rows
// are 3D apart.
func (a *attentionJob) slices(x []float32, sample, head int) (q, k, v []float32) {
	x = x[sample*a.tokens*3*a.width : (sample+1)*a.tokens*3*a.width]
	at := head * (a.width / a.heads)
	return x[at:], x[at+a.width:], x[at+2*a.width:]
}

// scoreBytes is the approximate size of a thread's score block in its L2 cache.
const scoreBytes = 128 << 10

// queries returns the number of queries in a block and the leading dimension of
// the score block.
func (a *attentionJob) queries() (rows, ld int) {
	ld = RowStride(a.tokens)
	rows = max(scoreBytes/(4*ld), 48)
	blocks := (a.tokens + rows - 1) / rows
	return (a.tokens + blocks - 1) / blocks, ld
}

func (a *attentionJob) forward(ws *Workspace, sample, head int) {
	q, k, v := a.slices(a.qkv, sample, head)
	d, ldx := a.width/a.heads, 3*a.width
	o := a.out[sample*a.tokens*a.width+head*d:]
	block, ld := a.queries()
	s := floats(&ws.scores[0], block*ld)
	for i := 0; i < a.tokens; i += block {
		rows := min(block, a.tokens-i)
		GemmSerial(ws, &Gemm{M: rows, N: a.tokens, K: d, A: q[i*ldx:], LDA: ldx, B: k, LDB: ldx, TransB: true, C: s, LDC: ld, padC: true})
		ws.mask.softmax(s, rows, a.tokens, a.scale())
		GemmSerial(ws, &Gemm{M: rows, N: d, K: a.tokens, A: s, LDA: ld, B: v, LDB: ldx, C: o[i*a.width:], LDC: a.width})
	}
}

func (a *attentionJob) backward(ws *Workspace, sample, head int) {
	q, k, v := a.slices(a.qkv, sample, head)
	dq, dk, dv := a.slices(a.dqkv, sample, head)
	d, ldx := a.width/a.heads, 3*a.width
	do := a.dout[sample*a.tokens*a.width+head*d:]
	block, ld := a.queries()
	p := floats(&ws.scores[0], block*ld)
	ds := floats(&ws.scores[1], block*ld)
	for i := 0; i < a.tokens; i += block {
		rows := min(block, a.tokens-i)
		more := i > 0
		doBlock := do[i*a.width:]
		GemmSerial(ws, &Gemm{M: rows, N: a.tokens, K: d, A: q[i*ldx:], LDA: ldx, B: k, LDB: ldx, TransB: true, C: p, LDC: ld, padC: true})
		ws.mask.softmax(p, rows, a.tokens, a.scale())
		GemmSerial(ws, &Gemm{M: rows, N: a.tokens, K: d, A: doBlock, LDA: a.width, B: v, LDB: ldx, TransB: true, C: ds, LDC: ld, padC: true})
		GemmSerial(ws, &Gemm{M: a.tokens, N: d, K: rows, A: p, LDA: ld, TransA: true, B: doBlock, LDB: a.width, C: dv, LDC: ldx, Accumulate: more})
		ws.mask.softmaxGrad(ds, p, ds, rows, a.tokens, a.scale())
		GemmSerial(ws, &Gemm{M: rows, N: d, K: a.tokens, A: ds, LDA: ld, B: k, LDB: ldx, C: dq[i*ldx:], LDC: ldx})
		GemmSerial(ws, &Gemm{M: a.tokens, N: d, K: rows, A: ds, LDA: ld, TransA: true, B: q[i*ldx:], LDB: ldx, C: dk, LDC: ldx, Accumulate: more})
	}
}
