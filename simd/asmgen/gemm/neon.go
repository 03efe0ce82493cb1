package main

import "fmt"

// The NEON tile has 8 rows and up to 3 vectors of 4 columns: 24 accumulators
// in V0..V23, one k step of B in V24..V26 and eight rows of A in V28, V29.
// Rows of A come from a packed panel, always eight a step, so that FMLA can
// take them by element.
const (
	neonRows  = 8
	neonVecs  = 3
	neonB     = 24
	neonA     = 28
	neonLoop  = 24
	neonLanes = 4
)

func neonStubs() family {
	return family{name: "NEON", rows: neonRows, vecs: neonVecs, lanes: neonLanes, loop: neonLoop, transpose: true}
}

func neonSource() []byte {
	var f file
	f.printf("%s// GEMM tiles for NEON, see gemm_go.go for what a tile computes. Instructions\n", header)
	f.printf("// that Go's assembler does not know are written as words; the comment names them.\n\n#include \"textflag.h\"\n\n")
	for vecs := 1; vecs <= neonVecs; vecs++ {
		for rows := 1; rows <= neonRows; rows++ {
			neonTile(&f, rows, vecs)
		}
	}
	neonFMALoop(&f)
	return f.Bytes()
}

// vectors lists vecs consecutive registers in the syntax of Go's assembler.
func vectors(first, vecs int) string {
	list := "["
	for v := range vecs {
		if v > 0 {
			list += ", "
		}
		list += fmt.Sprintf("V%d.S4", first+v)
	}
	return list + "]"
}

// fmlaByElement encodes FMLA Vd.4S, Vn.4S, Vm.S[index].
func fmlaByElement(d, n, m, index int) uint32 {
	h, l := uint32(index)>>1, uint32(index)&1
	return 0x4F801000 | l<<21 | uint32(m)<<16 | h<<11 | uint32(n)<<5 | uint32(d)
}

func neonTile(f *file, rows, vecs int) {
	name := tileName("NEON", rows, vecs)
	f.printf("// func %s(k int, a *float32, aRow, aStep int, b *float32, bStep int, c *float32, ldc int, load bool)\n", name)
	f.printf("TEXT ·%s(SB), NOSPLIT, $0-65\n", name)
	f.line("MOVD k+0(FP), R0", "steps")
	f.line("MOVD a+8(FP), R1", "op(A), packed")
	f.line("MOVD b+32(FP), R2", "op(B)")
	f.line("MOVD bStep+40(FP), R3", "")
	f.line("LSL $2, R3, R3", "k stride of op(B) in bytes")
	f.line("MOVD c+48(FP), R4", "C")
	f.line("MOVD ldc+56(FP), R5", "")
	f.line("LSL $2, R5, R5", "row stride of C in bytes")
	f.line("MOVBU load+64(FP), R6", "continue from C?")
	f.line("CBZ R6, zero", "start from +0")
	f.line("MOVD R4, R7", "row of C")
	for r := range rows {
		f.line(fmt.Sprintf("VLD1 (R7), %s", vectors(r*vecs, vecs)), fmt.Sprintf("acc[%d] = C", r))
		if r+1 < rows {
			f.line("ADD R5, R7, R7", "next row of C")
		}
	}
	f.line("B loaded", "")
	f.printf("zero:\n")
	for i := range rows * vecs {
		f.line(fmt.Sprintf("VEOR V%d.B16, V%d.B16, V%d.B16", i, i, i), fmt.Sprintf("acc[%d][%d] = +0", i/vecs, i%vecs))
	}
	f.printf("loaded:\n")
	f.line("CBZ R0, store", "no steps")
	f.printf("steps:\n")
	f.line(fmt.Sprintf("VLD1.P 32(R1), [V%d.S4, V%d.S4]", neonA, neonA+1), "a = A[0:8]")
	f.line(fmt.Sprintf("VLD1 (R2), %s", vectors(neonB, vecs)), "b = B")
	f.line("ADD R3, R2, R2", "next k of B")
	for r := range rows {
		for v := range vecs {
			d, n, m := r*vecs+v, neonB+v, neonA+r/4
			f.line(fmt.Sprintf("WORD $0x%08x", fmlaByElement(d, n, m, r%4)),
				fmt.Sprintf("FMLA V%d.4S, V%d.4S, V%d.S[%d]: acc[%d][%d] += a[%d] * b%d", d, n, m, r%4, r, v, r, v))
		}
	}
	f.line("SUB $1, R0, R0", "")
	f.line("CBNZ R0, steps", "")
	f.printf("store:\n")
	for r := range rows {
		f.line(fmt.Sprintf("VST1 %s, (R4)", vectors(r*vecs, vecs)), fmt.Sprintf("C = acc[%d]", r))
		if r+1 < rows {
			f.line("ADD R5, R4, R4", "next row of C")
		}
	}
	f.line("RET", "")
	f.printf("\n")
}

func neonFMALoop(f *file) {
	f.printf("// func fmaLoopNEON(n int)\nTEXT ·fmaLoopNEON(SB), NOSPLIT, $0-8\n")
	f.line("MOVD n+0(FP), R0", "turns")
	for i := range neonLoop + 2 {
		f.line(fmt.Sprintf("VEOR V%d.B16, V%d.B16, V%d.B16", i, i, i), "+0")
	}
	f.printf("turn:\n")
	for i := range neonLoop {
		f.line(fmt.Sprintf("VFMLA V%d.S4, V%d.S4, V%d.S4", neonLoop, neonLoop+1, i), fmt.Sprintf("acc[%d] += x * y", i))
	}
	f.line("SUB $1, R0, R0", "")
	f.line("CBNZ R0, turn", "")
	f.line("RET", "")
	f.printf("\n")
}
