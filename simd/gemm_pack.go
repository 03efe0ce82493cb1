package simd

// A panel holds one tile's worth of op(A) or op(B) in the order in which the
// tile reads it: the numbers of one k step side by side, k step after k step.

// packRows fills a panel from a matrix whose k steps are rows:
//
//	dst[p*width+i] = src[p*ld+i]  for i < n, +0 for n <= i < width
func packRows(dst []float32, width int, src []float32, ld, k, n int) {
	if n == 16 && width == 16 {
		for p := range k {
			*(*[16]float32)(dst[p*16:]) = *(*[16]float32)(src[p*ld:])
		}
		return
	}
	for p := range k {
		d := dst[p*width : p*width+width]
		copy(d, src[p*ld:p*ld+n])
		clear(d[n:])
	}
}

// packColumns fills a panel from a matrix whose k steps are columns:
//
//	dst[p*width+i] = src[i*ld+p]  for i < n, +0 for n <= i < width
func packColumns(dst []float32, width int, src []float32, ld, k, n int) {
	if k == 0 {
		return
	}
	dst = dst[:k*width]
	i := 0
	for ; i+4 <= n; i += 4 {
		s0 := src[i*ld:][:k]
		s1 := src[(i+1)*ld:][:k]
		s2 := src[(i+2)*ld:][:k]
		s3 := src[(i+3)*ld:][:k]
		d := dst[i:]
		for p, x := range s0 {
			q := (*[4]float32)(d[p*width:])
			q[0], q[1], q[2], q[3] = x, s1[p], s2[p], s3[p]
		}
	}
	for ; i < n; i++ {
		for p, x := range src[i*ld:][:k] {
			dst[p*width+i] = x
		}
	}
	for ; i < width; i++ {
		for p := range k {
			dst[p*width+i] = 0
		}
	}
}

// packPanelA packs rows i..i+rows of op(A), k steps p..p+kc.
func (g *Gemm) packPanelA(dst []float32, width, i, rows, p, kc int) {
	if g.TransA {
		packRows(dst, width, g.A[p*g.LDA+i:], g.LDA, kc, rows)
	} else {
		packColumns(dst, width, g.A[i*g.LDA+p:], g.LDA, kc, rows)
	}
}

// packPanelB packs columns j..j+cols of op(B), k steps p..p+kc.
func (g *Gemm) packPanelB(dst []float32, width, j, cols, p, kc int) {
	if g.TransB {
		packColumns(dst, width, g.B[j*g.LDB+p:], g.LDB, kc, cols)
	} else {
		packRows(dst, width, g.B[p*g.LDB+j:], g.LDB, kc, cols)
	}
}
