package main

import (
	"fmt"
	"math"
)

// op is a vector operation. Its lanes hold float32 or uint32 numbers.
type op int

const (
	opAdd      op = iota // a + b
	opSub                // a - b
	opMul                // a * b
	opDiv                // a / b
	opSqrt               // sqrt(a)
	opFMA                // fma(a, b, c) = a*b + c, rounded once
	opFNMA               // fma(-a, b, c)
	opGreater            // a > b, a mask; false with NaN
	opSelect             // mask ? a : b
	opBit0               // (a & 1) != 0, a mask
	opToMask             // a mask from lanes of all ones or zeros
	opAnd                // a & b
	opOr                 // a | b
	opXor                // a ^ b
	opIAdd               // a + b of integers
	opISub               // a - b of integers
	opShl                // a << imm
	opShr                // a >> imm, logical
	opSar                // a >> imm, arithmetic
	opFloat              // float32(int32(a))
	opMulHiLo            // high and low half of the 64-bit products a*b
	opSwap               // lane i gets lane i xor imm
	opLane0              // all lanes get lane 0
	opMove               // a
	opConst              // a constant
	opLoad               // a vector from memory
	opSplat              // one number of memory in all lanes
	opSplatArg           // a float32 argument in all lanes
	opSplatInt           // an integer register in all lanes
	opStore              // a vector to memory
	opStore0             // lane 0 to memory
	opLoop               // for index = 0; index < limit; index += imm
	opLoopEnd            // end of opLoop
	opTimes              // do ... while --counter > 0
	opTimesEnd           // end of opTimes
	opAdvance            // pointer += imm or register
	opIntArg             // register = argument
	opIntShl             // register <<= imm
	opIntMove            // register = register
)

// value is the result of an operation: a vector or a mask. It is defined once,
// except for variables, which loops assign again.
type value struct {
	name  string
	mask  bool
	isVar bool
	konst *constant
	reg   int
	first int // position of the definition
	last  int // position of the last use
}

// constant is a vector constant: one number in all lanes, or sixteen numbers.
type constant struct {
	name  string
	bits  []uint32 // one or sixteen
	group int      // which part of the sixteen
	uses  int      // instructions that a register for it would save
	v     *value
}

// zero reports whether the constant is +0 in all lanes.
func (c *constant) zero() bool { return len(c.bits) == 1 && c.bits[0] == 0 }

// gp is a general-purpose register: a pointer, a count or an index.
type gp struct {
	name string
	reg  int
}

// mem is a place in memory: *(ptr + index + disp).
type mem struct {
	ptr, index *gp
	disp       int
}

// instr is one operation with its operands.
type instr struct {
	op    op
	dst   []*value
	src   []*value
	imm   int
	mem   mem
	gp    *gp    // loop counter, pointer or integer operand
	gp2   *gp    // loop limit or step
	arg   string // argument in the syntax of the assembler
	size  int    // of the argument in bytes
	label int
}

// kernel collects the operations of one kernel for one target.
type kernel struct {
	t         *target
	spec      spec
	chains    int // vectors that long bodies process at a time, see interleave
	code      []*instr
	consts    []*constant
	labels    int
	freeGP    []int
	nextValue int
}

func newKernel(t *target, s spec, chains int) *kernel {
	k := &kernel{t: t, spec: s, chains: chains}
	for i := t.gpCount - 1; i >= 0; i-- {
		k.freeGP = append(k.freeGP, i)
	}
	return k
}

// lanes is the number of lanes of every reduction.
const lanes = 16

// groups is the number of vectors that hold sixteen lanes.
func (k *kernel) groups() int { return lanes / k.t.width }

func (k *kernel) value(name string) *value {
	k.nextValue++
	if name == "" {
		name = fmt.Sprintf("t%d", k.nextValue)
	}
	return &value{name: name, reg: -1}
}

func (k *kernel) emit(in *instr) { k.code = append(k.code, in) }

func (k *kernel) op(o op, imm int, src ...*value) *value {
	d := k.value("")
	d.mask = o == opGreater || o == opBit0 || o == opToMask
	k.emit(&instr{op: o, dst: []*value{d}, src: src, imm: imm})
	return d
}

func (k *kernel) add(a, b *value) *value          { return k.op(opAdd, 0, a, b) }
func (k *kernel) sub(a, b *value) *value          { return k.op(opSub, 0, a, b) }
func (k *kernel) mul(a, b *value) *value          { return k.op(opMul, 0, a, b) }
func (k *kernel) div(a, b *value) *value          { return k.op(opDiv, 0, a, b) }
func (k *kernel) sqrt(a *value) *value            { return k.op(opSqrt, 0, a) }
func (k *kernel) fma(a, b, c *value) *value       { return k.op(opFMA, 0, a, b, c) }
func (k *kernel) fnma(a, b, c *value) *value      { return k.op(opFNMA, 0, a, b, c) }
func (k *kernel) greater(a, b *value) *value      { return k.op(opGreater, 0, a, b) }
func (k *kernel) choose(m, a, b *value) *value    { return k.op(opSelect, 0, m, a, b) }
func (k *kernel) bit0(a *value) *value            { return k.op(opBit0, 0, a) }
func (k *kernel) and(a, b *value) *value          { return k.op(opAnd, 0, a, b) }
func (k *kernel) or(a, b *value) *value           { return k.op(opOr, 0, a, b) }
func (k *kernel) xor(a, b *value) *value          { return k.op(opXor, 0, a, b) }
func (k *kernel) iadd(a, b *value) *value         { return k.op(opIAdd, 0, a, b) }
func (k *kernel) isub(a, b *value) *value         { return k.op(opISub, 0, a, b) }
func (k *kernel) shl(a *value, n int) *value      { return k.op(opShl, n, a) }
func (k *kernel) shr(a *value, n int) *value      { return k.op(opShr, n, a) }
func (k *kernel) sar(a *value, n int) *value      { return k.op(opSar, n, a) }
func (k *kernel) float(a *value) *value           { return k.op(opFloat, 0, a) }
func (k *kernel) swap(a *value, n int) *value     { return k.op(opSwap, n, a) }
func (k *kernel) lane0(a *value) *value           { return k.op(opLane0, 0, a) }
func (k *kernel) named(v *value, n string) *value { v.name = n; return v }

