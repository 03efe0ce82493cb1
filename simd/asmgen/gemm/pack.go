package main

import "fmt"

// The packers fill the panels that tiles read. The copiers copy k steps of n adjacent numbers.
// The transposers transpose four steps of four or two rows at a time. They use 128-bit vectors
// on both architectures.

func x86PackSource() []byte {
	var f file
	f.printf("%s// Packers of the panels of a matrix product, AVX.\n\n#include \"textflag.h\"\n\n", header)
	for _, n := range copyWidths {
		f.printf("// func gemmCopy%d(dst, src *float32, ld, k int)\n", n)
		f.printf("TEXT ·gemmCopy%d(SB), NOSPLIT, $0-32\n", n)
		f.line("MOVQ dst+0(FP), DI", "")
		f.line("MOVQ src+8(FP), SI", "row 0")
		f.line("MOVQ ld+16(FP), R10", "")
		f.line("SHLQ $2, R10", "row stride in bytes")
		f.line("MOVQ k+24(FP), CX", "rows left")
		f.line("TESTQ CX, CX", "")
		f.line("JLE done", "")
		f.printf("turn:\n")
		var stores []string
		for i := 0; i < n; {
			op, reg, size := "VMOVUPS", "Y", 8
			switch {
			case n-i < 4:
				op, reg, size = "VMOVSD", "X", 2
			case n-i < 8:
				reg, size = "X", 4
			}
			f.line(fmt.Sprintf("%s %d(SI), %s%d", op, 4*i, reg, len(stores)), fmt.Sprintf("elements %d..%d", i, i+size-1))
			stores = append(stores, fmt.Sprintf("%s %s%d, %d(DI)", op, reg, len(stores), 4*i))
			i += size
		}
		for _, s := range stores {
			f.line(s, "to the panel")
		}
		f.line("ADDQ R10, SI", "next row")
		f.line(fmt.Sprintf("ADDQ $%d, DI", 4*n), "next step")
		f.line("DECQ CX", "")
		f.line("JNZ turn", "")
		f.printf("done:\n")
		f.line("VZEROUPPER", "")
		f.line("RET", "")
		f.printf("\n")
	}
	for _, rows := range []int{4, 2} {
		f.printf("// func gemmTranspose%d(dst *float32, step int, src *float32, ld, k int)\n", rows)
		f.printf("TEXT ·gemmTranspose%d(SB), NOSPLIT, $0-40\n", rows)
		f.line("MOVQ dst+0(FP), DI", "")
		f.line("MOVQ step+8(FP), R8", "")
		f.line("SHLQ $2, R8", "step in bytes")
		f.line("LEAQ (R8)(R8*2), R9", "three steps")
		f.line("MOVQ src+16(FP), SI", "row 0")
		f.line("MOVQ ld+24(FP), R10", "")
		f.line("SHLQ $2, R10", "row stride in bytes")
		f.line("LEAQ (R10)(R10*2), R11", "three rows")
		f.line("MOVQ k+32(FP), CX", "columns left")
		f.line("SUBQ $4, CX", "")
		f.line("JLT done", "")
		f.printf("turn:\n")
		addresses := [...]string{"(SI)", "(SI)(R10*1)", "(SI)(R10*2)", "(SI)(R11*1)"}
		for i := range rows {
			f.line(fmt.Sprintf("VMOVUPS %s, X%d", addresses[i], i), fmt.Sprintf("r%d = row %d, columns p..p+3", i, i))
		}
		f.line("VUNPCKLPS X1, X0, X4", "r0[0] r1[0] r0[1] r1[1]")
		f.line("VUNPCKHPS X1, X0, X5", "r0[2] r1[2] r0[3] r1[3]")
		outputs := [...]string{"(DI)", "(DI)(R8*1)", "(DI)(R8*2)", "(DI)(R9*1)"}
		if rows == 4 {
			f.line("VUNPCKLPS X3, X2, X6", "r2[0] r3[0] r2[1] r3[1]")
			f.line("VUNPCKHPS X3, X2, X7", "r2[2] r3[2] r2[3] r3[3]")
			for i := range 4 {
				op := [...]string{"VUNPCKLPD", "VUNPCKHPD"}[i%2]
				f.line(fmt.Sprintf("%s X%d, X%d, X%d", op, 6+i/2, 4+i/2, 8+i), fmt.Sprintf("column %d of four rows", i))
			}
			for i := range 4 {
				f.line(fmt.Sprintf("VMOVUPS X%d, %s", 8+i, outputs[i]), fmt.Sprintf("step p+%d", i))
			}
		} else {
			for i := range 4 {
				op := [...]string{"VMOVLPS", "VMOVHPS"}[i%2]
				f.line(fmt.Sprintf("%s X%d, %s", op, 4+i/2, outputs[i]), fmt.Sprintf("step p+%d: two rows", i))
			}
		}
		f.line("ADDQ $16, SI", "next four columns")
		f.line("LEAQ (DI)(R8*4), DI", "next four steps")
		f.line("SUBQ $4, CX", "")
		f.line("JGE turn", "")
		f.printf("done:\n")
		f.line("RET", "")
		f.printf("\n")
	}
	return f.Bytes()
}

