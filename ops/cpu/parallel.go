package cpu

// elementGrain is the number of elements a worker takes at a time in
// elementwise kernels: 32 KiB of float32.
const elementGrain = 8 << 10

// rowGrain returns the number of rows of n elements in a piece of work.
func rowGrain(n int) int { return max(1, elementGrain/max(n, 1)) }

// each divides [0, n) into pieces [lo, hi) of at most grain indices, calls f for
// each piece on the workers, and returns after the last call. args is a struct
// with the arguments of f, which the kernel declares with the names of its
// formula. f must not capture variables, because Go would allocate a closure at
// every call. The backend keeps one copy of args per type, which needs no
// allocation.
func each[T any](b *Backend, n, grain int, args T, f func(k *T, lo, hi int)) {
	if n == 0 {
		return
	}
	c, ok := b.calls[(*T)(nil)].(*call[T])
	if !ok {
		c = new(call[T])
		b.calls[(*T)(nil)] = c
	}
	c.f, c.args = f, args
	b.spread(n, max(grain, 1), c)
	*c = call[T]{} // drop the references to tensors
}

// call is one call of [each].
type call[T any] struct {
	f    func(k *T, lo, hi int)
	args T
}

func (c *call[T]) run(lo, hi int) { c.f(&c.args, lo, hi) }

// work is a call of any type and its division into pieces.
type work struct {
	call     interface{ run(lo, hi int) }
	n, grain int
}

// spread runs the pieces of a call on the workers. With only one piece or one
// worker it runs the call directly.
func (b *Backend) spread(n, grain int, call interface{ run(lo, hi int) }) {
	if n <= grain || b.pool.Threads() == 1 {
		call.run(0, n)
		return
	}
	b.work = work{call, n, grain}
	b.pool.Run((n+grain-1)/grain, b.runPiece)
	b.work = work{}
}

// piece runs one piece of the current work. The pool calls it.
func (b *Backend) piece(_, i int) {
	w := &b.work
	w.call.run(i*w.grain, min((i+1)*w.grain, w.n))
}

// scratch returns n float32 of undefined content, valid until the next call.
func (b *Backend) scratch(n int) []float32 {
	if cap(b.parts) < n {
		b.parts = make([]float32, n)
	}
	return b.parts[:n]
}
