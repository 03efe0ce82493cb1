package main

import "fmt"

// The packers of AVX-512 move whole cache lines: a copier loads and stores a row
// in one or two vectors, and the transposer transposes sixteen rows by sixteen k
// steps in registers.

// copyWidths512 lists the widths for which a copier of 512-bit vectors is
// faster.
var copyWidths512 = []int{14, 16, 32}

func x86Pack512Source() []byte {
	var f file
	f.printf("%s// Packers of the panels of a matrix product, AVX-512F.\n\n#include \"textflag.h\"\n\n", header)
	for _, n := range copyWidths512 {
		copy512(&f, n)
	}
	transpose512(&f)
	return f.Bytes()
}

// copy512 is a copier of four rows per iteration.
func copy512(f *file, n int) {
	f.printf("// func gemmCopyAVX512_%d(dst, src *float32, ld, k int)\n", n)
	f.printf("TEXT ·gemmCopyAVX512_%d(SB), NOSPLIT, $0-32\n", n)
	f.line("MOVQ dst+0(FP), DI", "")
	f.line("MOVQ src+8(FP), SI", "row 0")
	f.line("MOVQ ld+16(FP), R10", "")
	f.line("SHLQ $2, R10", "row stride in bytes")
	f.line("LEAQ (R10)(R10*2), R11", "three rows")
	f.line("MOVQ k+24(FP), CX", "rows left")
	load, store := "VMOVUPS %d%s, Z%d", "VMOVUPS Z%d, %d(DI)"
	if n < 16 {
		f.line(fmt.Sprintf("MOVL $%#x, AX", 1<<n-1), "")
		f.line("KMOVW AX, K1", fmt.Sprintf("the first %d lanes", n))
		load, store = "VMOVUPS.Z %d%s, K1, Z%d", "VMOVUPS Z%d, K1, %d(DI)"
	}
	vectors := (n + 15) / 16
	f.line("SUBQ $4, CX", "")
	f.line("JLT tail", "fewer than four rows")
	f.printf("turn:\n")
	for r, address := range [...]string{"(SI)", "(SI)(R10*1)", "(SI)(R10*2)", "(SI)(R11*1)"} {
		for v := range vectors {
			f.line(fmt.Sprintf(load, 64*v, address, r*vectors+v), fmt.Sprintf("row %d", r))
		}
	}
	f.line("LEAQ (SI)(R10*4), SI", "next four rows")
	f.line("LEAQ (SI)(R10*4), BX", "the four after them")
	for _, address := range [...]string{"(BX)", "(BX)(R10*1)", "(BX)(R10*2)", "(BX)(R11*1)"} {
		for v := range vectors {
			f.line(fmt.Sprintf("PREFETCHT0 %d%s", 64*v, address), "the processor does not prefetch rows that are far apart")
		}
	}
	for r := range 4 {
		for v := range vectors {
			f.line(fmt.Sprintf(store, r*vectors+v, 4*n*r+64*v), fmt.Sprintf("step %d of the panel", r))
		}
	}
	f.line(fmt.Sprintf("ADDQ $%d, DI", 16*n), "next four steps")
	f.line("SUBQ $4, CX", "")
	f.line("JGE turn", "")
	f.printf("tail:\n")
	f.line("ADDQ $4, CX", "rows left")
	f.line("JZ done", "")
	f.printf("single:\n")
	for v := range vectors {
		f.line(fmt.Sprintf(load, 64*v, "(SI)", v), "row")
	}
	for v := range vectors {
		f.line(fmt.Sprintf(store, v, 64*v), "step of the panel")
	}
	f.line("ADDQ R10, SI", "next row")
	f.line(fmt.Sprintf("ADDQ $%d, DI", 4*n), "next step")
	f.line("DECQ CX", "")
	f.line("JNZ single", "")
	f.printf("done:\n")
	f.line("VZEROUPPER", "")
	f.line("RET", "")
	f.printf("\n")
}

func transpose512(f *file) {
	f.printf("// func gemmTransposeAVX512(dst *float32, step, width int, src *float32, ld, rows, k int)\n")
	f.printf("TEXT ·gemmTransposeAVX512(SB), NOSPLIT, $0-56\n")
	f.line("MOVQ dst+0(FP), DI", "")
	f.line("MOVQ step+8(FP), R8", "")
	f.line("SHLQ $2, R8", "step in bytes")
	f.line("LEAQ (R8)(R8*2), R9", "three steps")
	f.line("MOVQ width+16(FP), CX", "")
	f.line("MOVL $1, AX", "")
	f.line("SHLQ CX, AX", "")
	f.line("DECQ AX", "")
	f.line("KMOVW AX, K1", "lanes of the panel")
	f.line("MOVQ src+24(FP), SI", "row 0")
	f.line("MOVQ ld+32(FP), R10", "")
	f.line("SHLQ $2, R10", "row stride in bytes")
	f.line("LEAQ (R10)(R10*2), R11", "three rows")
	f.line("LEAQ (R10)(R10*4), R12", "five rows")
	f.line("LEAQ (R11)(R10*4), R13", "seven rows")
	f.line("LEAQ (SI)(R10*8), BX", "row 8")
	f.line("MOVQ rows+40(FP), DX", "")
	f.line("MOVQ k+48(FP), CX", "steps left")
	f.line("SUBQ $16, CX", "")
	f.line("JLT tail", "fewer than sixteen steps")
	f.printf("turn:\n")
	turn512(f, "")
	f.line("SUBQ $16, CX", "")
	f.line("JGE turn", "")
	f.printf("tail:\n")
	f.line("ADDQ $16, CX", "steps left")
	f.line("JZ done", "")
	f.line("MOVL $1, AX", "")
	f.line("SHLQ CX, AX", "")
	f.line("DECQ AX", "")
	f.line("KMOVW AX, K2", "columns left")
	turn512(f, "Tail")
	f.printf("done:\n")
	f.line("VZEROUPPER", "")
	f.line("RET", "")
	f.printf("\n")
}

