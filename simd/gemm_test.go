package simd

import (
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/philox"
)

// matrix is a test operand: rows x cols numbers with gaps between the rows and
// guard words around everything.
type matrix struct {
	all        []float32
	rows, cols int
	ld         int
}

const guard = float32(-12345.678)
const guards = 19

// view is the slice for a product, up to the last element.
func (m matrix) view() []float32 {
	n := 0
	if m.rows > 0 && m.cols > 0 {
		n = (m.rows-1)*m.ld + m.cols
	}
	return m.all[guards : guards+n : guards+n]
}

func (m matrix) clone() matrix {
	m.all = append([]float32(nil), m.all...)
	return m
}

// numbers is a deterministic source of difficult numbers: wide exponents, exact
// cancellation, signed zeros.
type numbers struct {
	addr philox.Addr
	n    uint32
}

func (s *numbers) next() float32 {
	s.n++
	w := s.addr.Block(s.n)[0]
	if w%37 == 0 {
		return float32(math.Copysign(0, float64(int32(w))))
	}
	return float32(int32(w)>>8) * float32(math.Ldexp(1, -20-int(w%9)))
}

func (s *numbers) matrix(rows, cols, gap int) matrix {
	m := matrix{rows: rows, cols: cols, ld: cols + gap}
	m.all = make([]float32, 2*guards+rows*m.ld)
	for i := range m.all {
		m.all[i] = guard
	}
	for i := range rows {
		for j := range cols {
			m.all[guards+i*m.ld+j] = s.next()
		}
	}
	return m
}

// definition is the definition of Gemm.
func definition(g *Gemm) {
	at := func(s []float32, ld int, trans bool, r, c int) float32 {
		if trans {
			r, c = c, r
		}
		return s[r*ld+c]
	}
	for i := range g.M {
		for j := range g.N {
			var s float32
			if g.Accumulate {
				s = g.C[i*g.LDC+j]
			}
			for p := range g.K {
				s = exact.FMA32(at(g.A, g.LDA, g.TransA, i, p), at(g.B, g.LDB, g.TransB, p, j), s)
			}
			e := g.Epilogue
			if e == nil {
				e = new(Epilogue)
			}
			if e.Bias != nil {
				s += e.Bias[j]
			}
			if e.Pre != nil {
				e.Pre[i*e.LDPre+j] = s
			}
			if e.Gelu {
				s = exact.Gelu32(s)
			}
			if e.RowScale != nil {
				s = float32(s * e.RowScale[i/e.RowsPerScale])
			}
			if e.Residual != nil {
				s += e.Residual[i*e.LDR+j]
			}
			g.C[i*g.LDC+j] = s
		}
	}
}

// product is a Gemm with its memory.
type product struct {
	Gemm
	c, pre matrix
}

func (s *numbers) product(m, n, k int, transA, transB, accumulate bool, epilogue int) product {
	gap := int(s.addr.Block(s.n)[1] % 5)
	a, b := s.matrix(m, k, gap), s.matrix(k, n, gap+1)
	if transA {
		a = s.matrix(k, m, gap)
	}
	if transB {
		b = s.matrix(n, k, gap+1)
	}
	p := product{c: s.matrix(m, n, gap)}
	p.Gemm = Gemm{M: m, N: n, K: k, A: a.view(), LDA: a.ld, TransA: transA, B: b.view(), LDB: b.ld, TransB: transB, LDC: p.c.ld, Accumulate: accumulate}
	if epilogue != 0 {
		p.Epilogue = new(Epilogue)
	}
	if epilogue&1 != 0 {
		p.Epilogue.Bias = s.matrix(1, n, 0).view()
		p.Epilogue.Gelu = epilogue&2 != 0
	}
	if epilogue&4 != 0 {
		p.pre = s.matrix(m, n, gap)
		p.Epilogue.LDPre = p.pre.ld
	}
	if epilogue&8 != 0 {
		p.Epilogue.RowsPerScale = 7
		p.Epilogue.RowScale = s.matrix(1, (m+6)/7, 0).view()
	}
	if epilogue&16 != 0 {
		r := s.matrix(m, n, gap)
		p.Epilogue.Residual, p.Epilogue.LDR = r.view(), r.ld
	}
	return p
}

// run computes the product in new memory and returns all of that memory,
// including guards and gaps.
func (p product) run(f func(*Gemm)) []float32 {
	p.c = p.c.clone()
	p.C = p.c.view()
	if p.pre.all != nil {
		p.pre = p.pre.clone()
		p.Epilogue.Pre = p.pre.view()
	}
	f(&p.Gemm)
	return append(p.c.all, p.pre.all...)
}

func (p product) String() string {
	return fmt.Sprintf("%dx%dx%d transA=%v transB=%v accumulate=%v", p.M, p.N, p.K, p.TransA, p.TransB, p.Accumulate)
}

// requireSameBits compares two results bit by bit.
func requireSameBits(t *testing.T, want, got []float32, what any) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		if math.Float32bits(want[i]) != math.Float32bits(got[i]) {
			require.Failf(t, "bits differ", "%v: element %d: want %x (%g), got %x (%g)", what, i, math.Float32bits(want[i]), want[i], math.Float32bits(got[i]), got[i])
		}
	}
}

// gemmProducts lists products that use every tile, edge and path.
func gemmProducts(s *numbers) []product {
	var list []product
	add := func(m, n, k int) {
		for v := range 8 {
			list = append(list, s.product(m, n, k, v&1 != 0, v&2 != 0, v&4 != 0, (len(list)*7)%32))
		}
	}
	for i := range 16 { // every tile height
		add(i, 33, 3)
	}
	for i := range 34 { // every tile width
		add(5, i, 2)
	}
	for _, k := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 17} {
		add(17, 19, k)
	}
	for _, n := range []int{15, 31, 50} {
		add(n, n, n)
	}
	add(70, 30, 20)
	add(3, 140, 9) // A is packed
	add(75, 5, 9)  // B is packed
	return list
}

