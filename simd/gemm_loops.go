package simd

// The loop nest of a matrix product, after Goto and van de Geijn ("Anatomy of
// High-Performance Matrix Multiplication", 2008) and BLIS. From the outside in,
// with the block sizes n, k and m of [gemmSizes]:
//
//	for columns j0..j1 of C, n at a time
//	    for steps p..p+s of K, k at a time
//	        pack op(B)[p..p+s, j0..j1] into panels, each one tile wide
//	        for rows i0..i1 of C, m at a time
//	            pack op(A)[i0..i1, p..p+s] into panels, each one tile high
//	            for columns j of j0..j1, one tile at a time
//	                for rows i of i0..i1, one tile at a time
//	                    C[i.., j..] += panel of A * panel of B
//	                    after the last step of K: the epilogue of this tile
//
// The block of B is in the L3 cache, the block of A in L2, a panel of B in L1,
// and the sums of a tile are in registers. Panels are read in the order in which
// they are stored. If packing costs more than it saves, tiles read a matrix in
// place.
//
// The blocking cannot change a bit of the result. Each element of C is one chain
// of fused multiply-adds over ascending steps (see [Gemm]). A tile computes s
// steps of its chains and stores them; the next block of steps loads and
// continues them. Loading and storing float32 is exact, and the blocks of steps
// of an element are in ascending order. Blocks and threads divide rows and
// columns, never the steps of a chain. The epilogue is applied once to each
// element, after the last step.
//
// With one thread the nest is [gemmTask.rectangle]. The threads of a pool either
// run it for one rectangle of C each, or share the two outer loops and the packed
// block of B in [gemmJob.runShared]. Both use the inner loops in [gemmTask.block].

// gemmTask is one product with its blocking.
type gemmTask struct {
	Gemm
	kernel  *gemmKernel
	sizes   gemmSizes
	steps   int  // steps of a block of K, except the last one
	directA bool // tiles read op(A) in place
	directB bool // tiles read full panels of op(B) in place
}

// Up to these sizes a panel is read so few times that packing it costs more
// than it saves.
const (
	directColumns = 128
	directRows    = 64
)

// plan chooses the kernel and the layout for a product.
func (t *gemmTask) plan(g *Gemm) {
	t.Gemm = *g
	t.kernel = use().gemm
	t.sizes = t.kernel.sizes(g.K)
	t.steps = t.sizes.kBlock(g.K)
	t.directA = !t.kernel.packA && g.N <= directColumns
	t.directB = !g.TransB && g.M <= directRows
}

// GemmSerial computes g on the calling goroutine, with the scratch memory ws.
// It panics with a [*GemmShapeError] if a slice is too short.
func GemmSerial(ws *Workspace, g *Gemm) {
	g.check()
	var t gemmTask
	t.plan(g)
	t.serial(ws)
}

// serial computes the whole product.
func (t *gemmTask) serial(ws *Workspace) { t.rectangle(ws, 0, t.M, 0, t.N) }

// rectangle computes rows i0..i1 and columns from..to of C with all steps.
func (t *gemmTask) rectangle(ws *Workspace, i0, i1, from, to int) {
	for j0 := from; j0 < to; j0 += t.sizes.n {
		j1 := min(j0+t.sizes.n, to)
		for p := 0; p == 0 || p < t.K; p += t.steps {
			b := t.blockOfB(&ws.b, j0, j1, p)
			for j := j0; j < j1; j += t.kernel.cols() {
				t.packB(&b, j)
			}
			for i := i0; i < i1; i += t.sizes.m {
				t.block(ws, i, min(i+t.sizes.m, i1), &b, j0, j1)
			}
		}
	}
}

// runShared runs the two outer loops for all threads of a pool, which share the
// packed block of B. While they compute with one block they pack the next one,
// in the other of two buffers. They synchronise at the end of each block.
func (j *gemmJob) runShared() {
	t := &j.task
	for j0 := 0; j0 < t.N; j0 += t.sizes.n {
		j1 := min(j0+t.sizes.n, t.N)
		j.cut(j0, j1, true)
		packs := ceilDiv(j.wide, packPanels)
		j.ahead = t.blockOfB(&j.buffers[0], j0, j1, 0)
		j.pool.run(packs, j.pack)
		for side := 1; j.ahead.steps > 0; side ^= 1 {
			j.b = j.ahead
			j.ahead = t.blockOfB(&j.buffers[side], j0, j1, j.b.p+j.b.steps)
			tasks := j.rectangles
			if j.ahead.steps > 0 {
				tasks += packs
			}
			j.pool.run(tasks, j.shared)
		}
	}
}

