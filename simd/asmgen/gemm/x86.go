package main

import "fmt"

// x86 describes one vector ISA of amd64.
type x86 struct {
	name   string
	title  string
	reg    string // "Y" or "Z"
	rows   int    // tallest tile
	lanes  int    // float32 numbers in a vector
	unroll int    // k steps in one turn of the main loop
	free   int    // first register that holds no accumulator: 2 for B, 2 for A
	loop   int    // accumulators of the FMA loop
}

var (
	avx2   = x86{name: "AVX2", title: "AVX2 and FMA", reg: "Y", rows: 6, lanes: 8, unroll: 4, free: 12, loop: 12}
	avx512 = x86{name: "AVX512", title: "AVX-512F", reg: "Z", rows: 14, lanes: 16, unroll: 2, free: 28, loop: 12}
)

func (x x86) stubs() family {
	return family{name: x.name, rows: x.rows, vecs: 2, lanes: x.lanes, loop: x.loop, transpose: x.name == "AVX2"}
}

func (x x86) v(i int) string { return fmt.Sprintf("%s%d", x.reg, i) }

// Registers shared by all tiles.
//
//	CX k steps left   AX scratch
//	SI, BX           op(A), first row and row of the second base
//	R8, R9, R10      row stride times 1, 3, 5 in bytes
//	R11              k stride of op(A) in bytes
//	DI, R12          op(B) and its k stride in bytes
//	DX, R13          C and its row stride in bytes
const secondBase = 7 // rows from here on are addressed from BX

// rowAddress is the address of row i of op(A): two base registers and the
// multiples 1, 2, 3, 4, 5, 6 of the row stride reach fourteen rows without any
// arithmetic inside the loop.
func rowAddress(i int) string {
	base := "SI"
	if i >= secondBase {
		base, i = "BX", i-secondBase
	}
	index := [...]string{"", "(R8*1)", "(R8*2)", "(R9*1)", "(R8*4)", "(R10*1)", "(R9*2)"}
	return "(" + base + ")" + index[i]
}

func (x x86) source() []byte {
	var f file
	f.printf("%s// GEMM tiles for %s, see gemm_go.go for what a tile computes.\n\n#include \"textflag.h\"\n\n", header, x.title)
	for vecs := 1; vecs <= 2; vecs++ {
		for rows := 1; rows <= x.rows; rows++ {
			x.tile(&f, rows, vecs)
		}
	}
	x.fmaLoop(&f)
	return f.Bytes()
}

func (x x86) tile(f *file, rows, vecs int) {
	name := tileName(x.name, rows, vecs)
	f.printf("// func %s(k int, a *float32, aRow, aStep int, b *float32, bStep int, c *float32, ldc int, load bool)\n", name)
	f.printf("TEXT ·%s(SB), NOSPLIT, $0-65\n", name)
	f.line("MOVQ k+0(FP), CX", "steps")
	f.line("MOVQ a+8(FP), SI", "op(A), row 0")
	f.line("MOVQ aRow+16(FP), R8", "")
	f.line("SHLQ $2, R8", "row stride in bytes")
	f.line("LEAQ (R8)(R8*2), R9", "3 rows")
	f.line("LEAQ (R8)(R8*4), R10", "5 rows")
	if rows > secondBase {
		f.line("LEAQ (R9)(R8*4), BX", "7 rows")
		f.line("ADDQ SI, BX", "op(A), row 7")
	}
	f.line("MOVQ aStep+24(FP), R11", "")
	f.line("SHLQ $2, R11", "k stride of op(A) in bytes")
	f.line("MOVQ b+32(FP), DI", "op(B)")
	f.line("MOVQ bStep+40(FP), R12", "")
	f.line("SHLQ $2, R12", "k stride of op(B) in bytes")
	f.line("MOVQ c+48(FP), DX", "C")
	f.line("MOVQ ldc+56(FP), R13", "")
	f.line("SHLQ $2, R13", "row stride of C in bytes")
	f.line("MOVBLZX load+64(FP), AX", "continue from C?")
	f.line("TESTL AX, AX", "")
	f.line("JZ zero", "start from +0")
	f.line("MOVQ DX, AX", "row of C")
	for r := range rows {
		for v := range vecs {
			f.line(fmt.Sprintf("VMOVUPS %d(AX), %s", v*x.lanes*4, x.v(r*vecs+v)), fmt.Sprintf("acc[%d][%d] = C", r, v))
		}
		if r+1 < rows {
			f.line("ADDQ R13, AX", "next row of C")
		}
	}
	f.line("JMP loaded", "")
	f.printf("zero:\n")
	for i := range rows * vecs {
		if x.reg == "Z" {
			f.line(fmt.Sprintf("VPXORD %s, %s, %s", x.v(i), x.v(i), x.v(i)), fmt.Sprintf("acc[%d][%d] = +0", i/vecs, i%vecs))
		} else {
			f.line(fmt.Sprintf("VXORPS %s, %s, %s", x.v(i), x.v(i), x.v(i)), fmt.Sprintf("acc[%d][%d] = +0", i/vecs, i%vecs))
		}
	}
	f.printf("loaded:\n")
	if rows == x.rows {
		x.prefetch(f, vecs)
	}
	f.line(fmt.Sprintf("SUBQ $%d, CX", x.unroll), "")
	f.line("JLT tail", fmt.Sprintf("fewer than %d steps left", x.unroll))
	f.printf("steps:\n")
	for range x.unroll {
		x.step(f, rows, vecs)
	}
	f.line(fmt.Sprintf("SUBQ $%d, CX", x.unroll), "")
	f.line("JGE steps", "")
	f.printf("tail:\n")
	f.line(fmt.Sprintf("ADDQ $%d, CX", x.unroll), "steps left")
	f.line("JZ store", "")
	f.printf("single:\n")
	x.step(f, rows, vecs)
	f.line("DECQ CX", "")
	f.line("JNZ single", "")
	f.printf("store:\n")
	for r := range rows {
		for v := range vecs {
			f.line(fmt.Sprintf("VMOVUPS %s, %d(DX)", x.v(r*vecs+v), v*x.lanes*4), fmt.Sprintf("C = acc[%d][%d]", r, v))
		}
		if r+1 < rows {
			f.line("ADDQ R13, DX", "next row of C")
		}
	}
	f.line("VZEROUPPER", "")
	f.line("RET", "")
	f.printf("\n")
}

