package main

import (
	"fmt"
	"slices"
	"strings"
)

// Arguments, registers and loops of kernels.

// spec describes a kernel apart from its target.
type spec struct {
	name string // without the suffix of the target, such as "add" for addAVX2
	doc  string // the loop that defines it, for the stub
	args []arg
	body func(k *kernel)
}

// arg is one argument of a kernel: a slice of float32 (24 bytes), a pointer, an
// int or a float32.
type arg struct {
	name string
	typ  string
}

func sliceArgs(names ...string) []arg {
	var out []arg
	for _, n := range names {
		out = append(out, arg{n, "[]float32"})
	}
	return out
}

func (a arg) bytes() int {
	switch {
	case a.slice():
		return 24
	case a.typ == "float32":
		return 4
	}
	return 8
}

func (a arg) slice() bool { return strings.HasPrefix(a.typ, "[]") }

// offset returns the position of an argument, and frameSize the size of all.
func (s spec) offset(name string) int {
	at := 0
	for _, a := range s.args {
		size := a.bytes()
		align := min(size, 8)
		at = (at + align - 1) / align * align
		if a.name == name {
			return at
		}
		at += size
	}
	panic("asmgen: " + s.name + " has no argument " + name)
}

func (s spec) frameSize() int {
	last := s.args[len(s.args)-1]
	return s.offset(last.name) + last.bytes()
}

func (k *kernel) newGP(name string) *gp {
	if len(k.freeGP) == 0 {
		panic("asmgen: " + k.spec.name + " needs more general-purpose registers")
	}
	r := k.freeGP[len(k.freeGP)-1]
	k.freeGP = k.freeGP[:len(k.freeGP)-1]
	return &gp{name: name, reg: r}
}

func (k *kernel) release(g *gp) { k.freeGP = append(k.freeGP, g.reg) }

func (k *kernel) intArg(name, field string, at int) *gp {
	g := k.newGP(name)
	k.emit(&instr{op: opIntArg, gp: g, arg: fmt.Sprintf("%s%s+%d(FP)", name, field, at), size: 8})
	return g
}

// ptr loads the address of a slice or a pointer argument.
func (k *kernel) ptr(name string) *gp {
	at := k.spec.offset(name)
	for _, a := range k.spec.args {
		if a.name == name && !a.slice() {
			return k.intArg(name, "", at)
		}
	}
	return k.intArg(name, "_base", at)
}

// count loads the length of a slice.
func (k *kernel) count(name string) *gp {
	g := k.intArg(name, "_len", k.spec.offset(name)+8)
	g.name = "len(" + name + ")"
	return g
}

// bytes loads the length of a slice in bytes.
func (k *kernel) bytes(name string) *gp {
	g := k.count(name)
	k.emit(&instr{op: opIntShl, gp: g, imm: 2})
	g.name = "bytes(" + name + ")"
	return g
}

// integer loads an int argument, elements one that counts elements, in bytes.
func (k *kernel) integer(name string) *gp { return k.intArg(name, "", k.spec.offset(name)) }

func (k *kernel) elements(name string) *gp {
	g := k.integer(name)
	k.emit(&instr{op: opIntShl, gp: g, imm: 2})
	return g
}

// field loads an int of the structure that a pointer argument points to.
func (k *kernel) field(p *gp, name string, offset int) *gp {
	g := k.newGP(name)
	k.emit(&instr{op: opIntArg, gp: g, mem: mem{ptr: p, disp: offset}, size: 8})
	return g
}

// scalar broadcasts a float32 argument.
func (k *kernel) scalar(name string) *value {
	v := k.value(name)
	k.emit(&instr{op: opSplatArg, dst: []*value{v}, arg: fmt.Sprintf("%s+%d(FP)", name, k.spec.offset(name)), size: 4})
	return v
}

// copyGP returns a new register with the same content.
func (k *kernel) copyGP(g *gp) *gp {
	c := k.newGP(g.name)
	k.emit(&instr{op: opIntMove, gp: c, gp2: g})
	return c
}

// each runs body for index = 0, step, 2*step ... below limit, all in bytes.
func (k *kernel) each(limit *gp, step int, body func(index *gp)) {
	index := k.newGP("i")
	k.labels++
	label := k.labels
	k.emit(&instr{op: opLoop, gp: index, gp2: limit, imm: step, label: label})
	body(index)
	k.emit(&instr{op: opLoopEnd, gp: index, gp2: limit, imm: step, label: label})
	k.release(index)
}

// times runs body counter times, at least once, and destroys counter.
func (k *kernel) times(counter *gp, body func()) {
	k.labels++
	label := k.labels
	k.emit(&instr{op: opTimes, gp: counter, label: label})
	body()
	k.emit(&instr{op: opTimesEnd, gp: counter, label: label})
}

// interleave alternates between the operations of count independent bodies: the
// first operation of each, then the second of each. The chains of dependent
// operations then overlap even on processors whose reorder window is shorter
// than one body. Results do not change.
func (k *kernel) interleave(count int, body func(j int)) {
	start := len(k.code)
	for j := range count {
		body(j)
	}
	all := slices.Clone(k.code[start:])
	n := len(all) / count
	if n*count != len(all) {
		panic("asmgen: " + k.spec.name + " interleaves bodies of different lengths")
	}
	for i := range n {
		for j := range count {
			k.code[start+i*count+j] = all[j*n+i]
		}
	}
}

// advance adds a register or a number of bytes to a pointer.
func (k *kernel) advance(p, by *gp) { k.emit(&instr{op: opAdvance, gp: p, gp2: by}) }

func (k *kernel) advanceBy(p *gp, bytes int) { k.emit(&instr{op: opAdvance, gp: p, imm: bytes}) }

func at(p, index *gp) mem { return mem{ptr: p, index: index} }
