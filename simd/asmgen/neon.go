package main

import "fmt"

// Registers for values, and three that hold addresses. R18, R27, R28 and above
// are reserved.
var (
	arm64GP   = []string{"R0", "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15"}
	arm64Addr = []string{"R19", "R20", "R21"}
)

const (
	neonScratch = 31    // a vector register kept for moves
	neonTable   = "R22" // address of the constants
)

// reusableNEON lists the sources whose register the result may take, the best
// first. Multiply-add overwrites the addend, and selection either of its
// operands, so the others must not share a register with the result.
func reusableNEON(in *instr) []*value {
	switch in.op {
	case opFMA, opFNMA:
		if in.src[2] == in.src[0] || in.src[2] == in.src[1] {
			return nil
		}
		return in.src[2:3]
	case opSelect:
		return []*value{in.src[2], in.src[0], in.src[1]}
	case opMulHiLo:
		return nil
	}
	return in.src
}

// The assembler lacks many vector instructions, so they are written as words:
// the base encoding with registers m, n and d filled in (Arm Architecture
// Reference Manual, "Advanced SIMD three same" and so on).
var neonThree = map[op]struct {
	name string
	word uint32
}{
	opAdd: {"fadd", 0x4E20D400}, opSub: {"fsub", 0x4EA0D400}, opMul: {"fmul", 0x6E20DC00}, opDiv: {"fdiv", 0x6E20FC00},
	opGreater: {"fcmgt", 0x6EA0E400}, opAnd: {"and", 0x4E201C00}, opOr: {"orr", 0x4EA01C00}, opXor: {"eor", 0x6E201C00},
	opIAdd: {"add", 0x4EA08400}, opISub: {"sub", 0x6EA08400},
}

const (
	wordFMLA, wordFMLS            = 0x4E20CC00, 0x4EA0CC00
	wordBSL, wordBIT, wordBIF     = 0x6E601C00, 0x6EA01C00, 0x6EE01C00
	wordFSQRT, wordSCVTF          = 0x6EA1F800, 0x4E21D800
	wordSHL, wordUSHR, wordSSHR   = 0x4F005400, 0x6F000400, 0x4F000400
	wordUMULL, wordUMULL2         = 0x2EA0C000, 0x6EA0C000
	wordUZP1, wordUZP2            = 0x4E801800, 0x4E805800
	wordEXT8, wordREV64, wordDUP0 = 0x6E004000, 0x4EA00800, 0x4E040400
	wordORR                       = 0x4EA01C00
)

func (w *writer) word(comment, name string, base uint32, d, n, m int) {
	w.line(fmt.Sprintf("%-26s %s", fmt.Sprintf("%s v%d, v%d, v%d", name, d, n, m), comment),
		"WORD $0x%08x", base|uint32(m)<<16|uint32(n)<<5|uint32(d))
}

// word2 is word for instructions with one source, whose bits 16 and up may hold
// an immediate.
func (w *writer) word2(comment, name string, base uint32, d, n int, imm uint32) {
	w.line(fmt.Sprintf("%-26s %s", fmt.Sprintf("%s v%d, v%d", name, d, n), comment),
		"WORD $0x%08x", base|imm<<16|uint32(n)<<5|uint32(d))
}

func (w *writer) move(d, s int) {
	if d != s {
		w.word("", "mov", wordORR, d, s, s)
	}
}

// address returns a register with ptr + index. It is computed unless a register
// already has it.
func (w *writer) address(m mem) string {
	if m.index == nil {
		return arm64GP[m.ptr.reg]
	}
	key := fmt.Sprint(m.ptr.reg, " ", m.index.reg)
	if r, ok := w.cached[key]; ok {
		return arm64Addr[r]
	}
	r := w.next % len(arm64Addr)
	w.next++
	for k, v := range w.cached {
		if v == r {
			delete(w.cached, k)
		}
	}
	w.cached[key] = r
	w.line("&"+place(mem{ptr: m.ptr, index: m.index}), "ADD %s, %s, %s", arm64GP[m.index.reg], arm64GP[m.ptr.reg], arm64Addr[r])
	return arm64Addr[r]
}