// prefetch loads the rows of C of the next tile down into the cache, because
// its first multiply-adds would wait for them.
func (x x86) prefetch(f *file, vecs int) {
	f.line("LEAQ (R13)(R13*2), AX", "3 rows of C")
	if x.rows == 14 {
		f.line("LEAQ (AX)(R13*4), AX", "7 rows of C")
	}
	f.line("LEAQ (DX)(AX*2), AX", fmt.Sprintf("C, row %d", x.rows))
	for r := range x.rows {
		for line := 0; line < vecs*x.lanes*4; line += 64 {
			f.line(fmt.Sprintf("PREFETCHT0 %d(AX)", line), fmt.Sprintf("C, row %d", x.rows+r))
		}
		if r+1 < x.rows {
			f.line("ADDQ R13, AX", "next row of C")
		}
	}
}

// step writes one k step: acc[r][v] = fma(A[r], B[v], acc[r][v]).
func (x x86) step(f *file, rows, vecs int) {
	for v := range vecs {
		f.line(fmt.Sprintf("VMOVUPS %d(DI), %s", v*x.lanes*4, x.v(x.free+v)), fmt.Sprintf("b%d = B", v))
	}
	f.line("ADDQ R12, DI", "next k of B")
	for r := range rows {
		a := x.v(x.free + 2 + r%2)
		f.line(fmt.Sprintf("VBROADCASTSS %s, %s", rowAddress(r), a), fmt.Sprintf("a = A[%d]", r))
		for v := range vecs {
			f.line(fmt.Sprintf("VFMADD231PS %s, %s, %s", x.v(x.free+v), a, x.v(r*vecs+v)), fmt.Sprintf("acc[%d][%d] += a * b%d", r, v, v))
		}
	}
	f.line("ADDQ R11, SI", "next k of A")
	if rows > secondBase {
		f.line("ADDQ R11, BX", "next k of A, row 7")
	}
}

func (x x86) fmaLoop(f *file) {
	f.printf("// func fmaLoop%s(n int)\n", x.name)
	f.printf("TEXT ·fmaLoop%s(SB), NOSPLIT, $0-8\n", x.name)
	f.line("MOVQ n+0(FP), CX", "turns")
	for i := range x.loop + 2 {
		if x.reg == "Z" {
			f.line(fmt.Sprintf("VPXORD %s, %s, %s", x.v(i), x.v(i), x.v(i)), "+0")
		} else {
			f.line(fmt.Sprintf("VXORPS %s, %s, %s", x.v(i), x.v(i), x.v(i)), "+0")
		}
	}
	f.printf("turn:\n")
	for i := range x.loop {
		f.line(fmt.Sprintf("VFMADD231PS %s, %s, %s", x.v(x.loop), x.v(x.loop+1), x.v(i)), fmt.Sprintf("acc[%d] += x * y", i))
	}
	f.line("DECQ CX", "")
	f.line("JGT turn", "")
	f.line("VZEROUPPER", "")
	f.line("RET", "")
	f.printf("\n")
}
