package main

import "fmt"

var amd64GP = []string{"DI", "SI", "DX", "CX", "R8", "R9", "R10", "R11", "R12", "R13", "BX", "AX"}

// reusableX86 lists the sources whose register the result may take, the best
// first.
func reusableX86(in *instr) []*value {
	switch in.op {
	case opFMA, opFNMA:
		return []*value{in.src[2], in.src[0], in.src[1]}
	case opMulHiLo:
		return nil
	}
	return in.src
}

// x86 is the state of writeX86 while it writes an instruction.
type x86 struct {
	w  *writer
	in *instr
}

// reg names a register: Y3, Z3, K3, or the XMM part X3.
func (x x86) reg(v *value) string {
	switch {
	case v.mask && x.w.t.masks > 0:
		return fmt.Sprintf("K%d", v.reg)
	case x.w.t.width == 16:
		return fmt.Sprintf("Z%d", v.reg)
	}
	return fmt.Sprintf("Y%d", v.reg)
}

// operand is a register or a constant in memory.
func (x x86) operand(v *value) (name, bcst string) {
	if v.konst == nil {
		return x.reg(v), ""
	}
	if x.w.t.masks > 0 {
		bcst = ".BCST"
	}
	return fmt.Sprintf("%s+%d(SB)", x.w.table(), x.w.offset(v.konst)), bcst
}

func x86Mem(m mem) string {
	s := ""
	if m.disp != 0 {
		s = fmt.Sprint(m.disp)
	}
	s += "(" + amd64GP[m.ptr.reg] + ")"
	if m.index != nil {
		s += "(" + amd64GP[m.index.reg] + "*1)"
	}
	return s
}

// three writes "dst = a op b" of an instruction whose second source may be a
// memory operand; commutes allows the first to be one, too.
func (x x86) three(name string, commutes bool) {
	a, b := x.in.src[0], x.in.src[1]
	if commutes && a.konst != nil {
		a, b = b, a
	}
	second, bcst := x.operand(b)
	x.w.line(pseudo(x.in), "%s%s %s, %s, %s", name, bcst, second, x.reg(a), x.reg(x.in.dst[0]))
}

// fma picks the form whose overwritten operand is the destination.
func (x x86) fma(stem string) {
	a, b, c, d := x.in.src[0], x.in.src[1], x.in.src[2], x.in.dst[0]
	if a.konst != nil || b.reg == d.reg && b.konst == nil && a.reg != d.reg {
		a, b = b, a // fma and fnma take their factors in either order
	}
	switch {
	case c.konst == nil && c.reg == d.reg:
		second, bcst := x.operand(b)
		x.w.line(pseudo(x.in), "%s231PS%s %s, %s, %s", stem, bcst, second, x.reg(a), x.reg(d))
	case a.reg == d.reg && b.konst == nil:
		third, bcst := x.operand(c)
		x.w.line(pseudo(x.in), "%s213PS%s %s, %s, %s", stem, bcst, third, x.reg(b), x.reg(d))
	case a.reg == d.reg:
		second, bcst := x.operand(b)
		x.w.line(pseudo(x.in), "%s132PS%s %s, %s, %s", stem, bcst, second, x.reg(c), x.reg(d))
	case c.konst != nil:
		third, bcst := x.operand(c)
		x.w.line(d.name+" = "+a.name, "VMOVAPS %s, %s", x.reg(a), x.reg(d))
		x.w.line(pseudo(x.in), "%s213PS%s %s, %s, %s", stem, bcst, third, x.reg(b), x.reg(d))
	default:
		second, bcst := x.operand(b)
		x.w.line(d.name+" = "+c.name, "VMOVAPS %s, %s", x.reg(c), x.reg(d))
		x.w.line(pseudo(x.in), "%s231PS%s %s, %s, %s", stem, bcst, second, x.reg(a), x.reg(d))
	}
}