func writeNEON(w *writer, in *instr) {
	reg := func(i int) int { return in.src[i].reg }
	d := -1
	if len(in.dst) > 0 {
		d = in.dst[0].reg
	}
	if t, ok := neonThree[in.op]; ok {
		w.word(pseudo(in), t.name, t.word, d, reg(0), reg(1))
		return
	}
	switch in.op {
	case opSqrt:
		w.word2(pseudo(in), "fsqrt", wordFSQRT, d, reg(0), 0)
	case opFloat:
		w.word2(pseudo(in), "scvtf", wordSCVTF, d, reg(0), 0)
	case opShl:
		w.word2(pseudo(in), "shl", wordSHL, d, reg(0), uint32(32+in.imm))
	case opShr:
		w.word2(pseudo(in), "ushr", wordUSHR, d, reg(0), uint32(64-in.imm))
	case opSar:
		w.word2(pseudo(in), "sshr", wordSSHR, d, reg(0), uint32(64-in.imm))
	case opFMA, opFNMA:
		name, word := "fmla", uint32(wordFMLA)
		if in.op == opFNMA {
			name, word = "fmls", wordFMLS
		}
		a, b, c := reg(0), reg(1), reg(2)
		if d != c && (d == a || d == b) { // only when a variable is a factor of its next value
			w.move(neonScratch, c)
			w.word(pseudo(in), name, word, neonScratch, a, b)
			w.move(d, neonScratch)
			return
		}
		w.move(d, c)
		w.word(pseudo(in), name, word, d, a, b)
	case opSelect:
		m, yes, no := reg(0), reg(1), reg(2)
		switch d {
		case no:
			w.word(pseudo(in), "bit", wordBIT, d, yes, m)
		case m:
			w.word(pseudo(in), "bsl", wordBSL, d, yes, no)
		case yes:
			w.word(pseudo(in), "bif", wordBIF, d, no, m)
		default:
			w.move(d, no)
			w.word(pseudo(in), "bit", wordBIT, d, yes, m)
		}
	case opBit0:
		w.word2("", "shl", wordSHL, d, reg(0), 32+31)
		w.word2(pseudo(in), "sshr", wordSSHR, d, d, 64-31)
	case opToMask, opMove:
		w.move(d, reg(0))
	case opMulHiLo:
		hi, lo, even, odd := d, in.dst[1].reg, in.dst[2].reg, in.dst[3].reg
		w.word("", "umull", wordUMULL, even, reg(0), reg(1))
		w.word("", "umull2", wordUMULL2, odd, reg(0), reg(1))
		w.word("", "uzp2", wordUZP2, hi, even, odd)
		w.word(pseudo(in), "uzp1", wordUZP1, lo, even, odd)
	case opSwap:
		if in.imm == 2 {
			w.word(pseudo(in), "ext #8", wordEXT8, d, reg(0), reg(0))
		} else {
			w.word2(pseudo(in), "rev64", wordREV64, d, reg(0), 0)
		}
	case opLane0:
		w.word2(pseudo(in), "dup[0]", wordDUP0, d, reg(0), 0)
	case opConst:
		if c := in.src[0].konst; c.zero() {
			w.word(pseudo(in), "eor", neonThree[opXor].word, d, d, d)
		} else {
			w.line(pseudo(in), "FMOVQ %d(%s), F%d", w.offset(c), neonTable, d)
		}
	case opLoad:
		w.line(pseudo(in), "FMOVQ %d(%s), F%d", in.mem.disp, w.address(in.mem), d)
	case opSplat:
		w.line("", "MOVWU %d(%s), R23", in.mem.disp, w.address(in.mem))
		w.line(pseudo(in), "VDUP R23, V%d.S4", d)
	case opSplatArg:
		w.line("", "MOVWU %s, R23", in.arg)
		w.line(pseudo(in), "VDUP R23, V%d.S4", d)
	case opSplatInt:
		w.line(pseudo(in), "VDUP %s, V%d.S4", arm64GP[in.gp.reg], d)
	case opStore:
		w.line(pseudo(in), "FMOVQ F%d, %d(%s)", reg(0), in.mem.disp, w.address(in.mem))
	case opStore0:
		w.line(pseudo(in), "FMOVS F%d, %d(%s)", reg(0), in.mem.disp, w.address(in.mem))
	default:
		controlNEON(w, in)
	}
}

// prologueNEON loads the address of the constants.
func prologueNEON(w *writer) {
	for _, in := range w.k.code {
		if in.op == opConst && !in.src[0].konst.zero() {
			w.line("", "MOVD $%s(SB), %s", w.table(), neonTable)
			return
		}
	}
}

func controlNEON(w *writer, in *instr) {
	name := func(g *gp) string { return arm64GP[g.reg] }
	forget := func() { // addresses are only known along one path
		clear(w.cached)
	}
	switch in.op {
	case opIntArg:
		if in.arg == "" {
			w.line(in.gp.name, "MOVD %d(%s), %s", in.mem.disp, name(in.mem.ptr), name(in.gp))
		} else {
			w.line(in.gp.name, "MOVD %s, %s", in.arg, name(in.gp))
		}
		forget()
	case opIntShl:
		w.line("", "LSL $%d, %s, %s", in.imm, name(in.gp), name(in.gp))
	case opIntMove:
		w.line(in.gp.name, "MOVD %s, %s", name(in.gp2), name(in.gp))
		forget()
	case opAdvance:
		if in.gp2 != nil {
			w.line("", "ADD %s, %s, %s", name(in.gp2), name(in.gp), name(in.gp))
		} else {
			w.line("", "ADD $%d, %s, %s", in.imm, name(in.gp), name(in.gp))
		}
		forget()
	case opLoop:
		w.line(in.gp.name+" = 0", "MOVD ZR, %s", name(in.gp))
		w.line("", "CMP %s, %s", name(in.gp2), name(in.gp))
		w.line("", "BGE end%d", in.label)
		fmt.Fprintf(w, "\nloop%d:\n", in.label)
		forget()
	case opLoopEnd:
		w.line(fmt.Sprintf("%s += %d", in.gp.name, in.imm), "ADD $%d, %s, %s", in.imm, name(in.gp), name(in.gp))
		w.line("", "CMP %s, %s", name(in.gp2), name(in.gp))
		w.line("while "+in.gp.name+" < "+in.gp2.name, "BLT loop%d", in.label)
		fmt.Fprintf(w, "\nend%d:\n", in.label)
		forget()
	case opTimes:
		fmt.Fprintf(w, "\nloop%d:\n", in.label)
		forget()
	case opTimesEnd:
		w.line("", "SUB $1, %s, %s", name(in.gp), name(in.gp))
		w.line("while --"+in.gp.name+" > 0", "CBNZ %s, loop%d", name(in.gp), in.label)
		forget()
	default:
		panic(fmt.Sprintf("asmgen: arm64 has no operation %d", in.op))
	}
}
