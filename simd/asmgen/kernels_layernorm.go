package main

var layerNormSpecs = []spec{
	{"layerNorm", "the sequence of LayerNormRows",
		append(sliceArgs("y", "mean", "rstd", "x", "gamma", "beta"), arg{"eps", "float32"}), layerNorm},
	{"layerNormGradX", "the sequence of LayerNormGradX",
		sliceArgs("dx", "dy", "x", "mean", "rstd", "gamma"), func(k *kernel) { layerNormGradX(k, false) }},
	{"layerNormGradXAdd", "the sequence of LayerNormGradX, added to dx",
		sliceArgs("dx", "dy", "x", "mean", "rstd", "gamma"), func(k *kernel) { layerNormGradX(k, true) }},
	{"layerNormGradParams", "the sequence of LayerNormGradParams",
		sliceArgs("dgamma", "dbeta", "dy", "x", "mean", "rstd"), layerNormGradParams},
}

func layerNorm(k *kernel) {
	y, mean, rstd, x := k.ptr("y"), k.ptr("mean"), k.ptr("rstd"), k.ptr("x")
	gamma, beta := k.ptr("gamma"), k.ptr("beta")
	rows, width := k.count("mean"), k.count("gamma")
	n := k.named(k.float(k.splatInt(width)), "n")
	k.release(width)
	bytes := k.bytes("gamma")
	eps := k.scalar("eps")
	k.times(rows, func() {
		sums := k.lanesOf("sum", k.f(0))
		k.each(bytes, 4*lanes, func(i *gp) {
			for g, s := range sums {
				k.set(s, k.add(s, k.load(k.group(at(x, i), g))))
			}
		})
		m := k.named(k.div(k.treeSum(sums), n), "mean")
		k.store0(mem{ptr: mean}, m)
		squares := k.lanesOf("var", k.f(0))
		k.each(bytes, 4*lanes, func(i *gp) {
			for g, s := range squares {
				c := k.sub(k.load(k.group(at(x, i), g)), m)
				k.set(s, k.fma(c, c, s))
			}
		})
		v := k.div(k.treeSum(squares), n)
		r := k.named(k.div(k.f(1), k.sqrt(k.add(v, eps))), "rstd")
		k.store0(mem{ptr: rstd}, r)
		k.each(bytes, 4*lanes, func(i *gp) {
			for g := range k.groups() {
				h := k.mul(k.sub(k.load(k.group(at(x, i), g)), m), r)
				h = k.fma(k.load(k.group(at(gamma, i), g)), h, k.load(k.group(at(beta, i), g)))
				k.store(k.group(at(y, i), g), h)
			}
		})
		k.advance(x, bytes)
		k.advance(y, bytes)
		k.advanceBy(mean, 4)
		k.advanceBy(rstd, 4)
	})
}

func layerNormGradX(k *kernel, accumulate bool) {
	dx, dy, x := k.ptr("dx"), k.ptr("dy"), k.ptr("x")
	mean, rstd, gamma := k.ptr("mean"), k.ptr("rstd"), k.ptr("gamma")
	rows, width := k.count("mean"), k.count("gamma")
	n := k.named(k.float(k.splatInt(width)), "n")
	k.release(width)
	bytes := k.bytes("gamma")
	k.times(rows, func() {
		m, r := k.named(k.splat(mem{ptr: mean}), "mean"), k.named(k.splat(mem{ptr: rstd}), "rstd")
		terms := func(i *gp, g int) (grad, h *value) {
			grad = k.named(k.mul(k.load(k.group(at(dy, i), g)), k.load(k.group(at(gamma, i), g))), "g")
			h = k.named(k.mul(k.sub(k.load(k.group(at(x, i), g)), m), r), "h")
			return grad, h
		}
		sums, dots := k.lanesOf("sum", k.f(0)), k.lanesOf("dot", k.f(0))
		k.each(bytes, 4*lanes, func(i *gp) {
			for g := range k.groups() {
				grad, h := terms(i, g)
				k.set(sums[g], k.add(sums[g], grad))
				k.set(dots[g], k.fma(grad, h, dots[g]))
			}
		})
		a := k.named(k.div(k.treeSum(sums), n), "a")
		b := k.named(k.div(k.treeSum(dots), n), "b")
		k.each(bytes, 4*lanes, func(i *gp) {
			for g := range k.groups() {
				grad, h := terms(i, g)
				d := k.mul(k.fnma(h, b, k.sub(grad, a)), r)
				place := k.group(at(dx, i), g)
				if accumulate {
					d = k.add(k.load(place), d)
				}
				k.store(place, d)
			}
		})
		for _, p := range []*gp{dx, dy, x} {
			k.advance(p, bytes)
		}
		k.advanceBy(mean, 4)
		k.advanceBy(rstd, 4)
	})
}

// layerNormGradParams loops over the rows with sixteen columns in registers.
func layerNormGradParams(k *kernel) {
	dgamma, dbeta, dy, x := k.ptr("dgamma"), k.ptr("dbeta"), k.ptr("dy"), k.ptr("x")
	bytes := k.bytes("dgamma")
	k.each(bytes, 4*lanes, func(i *gp) {
		mean, rstd, left := k.ptr("mean"), k.ptr("rstd"), k.count("mean")
		row := k.copyGP(i)
		gammas, betas := k.lanesOf("s", k.f(0)), k.lanesOf("t", k.f(0))
		k.times(left, func() {
			m, r := k.named(k.splat(mem{ptr: mean}), "mean"), k.named(k.splat(mem{ptr: rstd}), "rstd")
			for g := range k.groups() {
				d := k.named(k.load(k.group(at(dy, row), g)), "dy")
				h := k.mul(k.sub(k.load(k.group(at(x, row), g)), m), r)
				k.set(gammas[g], k.fma(d, h, gammas[g]))
				k.set(betas[g], k.add(betas[g], d))
			}
			k.advance(row, bytes)
			k.advanceBy(mean, 4)
			k.advanceBy(rstd, 4)
		})
		for g := range k.groups() {
			for _, sum := range []struct {
				acc *gp
				s   *value
			}{{dgamma, gammas[g]}, {dbeta, betas[g]}} {
				place := k.group(at(sum.acc, i), g)
				k.store(place, k.add(k.load(place), sum.s))
			}
		}
		for _, r := range []*gp{mean, rstd, left, row} {
			k.release(r)
		}
	})
}