func writeX86(w *writer, in *instr) {
	x := x86{w, in}
	wide := w.t.masks > 0 // AVX-512
	bits := func(avx2, avx512 string) string {
		if wide {
			return avx512
		}
		return avx2
	}
	d, s := "", ""
	if len(in.dst) > 0 {
		d = x.reg(in.dst[0])
	}
	if len(in.src) > 0 && in.src[0].konst == nil {
		s = x.reg(in.src[0])
	}
	switch in.op {
	case opAdd:
		x.three("VADDPS", true)
	case opSub:
		x.three("VSUBPS", false)
	case opMul:
		x.three("VMULPS", true)
	case opDiv:
		x.three("VDIVPS", false)
	case opAnd:
		x.three(bits("VANDPS", "VPANDD"), true)
	case opOr:
		x.three(bits("VORPS", "VPORD"), true)
	case opXor:
		x.three(bits("VXORPS", "VPXORD"), true)
	case opIAdd:
		x.three("VPADDD", true)
	case opISub:
		x.three("VPSUBD", false)
	case opSqrt:
		w.line(pseudo(in), "VSQRTPS %s, %s", s, d)
	case opFloat:
		w.line(pseudo(in), "VCVTDQ2PS %s, %s", s, d)
	case opShl:
		w.line(pseudo(in), "VPSLLD $%d, %s, %s", in.imm, s, d)
	case opShr:
		w.line(pseudo(in), "VPSRLD $%d, %s, %s", in.imm, s, d)
	case opSar:
		w.line(pseudo(in), "VPSRAD $%d, %s, %s", in.imm, s, d)
	case opFMA:
		x.fma("VFMADD")
	case opFNMA:
		x.fma("VFNMADD")
	case opGreater:
		second, bcst := x.operand(in.src[1])
		w.line(pseudo(in), "VCMPPS%s $0x1e, %s, %s, %s", bcst, second, s, d)
	case opSelect:
		yes, bcst := x.operand(in.src[1])
		no := x.reg(in.src[2])
		if wide {
			w.line(pseudo(in), "VBLENDMPS%s %s, %s, %s, %s", bcst, yes, no, s, d)
		} else {
			w.line(pseudo(in), "VBLENDVPS %s, %s, %s, %s", s, yes, no, d)
		}
	case opBit0:
		if wide {
			w.line(pseudo(in), "VPTESTMD.BCST %s+%d(SB), %s, %s", w.table(), w.offset(&constant{bits: []uint32{1}}), s, d)
		} else {
			w.line("", "VPSLLD $31, %s, %s", s, d)
			w.line(pseudo(in), "VPSRAD $31, %s, %s", d, d)
		}
	case opToMask:
		if wide {
			w.line(pseudo(in), "VPTESTMD %s, %s, %s", s, s, d)
		} else if s != d {
			w.line(pseudo(in), "VMOVAPS %s, %s", s, d)
		}
	case opMulHiLo:
		x.mulHiLo(wide)
	case opSwap:
		x.swap()
	case opLane0:
		w.line(pseudo(in), "VBROADCASTSS X%d, %s", in.src[0].reg, d)
	case opMove:
		if s != d {
			w.line(pseudo(in), "VMOVAPS %s, %s", s, d)
		}
	case opConst:
		c := in.src[0].konst
		switch {
		case len(c.bits) > 1:
			w.line(pseudo(in), "VMOVUPS %s+%d(SB), %s", w.table(), w.offset(c), d)
		case c.zero():
			w.line(pseudo(in), "%s %s, %s, %s", bits("VXORPS", "VPXORD"), d, d, d)
		default:
			w.line(pseudo(in), "VBROADCASTSS %s+%d(SB), %s", w.table(), w.offset(c), d)
		}
	case opLoad:
		w.line(pseudo(in), "VMOVUPS %s, %s", x86Mem(in.mem), d)
	case opSplat:
		w.line(pseudo(in), "VBROADCASTSS %s, %s", x86Mem(in.mem), d)
	case opSplatArg:
		w.line(pseudo(in), "VBROADCASTSS %s, %s", in.arg, d)
	case opSplatInt:
		w.line("", "VMOVD %s, X%d", amd64GP[in.gp.reg], in.dst[0].reg)
		w.line(pseudo(in), "VPBROADCASTD X%d, %s", in.dst[0].reg, d)
	case opStore:
		w.line(pseudo(in), "VMOVUPS %s, %s", s, x86Mem(in.mem))
	case opStore0:
		w.line(pseudo(in), "VMOVSS X%d, %s", in.src[0].reg, x86Mem(in.mem))
	default:
		controlX86(w, in)
	}
}

