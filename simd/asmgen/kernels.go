package main

// Elementwise kernels and reductions of one dimension.

// specs lists all kernels in the order they are written.
var specs = concat(elementwiseSpecs, epilogueSpecs, reductionSpecs, rowSpecs, layerNormSpecs, randomSpecs)

func concat(lists ...[]spec) []spec {
	var all []spec
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// elementwise describes a kernel that computes dst[i] from the same element of
// its sources. Light ones process sixteen elements per iteration.
func elementwise(name, doc string, args []arg, light bool, body func(k *kernel, scalars []*value, in func(i int) *value) *value) spec {
	return spec{name, doc, args, func(k *kernel) {
		dst := k.ptr("dst")
		n := k.bytes("dst")
		var sources []*gp
		var scalars []*value
		for _, a := range args[1:] {
			if a.typ == "float32" {
				scalars = append(scalars, k.scalar(a.name))
			} else {
				sources = append(sources, k.ptr(a.name))
			}
		}
		groups := min(k.chains, k.groups())
		if light {
			groups = k.groups()
		}
		k.each(n, 4*k.t.width*groups, func(i *gp) {
			k.interleave(groups, func(g int) {
				in := func(s int) *value {
					return k.named(k.load(k.group(at(sources[s], i), g)), sources[s].name)
				}
				k.store(k.group(at(dst, i), g), body(k, scalars, in))
			})
		})
	}}
}

var elementwiseSpecs = []spec{
	elementwise("add", "dst[i] = a[i] + b[i]", sliceArgs("dst", "a", "b"), true,
		func(k *kernel, _ []*value, in func(int) *value) *value { return k.add(in(0), in(1)) }),
	elementwise("sub", "dst[i] = a[i] - b[i]", sliceArgs("dst", "a", "b"), true,
		func(k *kernel, _ []*value, in func(int) *value) *value { return k.sub(in(0), in(1)) }),
	elementwise("mul", "dst[i] = a[i] * b[i]", sliceArgs("dst", "a", "b"), true,
		func(k *kernel, _ []*value, in func(int) *value) *value { return k.mul(in(0), in(1)) }),
	elementwise("scale", "dst[i] = a[i] * s", append(sliceArgs("dst", "a"), arg{"s", "float32"}), true,
		func(k *kernel, s []*value, in func(int) *value) *value { return k.mul(in(0), s[0]) }),
	elementwise("addScaled", "dst[i] = fma(b[i], s, a[i])", append(append(sliceArgs("dst", "a"), arg{"s", "float32"}), sliceArgs("b")...), true,
		func(k *kernel, s []*value, in func(int) *value) *value { return k.fma(in(1), s[0], in(0)) }),
	elementwise("normalize", "dst[i] = (x[i] - mean) / std", append(sliceArgs("dst", "x"), arg{"mean", "float32"}, arg{"std", "float32"}), true,
		func(k *kernel, s []*value, in func(int) *value) *value { return k.div(k.sub(in(0), s[0]), s[1]) }),
	elementwise("exp", "dst[i] = exact.Exp32(x[i])", sliceArgs("dst", "x"), false,
		func(k *kernel, _ []*value, in func(int) *value) *value { return k.exp(in(0), false) }),
	elementwise("gelu", "dst[i] = exact.Gelu32(x[i])", sliceArgs("dst", "x"), false,
		func(k *kernel, _ []*value, in func(int) *value) *value { return k.gelu(in(0)) }),
	elementwise("geluGrad", "dst[i] = dy[i] * exact.GeluGrad32(x[i])", sliceArgs("dst", "dy", "x"), false,
		func(k *kernel, _ []*value, in func(int) *value) *value {
			grad := k.geluGrad(in(1))
			return k.mul(in(0), grad)
		}),
	{"adamW", "the sequence of AdamWStep", append(sliceArgs("p", "m", "v", "g"), arg{"h", "*AdamW"}), adamW},
}

func adamW(k *kernel) {
	p, m, v, g, h := k.ptr("p"), k.ptr("m"), k.ptr("v"), k.ptr("g"), k.ptr("h")
	n := k.bytes("p")
	names := []string{"gradScale", "decay", "beta1", "1-beta1", "beta2", "1-beta2", "step", "sqrtBias2", "eps"}
	var c []*value
	for i, name := range names {
		c = append(c, k.named(k.splat(mem{ptr: h, disp: 4 * i}), name))
	}
	k.each(n, 4*k.t.width, func(i *gp) {
		w := k.named(k.mul(k.load(at(g, i)), c[0]), "w")
		mi := k.named(k.fma(w, c[3], k.mul(k.load(at(m, i)), c[2])), "m")
		k.store(at(m, i), mi)
		vi := k.named(k.fma(k.mul(w, c[5]), w, k.mul(k.load(at(v, i)), c[4])), "v")
		k.store(at(v, i), vi)
		d := k.add(k.div(k.sqrt(vi), c[7]), c[8])
		decayed := k.mul(k.load(at(p, i)), c[1])
		k.store(at(p, i), k.sub(decayed, k.div(k.mul(mi, c[6]), d)))
	})
}

// reduction describes a kernel that accumulates elements in sixteen lanes.
func reduction(name, doc string, sources []string, enter func(k *kernel, acc *value, in []*value) *value) spec {
	args := append([]arg{{"acc", "*[16]float32"}}, sliceArgs(sources...)...)
	return spec{name, doc, args, func(k *kernel) {
		acc := k.ptr("acc")
		var ptrs []*gp
		for _, s := range sources {
			ptrs = append(ptrs, k.ptr(s))
		}
		n := k.bytes(sources[0])
		var sums []*value
		for g := range k.groups() {
			sums = append(sums, k.variable("acc", k.load(k.group(mem{ptr: acc}, g))))
		}
		k.each(n, 4*lanes, func(i *gp) {
			for g, s := range sums {
				var in []*value
				for _, p := range ptrs {
					in = append(in, k.named(k.load(k.group(at(p, i), g)), p.name))
				}
				k.set(s, enter(k, s, in))
			}
		})
		for g, s := range sums {
			k.store(k.group(mem{ptr: acc}, g), s)
		}
	}}
}

var reductionSpecs = []spec{
	reduction("sum", "acc[i%16] += x[i]", []string{"x"},
		func(k *kernel, acc *value, in []*value) *value { return k.add(acc, in[0]) }),
	reduction("sumSquares", "acc[i%16] = fma(x[i], x[i], acc[i%16])", []string{"x"},
		func(k *kernel, acc *value, in []*value) *value { return k.fma(in[0], in[0], acc) }),
	reduction("max", "if x[i] > acc[i%16] { acc[i%16] = x[i] }", []string{"x"},
		func(k *kernel, acc *value, in []*value) *value { return k.larger(acc, in[0]) }),
	reduction("dot", "acc[i%16] = fma(a[i], b[i], acc[i%16])", []string{"a", "b"},
		func(k *kernel, acc *value, in []*value) *value { return k.fma(in[0], in[1], acc) }),
	reduction("squaredDiff", "d := a[i] - b[i]; acc[i%16] = fma(d, d, acc[i%16])", []string{"a", "b"},
		func(k *kernel, acc *value, in []*value) *value {
			d := k.sub(in[0], in[1])
			return k.fma(d, d, acc)
		}),
}