// mulHiLo returns the halves of the products of 32-bit lanes.
func (k *kernel) mulHiLo(a, b *value) (hi, lo *value) {
	hi, lo = k.value(""), k.value("")
	k.emit(&instr{op: opMulHiLo, dst: []*value{hi, lo, k.value(""), k.value("")}, src: []*value{a, b}})
	return hi, lo
}

// f is a float32 constant in all lanes, i an integer one.
func (k *kernel) f(x float32) *value {
	return k.constant(&constant{name: fmt.Sprintf("%g", x), bits: []uint32{math.Float32bits(x)}})
}
func (k *kernel) i(x uint32) *value {
	return k.constant(&constant{name: fmt.Sprintf("%#x", x), bits: []uint32{x}})
}

// laneNumbers holds 0 to 15, the part of group g.
func (k *kernel) laneNumbers(g int) *value {
	bits := make([]uint32, lanes)
	for i := range bits {
		bits[i] = uint32(i)
	}
	return k.constant(&constant{name: fmt.Sprintf("lane numbers %d", g), bits: bits, group: g})
}

func (k *kernel) constant(c *constant) *value {
	for _, o := range k.consts {
		if o.name == c.name && o.bits[0] == c.bits[0] && len(o.bits) == len(c.bits) {
			return o.v
		}
	}
	c.v = &value{name: c.name, reg: -1, konst: c}
	k.consts = append(k.consts, c)
	return c.v
}

// variable is a value that loops may assign.
func (k *kernel) variable(name string, init *value) *value {
	v := k.value(name)
	v.isVar = true
	v.mask = init.mask
	o := opMove
	if init.konst != nil {
		o = opConst
	}
	k.emit(&instr{op: o, dst: []*value{v}, src: []*value{init}})
	return v
}

// set assigns a variable. If x was computed just before, it is written to the
// variable without a move.
func (k *kernel) set(v, x *value) {
	last := k.code[len(k.code)-1]
	if len(last.dst) == 1 && last.dst[0] == x && !x.isVar {
		last.dst[0] = v
		return
	}
	k.emit(&instr{op: opMove, dst: []*value{v}, src: []*value{x}})
}

// group returns the address of group g of the sixteen elements at m.
func (k *kernel) group(m mem, g int) mem {
	m.disp += 4 * k.t.width * g
	return m
}

func (k *kernel) load(m mem) *value {
	v := k.value("")
	k.emit(&instr{op: opLoad, dst: []*value{v}, mem: m})
	return v
}

func (k *kernel) store(m mem, v *value) { k.emit(&instr{op: opStore, src: []*value{v}, mem: m}) }

func (k *kernel) store0(m mem, v *value) { k.emit(&instr{op: opStore0, src: []*value{v}, mem: m}) }

// splat loads one number into all lanes.
func (k *kernel) splat(m mem) *value {
	v := k.value("")
	k.emit(&instr{op: opSplat, dst: []*value{v}, mem: m})
	return v
}

// splatInt puts an integer register into all lanes.
func (k *kernel) splatInt(g *gp) *value {
	v := k.value("")
	k.emit(&instr{op: opSplatInt, dst: []*value{v}, gp: g})
	return v
}

// treeSum adds sixteen lanes, given as groups, in the tree of the numerics
// contract; every lane of the result holds the sum.
func (k *kernel) treeSum(s []*value) *value {
	for len(s) > 1 {
		h := len(s) / 2
		next := make([]*value, h)
		for i := range next {
			next[i] = k.add(s[i], s[i+h])
		}
		s = next
	}
	v := s[0]
	for n := k.t.width / 2; n > 0; n /= 2 {
		v = k.add(v, k.swap(v, n))
	}
	return v
}

// treeMax is treeSum for maxima. Only lane 0 is combined in the order of the
// contract (a maximum of zeros depends on it), so it is copied to all lanes.
func (k *kernel) treeMax(s []*value) *value {
	for len(s) > 1 {
		h := len(s) / 2
		next := make([]*value, h)
		for i := range next {
			next[i] = k.larger(s[i], s[i+h])
		}
		s = next
	}
	v := s[0]
	for n := k.t.width / 2; n > 0; n /= 2 {
		v = k.larger(v, k.swap(v, n))
	}
	return k.lane0(v)
}

// larger is "v > m ? v : m".
func (k *kernel) larger(m, v *value) *value { return k.choose(k.greater(v, m), v, m) }