// computeShared computes a rectangle of C for the current block or, for the
// tasks after the last rectangle, packs panels of the next block.
func (j *gemmJob) computeShared(worker, task int) {
	if task >= j.rectangles {
		j.packAhead(worker, task-j.rectangles)
		return
	}
	i0, i1, from, to := j.rectangle(task)
	j.task.block(j.pool.workspaces[worker], i0, i1, &j.b, from, to)
}

// packPanels is the number of panels of B in a packing task.
const packPanels = 4

func (j *gemmJob) packAhead(_, task int) {
	cols := j.task.kernel.cols()
	first := j.ahead.j0 + task*packPanels*cols
	for col := first; col < min(first+packPanels*cols, j.ahead.j1); col += cols {
		j.task.packB(&j.ahead, col)
	}
}

// blockOfB is columns j0..j1 and steps p..p+steps of op(B), the block of the
// two outer loops.
type blockOfB struct {
	j0, j1   int
	p, steps int
	panels   []float32 // the panel of column j starts at (j-j0)*steps
}

// blockOfB returns the block whose first step is p, with space in buf for its
// panels. It has no steps after the end of K.
func (t *gemmTask) blockOfB(buf *[]float32, j0, j1, p int) blockOfB {
	steps := min(t.steps, t.K-p)
	return blockOfB{j0, j1, p, steps, floats(buf, steps*roundUp(j1-j0, t.kernel.lanes))}
}

// packB packs the panel of b that starts at column j, unless the tiles can read
// it in place.
func (t *gemmTask) packB(b *blockOfB, j int) {
	width := t.kernel.width(b.j1 - j)
	if b.steps == 0 || (t.directB && j+width <= b.j1) {
		return
	}
	t.packPanelB(b.panels[(j-b.j0)*b.steps:], width, j, min(width, b.j1-j), b.p, b.steps)
}

// blockOfA is a block of op(A) for tiles: element (row, step) of the tile at an
// offset is data[offset + row*rowStride + step*stepStride], and the tile below
// is at offset + next.
type blockOfA struct {
	data                        []float32
	rowStride, stepStride, next int
}

// blockOfA returns rows i0..i1 and steps p..p+steps, packed unless the tiles can
// read them in place.
func (t *gemmTask) blockOfA(ws *Workspace, i0, i1, p, steps int) blockOfA {
	rows := t.kernel.rows()
	switch {
	case !t.directA:
		panels := floats(&ws.a, steps*roundUp(i1-i0, rows))
		for i := i0; i < i1 && steps > 0; i += rows {
			t.packPanelA(panels[(i-i0)*steps:], rows, i, min(rows, i1-i), p, steps)
		}
		return blockOfA{panels, 1, rows, rows * steps}
	case t.TransA:
		return blockOfA{t.A[min(i0+p*t.LDA, len(t.A)):], 1, t.LDA, rows}
	default:
		return blockOfA{t.A[min(i0*t.LDA+p, len(t.A)):], t.LDA, 1, rows * t.LDA}
	}
}

// block computes rows i0..i1 and columns from..to of C for the steps of b. A
// tile that extends beyond the right edge is computed in scratch memory.
func (t *gemmTask) block(ws *Workspace, i0, i1 int, b *blockOfB, from, to int) {
	k, steps := t.kernel, b.steps
	load := b.p > 0 || t.Accumulate
	finish := t.Epilogue != nil && b.p+steps >= t.K
	a := t.blockOfA(ws, i0, i1, b.p, steps)
	for j := from; j < to; j += k.cols() {
		width := k.width(to - j)
		inside := j+width <= to
		bAt, bStride := element(b.panels, (j-b.j0)*steps), width
		if t.directB && inside {
			bAt, bStride = element(t.B, b.p*t.LDB+j), t.LDB
		}
		tiles := k.tiles[width/k.lanes-1]
		for i, aAt := i0, 0; i < i1; i, aAt = i+k.rows(), aAt+a.next {
			rows := min(k.rows(), i1-i)
			c, ldc := t.C[i*t.LDC+j:], t.LDC
			if !inside && !t.padC {
				c, ldc = floats(&ws.tile, rows*width), width
				if load {
					copyRows(c, width, t.C[i*t.LDC+j:], t.LDC, rows, to-j)
				}
			}
			tiles[rows-1](steps, element(a.data, aAt), a.rowStride, a.stepStride, bAt, bStride, &c[0], ldc, load)
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

// element returns the address of s[i], or nil for a product without steps.
func element(s []float32, i int) *float32 {
	if i >= len(s) {
		return nil
	}
	return &s[i]
}
