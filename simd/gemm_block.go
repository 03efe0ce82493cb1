package simd

// Blocking, after Goto and van de Geijn ("Anatomy of High-Performance Matrix
// Multiplication", 2008) and BLIS: a panel of B stays in the first level cache
// while tiles walk down a block of A in the second; blocks of B stay in the
// third. None of these sizes can change a bit of the result.

// gemmSizes holds the block sizes, which follow the caches of the machine.
type gemmSizes struct {
	k int // steps of a block
	m int // rows of a block of A
	n int // columns of a block of B

	// shared is the number of floating point operations in one k block from
	// which on the threads of a pool pack B together, at the price of a meeting
	// of all threads a block.
	shared int
}

// kBlock returns the length of the k blocks: about equal ones, as many as needed,
// of whole groups of steps for the sake of the packers.
func (s gemmSizes) kBlock(k int) int {
	if k <= s.k {
		return max(k, 1)
	}
	return roundUp(ceilDiv(k, ceilDiv(k, s.k)), 8)
}

// gemmTask carries one product and how to do it.
type gemmTask struct {
	Gemm
	kernel  *gemmKernel
	sizes   gemmSizes
	directA bool // tiles read op(A) where it stands
	directB bool // tiles read full panels of op(B) where they stand
}

// plan chooses the kernel and the layout for a product.
func (t *gemmTask) plan(g *Gemm) {
	t.Gemm = *g
	t.kernel = active.gemm
	t.sizes = t.kernel.sizes(g.K)
	t.directA = !t.kernel.packA && g.N <= directColumns
	t.directB = !g.TransB && g.M <= directRows
}

// Packing a panel pays when it is read often enough.
const (
	directColumns = 128
	directRows    = 64
)

// GemmSerial computes g on the calling goroutine, with the scratch memory ws.
// It panics with a [*GemmShapeError] when a slice is too short.
func GemmSerial(ws *Workspace, g *Gemm) {
	g.check()
	var t gemmTask
	t.plan(g)
	t.serial(ws)
}

// serial computes the whole product.
func (t *gemmTask) serial(ws *Workspace) { t.rectangle(ws, 0, t.M, 0, t.N) }

// rectangle computes rows i0..i1 and columns from..to of C, all k steps.
func (t *gemmTask) rectangle(ws *Workspace, i0, i1, from, to int) {
	kc := t.sizes.kBlock(t.K)
	for j0 := from; j0 < to; j0 += t.sizes.n {
		j1 := min(j0+t.sizes.n, to)
		for p := 0; p == 0 || p < t.K; p += kc {
			steps := min(kc, t.K-p)
			b := floats(&ws.b, steps*roundUp(j1-j0, t.kernel.lanes))
			for j := j0; j < j1; j += t.kernel.cols() {
				t.packB(b, j0, j1, j, p, steps)
			}
			for i := i0; i < i1; i += t.sizes.m {
				t.block(ws, i, min(i+t.sizes.m, i1), p, steps, b, j0, j0, j1)
			}
		}
	}
}

// packB packs the panel that starts at column j of the block of columns j0..j1,
// unless the tiles can read it in place.
func (t *gemmTask) packB(b []float32, j0, j1, j, p, steps int) {
	width := t.kernel.width(j1 - j)
	if steps == 0 || (t.directB && j+width <= j1) {
		return
	}
	t.packPanelB(b[(j-j0)*steps:], width, j, min(width, j1-j), p, steps)
}

// block computes rows i0..i1 and columns from..to of C for k steps p..p+steps; b
// holds the packed panels of the columns from j0 on.
func (t *gemmTask) block(ws *Workspace, i0, i1, p, steps int, b []float32, j0, from, to int) {
	k := t.kernel
	load := p > 0 || t.Accumulate
	finish := t.Epilogue != nil && p+steps >= t.K
	var a []float32
	aRow, aStep := t.LDA, 1
	switch {
	case !t.directA:
		aRow, aStep = 1, k.rows()
		a = floats(&ws.a, steps*roundUp(i1-i0, aStep))
		for i := i0; i < i1 && steps > 0; i += aStep {
			t.packPanelA(a[(i-i0)*steps:], aStep, i, min(aStep, i1-i), p, steps)
		}
	case t.TransA:
		a = t.A[min(i0+p*t.LDA, len(t.A)):]
		aRow, aStep = 1, t.LDA
	default:
		a = t.A[min(i0*t.LDA+p, len(t.A)):]
	}
	for j := from; j < to; j += k.cols() {
		width := k.width(to - j)
		inside := j+width <= to
		bAt, bStep := element(b, (j-j0)*steps), width
		if t.directB && inside {
			bAt, bStep = element(t.B, p*t.LDB+j), t.LDB
		}
		tiles := k.tiles[width/k.lanes-1]
		for i := i0; i < i1; i += k.rows() {
			rows := min(k.rows(), i1-i)
			aAt := element(a, (i-i0)*aRow)
			if !t.directA {
				aAt = element(a, (i-i0)*steps)
			}
			c, ldc := t.C[i*t.LDC+j:], t.LDC
			if !inside && !t.padC {
				c, ldc = floats(&ws.tile, rows*width), width
				if load {
					copyRows(c, width, t.C[i*t.LDC+j:], t.LDC, rows, to-j)
				}
			}
			tiles[rows-1](steps, aAt, aRow, aStep, bAt, bStep, &c[0], ldc, load)
			if !inside && !t.padC {
				copyRows(t.C[i*t.LDC+j:], t.LDC, c, width, rows, to-j)
			}
			if finish {
				t.applyEpilogue(i, i+rows, j, min(j+width, to))
			}
		}
	}
}

// copyRows copies rows x cols numbers between two views.
func copyRows(dst []float32, ldd int, src []float32, lds int, rows, cols int) {
	for i := range rows {
		copy(dst[i*ldd:i*ldd+cols], src[i*lds:])
	}
}

// element returns the address of s[i], or nil where a product without steps has
// nothing to read.
func element(s []float32, i int) *float32 {
	if i >= len(s) {
		return nil
	}
	return &s[i]
}

// roundUp returns the smallest multiple of unit that is not below n.
func roundUp(n, unit int) int { return ceilDiv(n, unit) * unit }

// ceilDiv returns n/d, rounded up.
func ceilDiv(n, d int) int { return (n + d - 1) / d }