// swap exchanges lanes whose numbers differ in one bit.
func (x x86) swap() {
	d, s := x.reg(x.in.dst[0]), x.reg(x.in.src[0])
	switch x.in.imm {
	case 8:
		x.w.line(pseudo(x.in), "VSHUFF64X2 $0x4e, %s, %s, %s", s, s, d)
	case 4:
		if x.w.t.width == 16 {
			x.w.line(pseudo(x.in), "VSHUFF64X2 $0xb1, %s, %s, %s", s, s, d)
		} else {
			x.w.line(pseudo(x.in), "VPERM2F128 $0x01, %s, %s, %s", s, s, d)
		}
	case 2:
		x.w.line(pseudo(x.in), "VPERMILPS $0x4e, %s, %s", s, d)
	case 1:
		x.w.line(pseudo(x.in), "VPERMILPS $0xb1, %s, %s", s, d)
	}
}

// mulHiLo multiplies even and odd lanes separately, because the instruction
// multiplies only every second 32-bit lane.
func (x x86) mulHiLo(wide bool) {
	a, b := x.reg(x.in.src[0]), x.reg(x.in.src[1])
	hi, lo, even, odd := x.reg(x.in.dst[0]), x.reg(x.in.dst[1]), x.reg(x.in.dst[2]), x.reg(x.in.dst[3])
	x.w.line("even lanes", "VPMULUDQ %s, %s, %s", b, a, even)
	x.w.line("", "VPSRLQ $32, %s, %s", a, odd)
	x.w.line("odd lanes", "VPMULUDQ %s, %s, %s", b, odd, odd)
	x.w.line("", "VPSRLQ $32, %s, %s", even, hi)
	x.w.line("", "VPSLLQ $32, %s, %s", odd, lo)
	if wide {
		x.w.line("", "VPBLENDMD %s, %s, K7, %s", odd, hi, hi)
		x.w.line(pseudo(x.in), "VPBLENDMD %s, %s, K7, %s", lo, even, lo)
		return
	}
	x.w.line("", "VPBLENDD $0xaa, %s, %s, %s", odd, hi, hi)
	x.w.line(pseudo(x.in), "VPBLENDD $0xaa, %s, %s, %s", lo, even, lo)
}

// prologueX86 sets the mask of odd lanes that mulHiLo needs on AVX-512.
func prologueX86(w *writer) {
	for _, in := range w.k.code {
		if in.op == opMulHiLo && w.t.masks > 0 {
			w.line("", "MOVL $0xaaaa, AX")
			w.line("odd lanes", "KMOVW AX, K7")
			return
		}
	}
}

func controlX86(w *writer, in *instr) {
	name := func(g *gp) string { return amd64GP[g.reg] }
	switch in.op {
	case opIntArg:
		if in.arg == "" {
			w.line(in.gp.name, "MOVQ %s, %s", x86Mem(in.mem), name(in.gp))
		} else {
			w.line(in.gp.name, "MOVQ %s, %s", in.arg, name(in.gp))
		}
	case opIntShl:
		w.line("", "SHLQ $%d, %s", in.imm, name(in.gp))
	case opIntMove:
		w.line(in.gp.name, "MOVQ %s, %s", name(in.gp2), name(in.gp))
	case opAdvance:
		if in.gp2 != nil {
			w.line("", "ADDQ %s, %s", name(in.gp2), name(in.gp))
		} else {
			w.line("", "ADDQ $%d, %s", in.imm, name(in.gp))
		}
	case opLoop:
		w.line(in.gp.name+" = 0", "XORL %s, %s", name(in.gp), name(in.gp))
		w.line("", "CMPQ %s, %s", name(in.gp), name(in.gp2))
		w.line("", "JGE end%d", in.label)
		fmt.Fprintf(w, "\nloop%d:\n", in.label)
	case opLoopEnd:
		w.line(fmt.Sprintf("%s += %d", in.gp.name, in.imm), "ADDQ $%d, %s", in.imm, name(in.gp))
		w.line("", "CMPQ %s, %s", name(in.gp), name(in.gp2))
		w.line("while "+in.gp.name+" < "+in.gp2.name, "JLT loop%d", in.label)
		fmt.Fprintf(w, "\nend%d:\n", in.label)
	case opTimes:
		fmt.Fprintf(w, "\nloop%d:\n", in.label)
	case opTimesEnd:
		w.line("", "DECQ %s", name(in.gp))
		w.line("while --"+in.gp.name+" > 0", "JNZ loop%d", in.label)
	default:
		panic(fmt.Sprintf("asmgen: amd64 has no operation %d", in.op))
	}
}
