package simd

// gemmJob is a running product of a [Pool]. It is a field of the pool, so a
// product allocates nothing.
type gemmJob struct {
	task gemmTask
	pool *Pool

	b       blockOfB     // the current block
	ahead   blockOfB     // the next block, which is being packed
	buffers [2][]float32 // the panels of both blocks

	// Columns left..right of C, one rectangle per task. Rows and columns are
	// divided into bands with similar numbers of tiles.
	left, right int
	tall, wide  int   // tiles
	bands       []int // first tile of each band of rows, and the end of the last
	across      int   // bands of columns
	rectangles  int

	whole, shared, pack func(worker, task int) // bound methods, made once
}

func (j *gemmJob) bind(p *Pool) {
	j.pool = p
	j.whole, j.shared, j.pack = j.computeWhole, j.computeShared, j.packAhead
}

// Gemm computes g on all threads of the pool. It panics with a
// [*GemmShapeError] if a slice is too short.
func (p *Pool) Gemm(g *Gemm) {
	g.check()
	if g.M == 0 || g.N == 0 {
		return
	}
	if p == nil {
		ws := spare.Get().(*Workspace)
		defer spare.Put(ws)
		var t gemmTask
		t.plan(g)
		t.serial(ws)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	j := &p.gemm
	j.task.plan(g)
	switch {
	case len(p.workspaces) == 1:
		j.task.serial(p.workspaces[0])
	case g.K == 0 || 2*g.M*g.N*min(g.K, j.task.sizes.k) < j.task.sizes.shared:
		j.runWhole()
	default:
		j.runShared()
	}
	j.task.Gemm = Gemm{} // drop references
}

// runWhole gives every task a rectangle of C with all k steps. Each task packs
// its own panels, and the tasks synchronise only at the end.
func (j *gemmJob) runWhole() {
	j.cut(0, j.task.N, false)
	j.pool.run(j.rectangles, j.whole)
}

func (j *gemmJob) computeWhole(worker, task int) {
	i0, i1, from, to := j.rectangle(task)
	j.task.rectangle(j.pool.workspaces[worker], i0, i1, from, to)
}

// cut divides the columns left..right of C into rectangles. They are at most a
// block of rows high, and enough to keep the threads busy, but not too small for a
// task. A task packs rows*k numbers of A and, unless B is shared, columns*k numbers
// of B. With B shared, low and wide rectangles need the least packing, otherwise
// square ones.
func (j *gemmJob) cut(left, right int, sharedB bool) {
	t := &j.task
	j.left, j.right = left, right
	rows, cols := t.kernel.rows(), t.kernel.cols()
	wanted := 4 * j.pool.Threads()
	if !sharedB {
		wanted /= 2
	}
	height, width := ceilDiv(min(t.M, t.sizes.m), rows), ceilDiv(min(right-left, taskColumns), cols) // in tiles
	j.tall, j.wide = ceilDiv(t.M, rows), ceilDiv(right-left, cols)
	for ceilDiv(j.tall, height)*ceilDiv(j.wide, width) < wanted {
		low, narrow := height <= lowest, width <= 2
		if low && narrow {
			break
		}
		if !low && (narrow || sharedB || height*rows >= width*cols) {
			height = ceilDiv(height, 2)
		} else {
			width = ceilDiv(width, 2)
		}
	}
	j.across = ceilDiv(j.wide, width)
	j.bands = guided(j.bands[:0], j.tall, t.sizes.m/rows, ceilDiv(2*j.pool.Threads(), j.across))
	j.rectangles = (len(j.bands) - 1) * j.across
}

// lowest is the minimal height of a task in tiles.
const lowest = 4

// guided appends the starts of bands of at most most tiles, and the end of the
// last one. Each band has a fixed share of the remaining tiles, so the last ones
// are small and the threads finish at about the same time, also if other
// processes delay some of them (Polychronopoulos and Kuck, "Guided
// Self-Scheduling", 1987).
func guided(starts []int, tiles, most, shares int) []int {
	least := min(lowest, most)
	for at := 0; at < tiles; at += max(min((tiles-at)/shares, most), least) {
		starts = append(starts, at)
	}
	return append(starts, tiles)
}

// taskColumns bounds the width of a task, so that the epilogue finds its data
// in the cache.
const taskColumns = 1024

// rectangle returns the rows and columns of a task.
func (j *gemmJob) rectangle(task int) (i0, i1, from, to int) {
	band, column := task/j.across, task%j.across
	rows, cols := j.task.kernel.rows(), j.task.kernel.cols()
	i0, i1 = j.bands[band]*rows, min(j.bands[band+1]*rows, j.task.M)
	from, to = column*j.wide/j.across*cols, (column+1)*j.wide/j.across*cols
	return i0, i1, j.left + from, min(j.left+to, j.right)
}
