package simd

import "fmt"

// Gemm describes one matrix product
//
//	C = op(A) op(B)            or, with Accumulate, C = C + op(A) op(B)
//
// over row-major views: element (r, c) of a view is at r*LD + c. op(X) is X or,
// with TransX, its transpose; then the stored matrix has the shape of the
// transpose.
//
// Every element of C is one chain of fused multiply-adds over ascending k,
//
//	c = +0 (or the old C); for k := 0; k < K; k++ { c = fma(A[i,k], B[k,j], c) }
//
// for any ISA, number of threads and blocking: a block of k steps continues from
// the C of the previous block. The epilogue follows the last step. C must not
// overlap A, B or any slice of the epilogue.
type Gemm struct {
	M, N, K int // op(A) is M x K, op(B) is K x N, C is M x N

	A      []float32
	LDA    int
	TransA bool // A is stored as K x M

	B      []float32
	LDB    int
	TransB bool // B is stored as N x K, like the weight of a linear layer

	C   []float32
	LDC int

	Accumulate bool      // the chains start from C
	Epilogue   *Epilogue // applied once to the finished sums; nil for none

	// padC allows the product to overwrite columns of C up to the next multiple
	// of 16, which LDC must include.
	padC bool
}

// Epilogue is applied to each finished sum of a [Gemm] while it is in the
// cache, in this order, with each step rounded:
//
//	x = acc + Bias[j]
//	Pre[i,j] = x
//	x = gelu(x)
//	x = x * RowScale[i/RowsPerScale]
//	x = x + Residual[i,j]
//
// A step whose field is zero or nil is left out.
type Epilogue struct {
	Bias         []float32 // [N]
	Gelu         bool      // the exact GELU of [Gelu]
	Pre          []float32 // [M, N], receives acc + Bias
	LDPre        int
	RowScale     []float32 // [ceil(M / RowsPerScale)], drop-path factors
	RowsPerScale int
	Residual     []float32 // [M, N]
	LDR          int
}

// GemmShapeError is the panic value of a product if a slice is too short for
// its matrix.
type GemmShapeError struct {
	Matrix        string // "A", "B", "C", "Bias", ...
	Rows, Cols    int    // of the stored matrix
	LD            int    // elements from one row to the next
	Length        int    // of the slice
	RowsPerFactor int    // of a row scale
}

// Error names the matrix that does not fit its slice.
func (e *GemmShapeError) Error() string {
	if e.Matrix == "RowScale" {
		return fmt.Sprintf("simd: gemm: %d row factors of %d rows each do not cover %d rows", e.Length, e.RowsPerFactor, e.Rows)
	}
	return fmt.Sprintf("simd: gemm: %s of %d x %d with leading dimension %d does not fit a slice of %d", e.Matrix, e.Rows, e.Cols, e.LD, e.Length)
}

// checkMatrix panics unless a slice of the given length holds a rows x cols view.
func checkMatrix(name string, length, rows, cols, ld int) {
	if rows < 0 || cols < 0 || ld < cols || (rows > 0 && cols > 0 && length < (rows-1)*ld+cols) {
		panic(&GemmShapeError{Matrix: name, Rows: rows, Cols: cols, LD: ld, Length: length})
	}
}

// check panics with a [GemmShapeError] if a slice is too short.
func (g *Gemm) check() {
	rows, cols := g.M, g.K
	if g.TransA {
		rows, cols = cols, rows
	}
	checkMatrix("A", len(g.A), rows, cols, g.LDA)
	rows, cols = g.K, g.N
	if g.TransB {
		rows, cols = cols, rows
	}
	checkMatrix("B", len(g.B), rows, cols, g.LDB)
	checkMatrix("C", len(g.C), g.M, g.N, g.LDC)
	if g.Epilogue != nil {
		g.Epilogue.check(g.M, g.N)
	}
}

func (e *Epilogue) check(m, n int) {
	if e.Bias != nil {
		checkMatrix("Bias", len(e.Bias), 1, n, n)
	}
	if e.Pre != nil {
		checkMatrix("Pre", len(e.Pre), m, n, e.LDPre)
	}
	if e.Residual != nil {
		checkMatrix("Residual", len(e.Residual), m, n, e.LDR)
	}
	if e.RowScale != nil && (e.RowsPerScale <= 0 || len(e.RowScale)*e.RowsPerScale < m) {
		panic(&GemmShapeError{Matrix: "RowScale", Rows: m, Length: len(e.RowScale), RowsPerFactor: e.RowsPerScale})
	}
}
