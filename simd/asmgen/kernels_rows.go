package main

// Kernels over rows: column sums and softmax.

var rowSpecs = []spec{
	{"columnSum", "s := 0; for r in rows { s += x[r*ld+i] }; acc[i] += s",
		append(sliceArgs("acc", "x"), arg{"rows", "int"}, arg{"ld", "int"}), columnSum},
	{"softmax", "the sequence of SoftmaxRows",
		append(sliceArgs("x"), arg{"rows", "int"}, arg{"mask", "*rowMask"}, arg{"s", "float32"}), func(k *kernel) { softmax(k, 1) }},
	{"softmaxPairs", "the sequence of SoftmaxRows on two times pairs rows",
		append(sliceArgs("x"), arg{"pairs", "int"}, arg{"mask", "*rowMask"}, arg{"s", "float32"}), func(k *kernel) { softmax(k, 2) }},
	{"softmaxGrad", "the sequence of SoftmaxGradRows",
		append(sliceArgs("dst", "p", "dp"), arg{"rows", "int"}, arg{"mask", "*rowMask"}, arg{"s", "float32"}), softmaxGrad},
}

// columnSum keeps the sums of sixteen columns in registers while it loops over
// the rows.
func columnSum(k *kernel) {
	acc, x := k.ptr("acc"), k.ptr("x")
	n := k.bytes("acc")
	rows, ld := k.integer("rows"), k.elements("ld")
	k.each(n, 4*lanes, func(i *gp) {
		var sums []*value
		for range k.groups() {
			sums = append(sums, k.variable("sum", k.f(0)))
		}
		row, left := k.copyGP(x), k.copyGP(rows)
		k.times(left, func() {
			for g, s := range sums {
				k.set(s, k.add(s, k.load(k.group(at(row, i), g))))
			}
			k.advance(row, ld)
		})
		for g, s := range sums {
			m := k.group(at(acc, i), g)
			k.store(m, k.add(k.load(m), s))
		}
		k.release(row)
		k.release(left)
	})
}

// Layout of a rowMask.
const (
	maskBytes = 0
	maskLast  = 16
)

// rowBlocks runs body over the groups of sixteen elements of a row, the last of
// which has a mask of the elements that exist; mask is nil for the others.
func (k *kernel) rowBlocks(bytes, maskPtr *gp, body func(g int, i *gp, mask *value)) {
	k.each(bytes, 4*lanes, func(i *gp) {
		n := min(k.chains, k.groups())
		for first := 0; first < k.groups(); first += n {
			k.interleave(n, func(j int) { body(first+j, i, nil) })
		}
	})
	for g := range k.groups() {
		m := k.op(opToMask, 0, k.load(k.group(mem{ptr: maskPtr, disp: maskLast}, g)))
		body(g, bytes, k.named(m, "exists"))
	}
}

// lanesOf starts sixteen lanes at a constant.
func (k *kernel) lanesOf(name string, start *value) []*value {
	var out []*value
	for range k.groups() {
		out = append(out, k.variable(name, start))
	}
	return out
}

// softmax processes count rows at a time. The rows of attention are short, and
// most of the time of one row is the latency of its maximum and its sum.
func softmax(k *kernel, count int) {
	x, rows, mask := k.ptr("x"), k.integer(k.spec.args[1].name), k.ptr("mask")
	body := k.field(mask, "mask.bytes", maskBytes)
	scale := k.scalar("s")
	next := func(p *gp) {
		k.advance(p, body)
		k.advanceBy(p, 4*lanes)
	}
	k.times(rows, func() {
		row := []*gp{x}
		for len(row) < count {
			row = append(row, k.copyGP(row[len(row)-1]))
			next(row[len(row)-1])
		}
		each := func(f func(r int)) {
			for r := range row {
				f(r)
			}
		}
		maxima, sums := make([][]*value, count), make([][]*value, count)
		m, inverse := make([]*value, count), make([]*value, count)
		each(func(r int) { maxima[r] = k.lanesOf("max", k.i(0xFF800000)) })
		k.rowBlocks(body, mask, func(g int, i *gp, exists *value) {
			each(func(r int) {
				s := k.mul(k.load(k.group(at(row[r], i), g)), scale)
				if exists != nil {
					s = k.choose(exists, s, k.i(0xFF800000))
				}
				k.set(maxima[r][g], k.larger(maxima[r][g], s))
			})
		})
		each(func(r int) { m[r] = k.named(k.treeMax(maxima[r]), "m") })
		each(func(r int) { sums[r] = k.lanesOf("Z", k.f(0)) })
		k.rowBlocks(body, mask, func(g int, i *gp, exists *value) {
			each(func(r int) {
				place := k.group(at(row[r], i), g)
				e := k.exp(k.sub(k.mul(k.load(place), scale), m[r]), true)
				if exists != nil {
					e = k.choose(exists, e, k.f(0))
				}
				k.store(place, e)
				k.set(sums[r][g], k.add(sums[r][g], e))
			})
		})
		each(func(r int) { inverse[r] = k.named(k.div(k.f(1), k.treeSum(sums[r])), "1/Z") })
		k.rowBlocks(body, mask, func(g int, i *gp, exists *value) {
			each(func(r int) {
				place := k.group(at(row[r], i), g)
				p := k.mul(k.load(place), inverse[r])
				if exists != nil {
					p = k.choose(exists, p, k.f(0))
				}
				k.store(place, p)
			})
		})
		each(func(r int) {
			next(x)
			if r > 0 {
				k.release(row[r])
			}
		})
	})
}

func softmaxGrad(k *kernel) {
	dst, p, dp := k.ptr("dst"), k.ptr("p"), k.ptr("dp")
	rows, mask := k.integer("rows"), k.ptr("mask")
	body := k.field(mask, "mask.bytes", maskBytes)
	scale := k.scalar("s")
	k.times(rows, func() {
		sums := k.lanesOf("dot", k.f(0))
		k.rowBlocks(body, mask, func(g int, i *gp, exists *value) {
			s := k.fma(k.load(k.group(at(p, i), g)), k.load(k.group(at(dp, i), g)), sums[g])
			if exists != nil {
				s = k.choose(exists, s, sums[g])
			}
			k.set(sums[g], s)
		})
		d := k.named(k.treeSum(sums), "d")
		k.rowBlocks(body, mask, func(g int, i *gp, exists *value) {
			t := k.sub(k.load(k.group(at(dp, i), g)), d)
			t = k.mul(k.mul(k.load(k.group(at(p, i), g)), t), scale)
			if exists != nil {
				t = k.choose(exists, t, k.f(0))
			}
			k.store(k.group(at(dst, i), g), t)
		})
		for _, q := range []*gp{dst, p, dp} {
			k.advance(q, body)
			k.advanceBy(q, 4*lanes)
		}
	})
}