func neonPackSource() []byte {
	var f file
	f.printf("%s// Packers of the panels of a matrix product, NEON.\n\n#include \"textflag.h\"\n\n", header)
	for _, n := range copyWidths {
		f.printf("// func gemmCopy%d(dst, src *float32, ld, k int)\n", n)
		f.printf("TEXT ·gemmCopy%d(SB), NOSPLIT, $0-32\n", n)
		f.line("MOVD dst+0(FP), R0", "")
		f.line("MOVD src+8(FP), R1", "row 0")
		f.line("MOVD ld+16(FP), R2", "")
		f.line("LSL $2, R2, R2", "row stride in bytes")
		f.line("MOVD k+24(FP), R3", "rows left")
		f.line("CBZ R3, done", "")
		f.printf("turn:\n")
		f.line("MOVD R1, R4", "")
		for i := 0; i < n; {
			size := 4 * min(4, (n-i)/4)
			if size == 0 {
				f.line("FMOVD (R4), F0", "last two elements")
				f.line("FMOVD.P F0, 8(R0)", "to the panel")
				break
			}
			f.line(fmt.Sprintf("VLD1.P %d(R4), %s", 4*size, vectors(0, size/4)), fmt.Sprintf("elements %d..%d", i, i+size-1))
			f.line(fmt.Sprintf("VST1.P %s, %d(R0)", vectors(0, size/4), 4*size), "to the panel")
			i += size
		}
		f.line("ADD R2, R1, R1", "next row")
		f.line("SUB $1, R3, R3", "")
		f.line("CBNZ R3, turn", "")
		f.printf("done:\n")
		f.line("RET", "")
		f.printf("\n")
	}
	for _, rows := range []int{4, 2} {
		f.printf("// func gemmTranspose%d(dst *float32, step int, src *float32, ld, k int)\n", rows)
		f.printf("TEXT ·gemmTranspose%d(SB), NOSPLIT, $0-40\n", rows)
		f.line("MOVD dst+0(FP), R0", "")
		f.line("MOVD step+8(FP), R1", "")
		f.line("LSL $2, R1, R1", "step in bytes")
		f.line("MOVD src+16(FP), R4", "row 0")
		f.line("MOVD ld+24(FP), R3", "")
		f.line("LSL $2, R3, R3", "row stride in bytes")
		for i := 1; i < rows; i++ {
			f.line(fmt.Sprintf("ADD R3, R%d, R%d", 3+i, 4+i), fmt.Sprintf("row %d", i))
		}
		f.line("MOVD k+32(FP), R2", "columns left")
		f.line("SUBS $4, R2, R2", "")
		f.line("BLT done", "")
		f.printf("turn:\n")
		for i := range rows {
			f.line(fmt.Sprintf("VLD1.P 16(R%d), [V%d.S4]", 4+i, i), fmt.Sprintf("r%d = row %d, columns p..p+3", i, i))
		}
		f.line("VZIP1 V1.S4, V0.S4, V4.S4", "r0[0] r1[0] r0[1] r1[1]")
		f.line("VZIP2 V1.S4, V0.S4, V5.S4", "r0[2] r1[2] r0[3] r1[3]")
		if rows == 4 {
			f.line("VZIP1 V3.S4, V2.S4, V6.S4", "r2[0] r3[0] r2[1] r3[1]")
			f.line("VZIP2 V3.S4, V2.S4, V7.S4", "r2[2] r3[2] r2[3] r3[3]")
			for i := range 4 {
				f.line(fmt.Sprintf("VZIP%d V%d.D2, V%d.D2, V%d.D2", 1+i%2, 6+i/2, 4+i/2, 8+i), fmt.Sprintf("column %d of four rows", i))
			}
			for i := range 4 {
				f.line(fmt.Sprintf("VST1 [V%d.S4], (R0)", 8+i), fmt.Sprintf("step p+%d", i))
				f.line("ADD R1, R0, R0", "next step")
			}
		} else {
			for i := range 4 {
				f.line(fmt.Sprintf("VST1 V%d.D[%d], (R0)", 4+i/2, i%2), fmt.Sprintf("step p+%d: two rows", i))
				f.line("ADD R1, R0, R0", "next step")
			}
		}
		f.line("SUBS $4, R2, R2", "")
		f.line("BGE turn", "")
		f.printf("done:\n")
		f.line("RET", "")
		f.printf("\n")
	}
	return f.Bytes()
}
