package simd

// A panel holds the part of op(A) or op(B) for one tile, in the order in which
// the tile reads it. The numbers of one k step are contiguous, and k steps
// follow each other.

// gemmCopy copies k rows of n floats, row p from src[p*ld], to contiguous
// memory:
//
//	for p := range k { copy(dst[p*n:(p+1)*n], src[p*ld:]) }
type gemmCopy func(dst, src *float32, ld, k int)

// gemmPacker has the functions of an ISA for packing. The transposers copy four
// or two rows of k numbers, k a multiple of 4, to columns:
//
//	for p := range k { for i := range rows { dst[p*step+i] = src[i*ld+p] } }
//
// sixteen replaces both: it copies up to sixteen rows of any k and fills the
// columns up to width with +0.
type gemmPacker struct {
	copies    []gemmCopy // by n; nil if there is none
	four, two func(dst *float32, step int, src *float32, ld, k int)
	sixteen   func(dst *float32, step, width int, src *float32, ld, rows, k int)
}

// packRows packs a panel of a matrix whose k steps are rows:
//
//	dst[p*width+i] = src[p*ld+i]  for i < n, +0 for n <= i < width
func (t *gemmPacker) packRows(dst []float32, width int, src []float32, ld, k, n int) {
	if t != nil && n == width && n < len(t.copies) && t.copies[n] != nil {
		t.copies[n](&dst[:k*n][0], &src[:(k-1)*ld+n][0], ld, k)
		return
	}
	for p := range k {
		d := dst[p*width : p*width+width]
		copy(d, src[p*ld:p*ld+n])
		clear(d[n:])
	}
}

// packColumns packs a panel of a matrix whose k steps are columns:
//
//	dst[p*width+i] = src[i*ld+p]  for i < n, +0 for n <= i < width
func (t *gemmPacker) packColumns(dst []float32, width int, src []float32, ld, k, n int) {
	dst = dst[:k*width]
	if t != nil && t.sixteen != nil {
		for i := 0; i < width; i += 16 {
			if n > i {
				t.sixteen(&dst[i], width, min(width-i, 16), &src[i*ld], ld, min(n-i, 16), k)
			} else {
				for p := range k {
					clear(dst[p*width+i:][:min(width-i, 16)])
				}
			}
		}
		return
	}
	i, vector := 0, 0
	if t != nil {
		vector = k &^ 3
	}
	for ; i+2 <= n; i += 2 {
		if vector == 0 {
			break
		}
		if i+4 <= n {
			t.four(&dst[i], width, &src[i*ld], ld, vector)
			i += 2
		} else {
			t.two(&dst[i], width, &src[i*ld], ld, vector)
		}
	}
	for r := range n {
		from := vector
		if r >= i {
			from = 0
		}
		for p, x := range src[r*ld:][from:k] {
			dst[(from+p)*width+r] = x
		}
	}
	for r := n; r < width; r++ {
		for p := range k {
			dst[p*width+r] = 0
		}
	}
}

// packPanelA packs rows i..i+rows of op(A), k steps p..p+kc.
func (t *gemmTask) packPanelA(dst []float32, width, i, rows, p, kc int) {
	if t.TransA {
		t.kernel.packer.packRows(dst, width, t.A[p*t.LDA+i:], t.LDA, kc, rows)
	} else {
		t.kernel.packer.packColumns(dst, width, t.A[i*t.LDA+p:], t.LDA, kc, rows)
	}
}

// packPanelB packs columns j..j+cols of op(B), k steps p..p+kc.
func (t *gemmTask) packPanelB(dst []float32, width, j, cols, p, kc int) {
	if t.TransB {
		t.kernel.packer.packColumns(dst, width, t.B[j*t.LDB+p:], t.LDB, kc, cols)
	} else {
		t.kernel.packer.packRows(dst, width, t.B[p*t.LDB+j:], t.LDB, kc, cols)
	}
}