// turn512 writes the transposition of up to sixteen rows by sixteen columns, or
// by the remaining CX columns.
func turn512(f *file, tail string) {
	offsets := [...]string{"", "(R10*1)", "(R10*2)", "(R11*1)", "(R10*4)", "(R12*1)", "(R11*2)", "(R13*1)"}
	for r := range 16 {
		address := "(SI)" + offsets[r%8]
		if r >= 8 {
			address = "(BX)" + offsets[r%8]
		}
		if tail == "" {
			f.line(fmt.Sprintf("VMOVUPS %s, Z%d", address, r), fmt.Sprintf("row %d", r))
		} else {
			f.line(fmt.Sprintf("VMOVUPS.Z %s, K2, Z%d", address, r), fmt.Sprintf("row %d", r))
		}
		if r < 15 {
			f.line(fmt.Sprintf("CMPQ DX, $%d", r+1), "")
			f.line(fmt.Sprintf("JEQ absent%s%d", tail, r+1), "no row left")
		}
	}
	f.line("JMP loaded"+tail, "")
	for r := 1; r < 16; r++ {
		f.printf("absent%s%d:\n", tail, r)
		f.line(fmt.Sprintf("VPXORD Z%d, Z%d, Z%d", r, r, r), fmt.Sprintf("row %d", r))
	}
	f.printf("loaded%s:\n", tail)
	// Z0..15 rows; Z16..31 pairs of rows; Z0..15 quads; Z16..31 halves of columns;
	// Z0..15 columns.
	for r := 0; r < 16; r += 2 {
		f.line(fmt.Sprintf("VUNPCKLPS Z%d, Z%d, Z%d", r+1, r, 16+r), fmt.Sprintf("rows %d and %d, columns 0 1 of each four", r, r+1))
		f.line(fmt.Sprintf("VUNPCKHPS Z%d, Z%d, Z%d", r+1, r, 17+r), fmt.Sprintf("rows %d and %d, columns 2 3 of each four", r, r+1))
	}
	for q := 0; q < 16; q += 4 {
		for c := range 4 { // quad q, column c of each four
			op := [...]string{"VUNPCKLPD", "VUNPCKHPD"}[c%2]
			f.line(fmt.Sprintf("%s Z%d, Z%d, Z%d", op, 16+q+2+c/2, 16+q+c/2, q+c), fmt.Sprintf("rows %d..%d, column %d of each four", q, q+3, c))
		}
	}
	for c := range 4 {
		for h, sel := range []string{"$0x44", "$0xee"} {
			f.line(fmt.Sprintf("VSHUFF32X4 %s, Z%d, Z%d, Z%d", sel, 4+c, c, 16+4*c+2*h), fmt.Sprintf("rows 0..7, columns %d %d", 8*h+c, 8*h+4+c))
			f.line(fmt.Sprintf("VSHUFF32X4 %s, Z%d, Z%d, Z%d", sel, 12+c, 8+c, 17+4*c+2*h), fmt.Sprintf("rows 8..15, columns %d %d", 8*h+c, 8*h+4+c))
		}
	}
	for column := range 16 {
		c, h := column%4, column/8
		sel := [...]string{"$0x88", "$0xdd"}[column/4%2]
		low := 16 + 4*c + 2*h
		f.line(fmt.Sprintf("VSHUFF32X4 %s, Z%d, Z%d, Z%d", sel, low+1, low, column), fmt.Sprintf("column %d", column))
	}
	for column := range 16 {
		offset := [...]string{"", "(R8*1)", "(R8*2)", "(R9*1)"}[column%4]
		f.line(fmt.Sprintf("VMOVUPS Z%d, K1, (DI)%s", column, offset), fmt.Sprintf("step %d", column))
		if tail != "" && column < 15 {
			f.line("DECQ CX", "")
			f.line("JZ done", "")
		}
		if column%4 == 3 {
			f.line("LEAQ (DI)(R8*4), DI", "next four steps")
		}
	}
	if tail == "" {
		f.line("ADDQ $64, SI", "next columns")
		f.line("ADDQ $64, BX", "")
	}
}

// stubs512 declares the packers of AVX-512.
func stubs512(f *file) {
	f.printf("// gemmCopiesAVX512 holds at [n] the copier of rows of n floats.\nvar gemmCopiesAVX512 = [...]gemmCopy{\n")
	for _, n := range copyWidths {
		name := fmt.Sprintf("gemmCopy%d", n)
		for _, wide := range copyWidths512 {
			if wide == n {
				name = fmt.Sprintf("gemmCopyAVX512_%d", n)
			}
		}
		f.printf("\t%d: %s,\n", n, name)
	}
	f.printf("}\n\n")
	for _, n := range copyWidths512 {
		f.printf("// gemmCopyAVX512_%d is a [gemmCopy] of %d floats.\n//\n//go:noescape\nfunc gemmCopyAVX512_%d(dst, src *float32, ld, k int)\n\n", n, n, n)
	}
	f.printf("// gemmTransposeAVX512 copies 1 to 16 rows of k floats into columns; lanes from\n// rows to width, at most 16, become +0:\n//\n")
	f.printf("//\tfor p := range k { for i := range width { dst[p*step+i] = i < rows ? src[i*ld+p] : +0 } }\n//\n//go:noescape\n")
	f.printf("func gemmTransposeAVX512(dst *float32, step, width int, src *float32, ld, rows, k int)\n\n")
}
