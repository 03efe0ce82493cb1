package cpu

// elementGrain is the number of elements a worker takes at a time in
// elementwise kernels: 32 KiB of float32.
const elementGrain = 8 << 10

// rowGrain returns how many rows of n elements make a piece of work.
func rowGrain(n int) int { return max(1, elementGrain/max(n, 1)) }

// each calls f for the pieces [lo, hi) that [0, n) is cut into, of grain indices
// or less, on all workers, and returns when all calls have. f gets at what it
// works on through args, a struct that the kernel declares with the names of its
// formula; f must not capture variables: Go would allocate such a function at
// every call, where args are copied into a place that the backend keeps for
// their type.
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
	*c = call[T]{} // keep no tensor alive
}

// call is one call of [each].
type call[T any] struct {
	f    func(k *T, lo, hi int)
	args T
}

func (c *call[T]) run(lo, hi int) { c.f(&c.args, lo, hi) }

// work is a call of any type, and how it is cut into pieces.
type work struct {
	call     interface{ run(lo, hi int) }
	n, grain int
}

// spread runs the pieces of a call on the workers, or the whole of it here where
// there is but one piece or one worker.
func (b *Backend) spread(n, grain int, call interface{ run(lo, hi int) }) {
	if n <= grain || b.pool.Threads() == 1 {
		call.run(0, n)
		return
	}
	b.work = work{call, n, grain}
	b.pool.Run((n+grain-1)/grain, b.runPiece)
	b.work = work{}
}

// piece runs one piece of the work that is being spread; it is what the pool calls.
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