// smallBlocks returns sizes with which almost every product has several k
// blocks, row blocks and column blocks, and the threads share the panels of B.
func smallBlocks(k *gemmKernel) gemmSizes {
	return gemmSizes{k: 8, m: 2 * k.rows(), n: 2 * k.cols(), shared: 1}
}

func TestGemm(t *testing.T) {
	s := &numbers{addr: philox.Addr{Seed: 1}}
	products := gemmProducts(s)
	if !testing.Short() {
		for v := range 8 { // larger than the blocks of most machines
			products = append(products, s.product(300, 140, 530, v&1 != 0, v&2 != 0, v&4 != 0, v))
		}
	}
	want := make([][]float32, len(products))
	for i, p := range products {
		want[i] = p.run(definition)
	}
	eachISA(t, func(t *testing.T) {
		kernel := *active.gemm
		set := *active
		set.gemm = &kernel
		active = &set
		for _, sizes := range []gemmSizes{{}, smallBlocks(&kernel)} {
			kernel.fixed = sizes
			var ws Workspace
			for i, p := range products {
				requireSameBits(t, want[i], p.run(func(g *Gemm) { GemmSerial(&ws, g) }), p)
			}
			for _, threads := range []int{0, 1, 2, 7} {
				if kernel.packer == nil && threads != 2 {
					continue // plain Go is slow and has no separate paths
				}
				var pool *Pool
				if threads > 0 {
					pool = NewPool(threads)
				}
				for i, p := range products {
					requireSameBits(t, want[i], p.run(pool.Gemm), fmt.Sprint(p, " threads ", threads))
				}
				pool.Close()
			}
		}
	})
}

// Bands cover all tiles, are at most as high as a block, and become smaller.
func TestGuidedBands(t *testing.T) {
	for tiles := 1; tiles < 300; tiles++ {
		for _, most := range []int{1, 2, 9, 18} {
			for _, shares := range []int{1, 4, 14} {
				starts := guided(nil, tiles, most, shares)
				require.Equal(t, 0, starts[0])
				require.Equal(t, tiles, starts[len(starts)-1])
				last := most
				for i, start := range starts[1:] {
					size := start - starts[i]
					require.True(t, 0 < size && size <= last, "%d tiles, at most %d, %d shares: %v", tiles, most, shares, starts)
					last = size
				}
			}
		}
	}
}

func TestGemmSizes(t *testing.T) {
	m := func(n int) []float32 { return make([]float32, n) }
	good := Gemm{M: 3, N: 4, K: 5, A: m(15), LDA: 5, B: m(20), LDB: 4, C: m(12), LDC: 4}
	GemmSerial(new(Workspace), &good)
	for name, spoil := range map[string]func(g *Gemm){
		"A":        func(g *Gemm) { g.A = m(14) },
		"B":        func(g *Gemm) { g.LDB = 3 },
		"C":        func(g *Gemm) { g.LDC = 5 },
		"Bias":     func(g *Gemm) { g.Epilogue = &Epilogue{Bias: m(3)} },
		"Pre":      func(g *Gemm) { g.Epilogue = &Epilogue{Pre: m(12)} },
		"Residual": func(g *Gemm) { g.Epilogue = &Epilogue{Residual: m(11), LDR: 4} },
		"RowScale": func(g *Gemm) { g.Epilogue = &Epilogue{RowScale: m(1), RowsPerScale: 2} },
	} {
		g := good
		spoil(&g)
		for _, run := range []func(){
			func() { GemmSerial(new(Workspace), &g) },
			func() { (*Pool)(nil).Gemm(&g) },
		} {
			require.Panics(t, run, name)
			func() {
				defer func() {
					err, ok := recover().(*GemmShapeError)
					require.True(t, ok, name)
					require.Equal(t, name, err.Matrix)
					require.ErrorContains(t, err, "simd: gemm: ")
				}()
				run()
			}()
		}
	}
}

// eachISA runs a test for every instruction set of this machine and plain Go,
// or only for that of DMAE_SIMD.
func eachISA(t *testing.T, f func(t *testing.T)) {
	before := active
	defer func() { active = before }()
	for _, k := range usable {
		if os.Getenv("DMAE_SIMD") != "" && k != before {
			continue
		}
		active = k
		t.Run(k.name, f)
	}
}

// Every packer writes the same panels as the plain one, including padding, and
// nothing else.
func TestGemmPackers(t *testing.T) {
	const guard = -7
	eachISA(t, func(t *testing.T) {
		packer, numbers := active.gemm.packer, &numbers{addr: philox.Addr{Seed: 6}}
		for _, width := range []int{4, 6, 8, 12, 14, 16, 32} {
			for n := 1; n <= width; n++ {
				for _, k := range []int{1, 3, 4, 15, 16, 17, 33, 50} {
					ld := max(n, k) + 3
					src := numbers.matrix(max(n, k), ld, 0).view()
					pack := func(p *gemmPacker, rows bool) []float32 {
						dst := make([]float32, k*width+16)
						for i := range dst {
							dst[i] = guard
						}
						if rows {
							p.packRows(dst, width, src[:(k-1)*ld+n], ld, k, n)
						} else {
							p.packColumns(dst, width, src[:(n-1)*ld+k], ld, k, n)
						}
						return dst
					}
					for _, rows := range []bool{true, false} {
						require.Equal(t, pack(nil, rows), pack(packer, rows), "width %d, n %d, k %d, rows %v", width, n, k, rows)
					}
				}
			}
		}
	})
}
