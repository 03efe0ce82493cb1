package simd

import (
	"runtime"
	"unsafe"

	"github.com/godmae/godmae/internal/exact"
)

// gemmTile computes one small block of C, rows x cols, with all sums in
// registers:
//
//	for i in rows, j in cols:
//		s = load ? c[i*ldc+j] : +0
//		for p := 0; p < k; p++ { s = fma(a[i*aRow+p*aStep], b[p*bStep+j], s) }
//		c[i*ldc+j] = s
//
// rows and cols are fixed for a function; strides count elements.
type gemmTile func(k int, a *float32, aRow, aStep int, b *float32, bStep int, c *float32, ldc int, load bool)

// gemmKernel has the functions of an ISA for matrix products.
type gemmKernel struct {
	lanes    int          // float32 elements of a vector
	tiles    [][]gemmTile // tiles[v][r] has v+1 vectors and r+1 rows
	packA    bool         // tiles need aRow = 1 and aStep = rows of the highest tile
	packer   *gemmPacker  // nil: packing in plain Go
	fixed    gemmSizes    // block sizes instead of the machine's; set by tests
	fmaLoop  func(n int)  // n iterations of independent multiply-adds in registers
	fmaFlops int          // floating point operations of one iteration
}

// rows is the height of the highest tile.
func (k *gemmKernel) rows() int { return len(k.tiles[0]) }

// cols is the width of the widest tile.
func (k *gemmKernel) cols() int { return len(k.tiles) * k.lanes }

// width returns the width of the tile for the next n columns: the widest, or
// the narrowest that covers them.
func (k *gemmKernel) width(n int) int {
	if n >= k.cols() {
		return k.cols()
	}
	return (n + k.lanes - 1) / k.lanes * k.lanes
}

// gemmKernelGo is the definition with which every other kernel is compared.
var gemmKernelGo = gemmKernel{
	lanes:    8,
	tiles:    gemmTilesGo(),
	fmaLoop:  fmaLoopGo,
	fmaFlops: 2 * fmaLoopGoSums,
}

// gemmTilesGo builds the tiles of four rows and two groups of eight columns.
func gemmTilesGo() [][]gemmTile {
	tiles := make([][]gemmTile, 2)
	for v := range tiles {
		for r := range 4 {
			tiles[v] = append(tiles[v], func(k int, a *float32, aRow, aStep int, b *float32, bStep int, c *float32, ldc int, load bool) {
				gemmTileGo(r+1, 8*(v+1), k, a, aRow, aStep, b, bStep, c, ldc, load)
			})
		}
	}
	return tiles
}

// gemmTileGo is a [gemmTile] of any size in plain Go.
func gemmTileGo(rows, cols, k int, a *float32, aRow, aStep int, b *float32, bStep int, c *float32, ldc int, load bool) {
	for i := range rows {
		var sums [16]float32
		row := unsafe.Slice((*float32)(unsafe.Add(unsafe.Pointer(c), 4*i*ldc)), cols)
		if load {
			copy(sums[:], row)
		}
		for p := range k {
			x := *(*float32)(unsafe.Add(unsafe.Pointer(a), 4*(i*aRow+p*aStep)))
			for j, y := range unsafe.Slice((*float32)(unsafe.Add(unsafe.Pointer(b), 4*p*bStep)), cols) {
				sums[j] = exact.FMA32(x, y, sums[j])
			}
		}
		copy(row, sums[:])
	}
}

// fmaLoopGoSums is the number of chains of [fmaLoopGo].
const fmaLoopGoSums = 4

// fmaLoopGo is the register loop of the fused multiply-add limit in plain Go.
func fmaLoopGo(n int) {
	var s [fmaLoopGoSums]float32
	for range n {
		for j := range s {
			s[j] = exact.FMA32(1, 0, s[j])
		}
	}
	runtime.KeepAlive(s)
}
