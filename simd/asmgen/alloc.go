package main

import "slices"

// finish assigns registers to values. The most used constants are kept in
// registers as long as there are free ones. The others become memory operands
// or are loaded where they are used. It reports whether the registers suffice.
func (k *kernel) finish() bool {
	depth := 0
	for _, in := range k.code {
		switch in.op {
		case opLoop, opTimes:
			depth++
		case opLoopEnd, opTimesEnd:
			depth--
		}
		for i, s := range in.src {
			if s.konst != nil {
				weight := 1
				for range depth {
					weight *= 4
				}
				if !k.foldable(in, i) { // would cost an instruction
					weight *= 2
				}
				s.konst.uses += weight
			}
		}
	}
	kept := slices.Clone(k.consts)
	slices.SortStableFunc(kept, func(a, b *constant) int { return b.uses - a.uses })
	if depth := k.loops(); depth == 0 {
		kept = nil
	}
	plain := k.code
	for {
		k.code = k.withConstants(plain, kept)
		if k.allocate() {
			return true
		}
		if len(kept) == 0 {
			return false
		}
		kept = kept[:len(kept)-1]
	}
}

func (k *kernel) loops() int {
	n := 0
	for _, in := range k.code {
		if in.op == opLoop || in.op == opTimes {
			n++
		}
	}
	return n
}

// foldable reports whether source i of an instruction may be a constant in
// memory if no other source is.
func (k *kernel) foldable(in *instr, i int) bool {
	if !k.t.folds || len(in.src[i].konst.bits) > 1 {
		return false
	}
	switch in.op {
	case opAdd, opMul, opAnd, opOr, opXor, opIAdd, opFMA, opFNMA:
		return true
	case opSub, opDiv, opISub, opGreater:
		return i == 1
	case opSelect:
		return i == 1
	}
	return false
}

// withConstants returns the code with loads of the kept constants at the start,
// and of the others where a memory operand is not possible.
func (k *kernel) withConstants(code []*instr, kept []*constant) []*instr {
	var out []*instr
	regs := map[*constant]*value{}
	for _, c := range kept {
		v := &value{name: c.name, reg: -1}
		regs[c] = v
		out = append(out, &instr{op: opConst, dst: []*value{v}, src: []*value{c.v}})
	}
	for _, in := range code {
		c := *in
		c.src = slices.Clone(in.src)
		c.dst = slices.Clone(in.dst)
		folded := false
		loaded := map[*constant]*value{}
		for i, s := range c.src {
			if s.konst == nil || c.op == opConst {
				continue
			}
			switch v, ok := regs[s.konst]; {
			case ok:
				c.src[i] = v
			case loaded[s.konst] != nil:
				c.src[i] = loaded[s.konst]
			case !folded && k.foldable(&c, i):
				folded = true
			default:
				v := &value{name: s.name, reg: -1}
				loaded[s.konst] = v
				out = append(out, &instr{op: opConst, dst: []*value{v}, src: []*value{s}})
				c.src[i] = v
			}
		}
		out = append(out, &c)
	}
	return out
}

// allocate assigns registers along the code and reports whether they suffice.
func (k *kernel) allocate() bool {
	k.liveness()
	free := [2][]int{}
	for i := k.t.vectors - 1; i >= 0; i-- {
		free[0] = append(free[0], i)
	}
	for i := k.t.masks; i > 0; i-- { // K1 and up; K0 means "no mask"
		free[1] = append(free[1], i)
	}
	class := func(v *value) int {
		if v.mask && k.t.masks > 0 {
			return 1
		}
		return 0
	}
	take := func(v *value, prefer []*value) bool {
		f := &free[class(v)]
		if len(*f) == 0 {
			return false
		}
		at := len(*f) - 1
		for _, p := range prefer {
			if i := slices.Index(*f, p.reg); i >= 0 && p.konst == nil && class(p) == class(v) {
				at = i
				break
			}
		}
		v.reg = (*f)[at]
		*f = slices.Delete(*f, at, at+1)
		return true
	}
	for pos, in := range k.code {
		define := func(prefer []*value) bool {
			for _, d := range in.dst {
				if d.reg < 0 && !take(d, prefer) {
					return false
				}
			}
			return true
		}
		// The result may take the register of a source that is not used later
		// if the instruction reads it before it writes.
		reuse := k.t.reusable(in)
		var dying []*value
		for _, s := range in.src {
			if s.konst == nil && s.last == pos && !slices.Contains(dying, s) && !slices.Contains(in.dst, s) {
				dying = append(dying, s)
			}
		}
		giveBack := func(v *value) {
			free[class(v)] = append(free[class(v)], v.reg)
		}
		for _, s := range dying {
			if slices.Contains(reuse, s) {
				giveBack(s)
			}
		}
		if !define(reuse) {
			return false
		}
		for _, s := range dying {
			if !slices.Contains(reuse, s) {
				giveBack(s)
			}
		}
		for _, d := range in.dst {
			if d.last <= pos {
				giveBack(d)
			}
		}
	}
	return true
}

// liveness finds the first and last position of every value. A value that is
// defined before a loop and used in it lives until the loop ends.
func (k *kernel) liveness() {
	type span struct{ begin, end int }
	var spans []span
	var open []int
	for pos, in := range k.code {
		switch in.op {
		case opLoop, opTimes:
			open = append(open, pos)
		case opLoopEnd, opTimesEnd:
			spans = append(spans, span{open[len(open)-1], pos})
			open = open[:len(open)-1]
		}
		for _, v := range append(slices.Clone(in.src), in.dst...) {
			v.reg, v.first, v.last = -1, -1, -1
		}
	}
	for pos, in := range k.code {
		touch := func(v *value) {
			if v.first < 0 {
				v.first = pos
			}
			v.last = max(v.last, pos)
			for _, s := range spans {
				if s.begin < pos && pos < s.end && v.first < s.begin {
					v.last = max(v.last, s.end)
				}
			}
		}
		for _, v := range in.src {
			if v.konst == nil {
				touch(v)
			}
		}
		for _, v := range in.dst {
			touch(v)
		}
	}
}
