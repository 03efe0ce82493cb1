package simd

import "sync"

// rowMask describes the length of the rows of a softmax. A row of n elements
// is stored in whole groups of sixteen. In the last group, elements have all
// bits of last set, and padding has none. Assembly kernels depend on the
// layout.
type rowMask struct {
	bytes int // of the groups before the last one
	n     int // elements
	last  [lanes]uint32
}

// maskCache has the masks of all possible last groups, by n mod 16.
var maskCache = func() (all [lanes][lanes]uint32) {
	for n := range all {
		for i := range all[n] {
			if i < n || n == 0 {
				all[n][i] = 1<<32 - 1
			}
		}
	}
	return all
}()

// RowStride returns n rounded up to a multiple of 16, the distance between rows
// in [SoftmaxRows] and [SoftmaxGradRows].
func RowStride(n int) int { return (n + lanes - 1) &^ (lanes - 1) }

func (m *rowMask) set(n int) {
	m.bytes = 4 * (RowStride(n) - lanes)
	m.n = n
	m.last = maskCache[n%lanes]
}

// SoftmaxRows replaces each of rows rows of n scores by its softmax. Rows are
// RowStride(n) apart; the padding after each row is ignored and set to 0.
//
// Sequence: s = x*scale; m the maximum as in [Max]; e = exp(s - m) as
// exact.Exp32; Z the sum of e as in [Sum]; r = 1/Z; p = e*r. A row has at most
// 4,096 elements.
func SoftmaxRows(x []float32, rows, n int, scale float32) {
	if rows == 0 || n == 0 {
		return
	}
	m := masks.Get().(*rowMask)
	m.softmax(x, rows, n, scale)
	masks.Put(m)
}

// softmax is SoftmaxRows for at least one row, with the caller's mask.
func (m *rowMask) softmax(x []float32, rows, n int, scale float32) {
	softmaxCheck("SoftmaxRows", "x", len(x), rows, n)
	m.set(n)
	pairs, even := rows/2, rows/2*2*RowStride(n)
	if pairs > 0 {
		use().softmaxPairs(x[:even], pairs, m, scale)
	}
	if rows%2 != 0 {
		use().softmax(x[even:even+RowStride(n)], 1, m, scale)
	}
}

// SoftmaxGradRows sets dst to the gradient with respect to the unscaled scores
// of [SoftmaxRows], from the probabilities p and their gradient dp. All three
// are rows of n elements RowStride(n) apart. The padding of dst is set to 0.
//
// Sequence: d the dot product of p and dp as in [Dot];
// dst = (p*(dp - d))*scale.
func SoftmaxGradRows(dst, p, dp []float32, rows, n int, scale float32) {
	if rows == 0 || n == 0 {
		return
	}
	m := masks.Get().(*rowMask)
	m.softmaxGrad(dst, p, dp, rows, n, scale)
	masks.Put(m)
}

// softmaxGrad is SoftmaxGradRows for at least one row, with the caller's mask.
func (m *rowMask) softmaxGrad(dst, p, dp []float32, rows, n int, scale float32) {
	softmaxCheck("SoftmaxGradRows", "dst", len(dst), rows, n)
	softmaxCheck("SoftmaxGradRows", "p", len(p), rows, n)
	softmaxCheck("SoftmaxGradRows", "dp", len(dp), rows, n)
	m.set(n)
	use().softmaxGrad(dst, p, dp, rows, m, scale)
}

func softmaxCheck(fn, arg string, got, rows, n int) {
	needAtLeast(fn, arg, got, rows*RowStride(n))
	if n > reduceBlock {
		panic(LengthError{fn, "a row", n, reduceBlock})
	}
}

// masks avoids allocations of the kernels' argument for callers without a
// [Workspace]. Under the race detector a sync.Pool drops a quarter of the values
// put into it.
var masks = sync.Pool{New: func() any { return new(rowMask) }}
