package main

var randomSpecs = []spec{
	{"uniform", "philox.Uniform of the words of the block of each lane",
		append(sliceArgs("dst"), arg{"c", "*counter"}), func(k *kernel) {
			randomFill(k, nil, func(_ *gp, w [4]*value) [4]*value { return k.uniforms(w) })
		}},
	{"gaussian", "boxMuller of the uniforms of the block of each lane",
		append(sliceArgs("dst"), arg{"c", "*counter"}), func(k *kernel) {
			randomFill(k, nil, func(_ *gp, w [4]*value) [4]*value { return k.gaussians(k.uniforms(w)) })
		}},
	{"addGaussian", "dst[i] = fma(sigma, g[i], x[i])",
		append(sliceArgs("dst", "x"), arg{"sigma", "float32"}, arg{"c", "*counter"}), func(k *kernel) {
			x, sigma := k.ptr("x"), k.scalar("sigma")
			randomFill(k, func(place mem, v *value) *value {
				place.ptr = x
				return k.fma(sigma, v, k.load(place))
			}, func(_ *gp, w [4]*value) [4]*value { return k.gaussians(k.uniforms(w)) })
		}},
	{"words", "the words of the block of each lane",
		[]arg{{"dst", "[]uint32"}, {"c", "*counter"}}, func(k *kernel) {
			randomFill(k, nil, func(_ *gp, w [4]*value) [4]*value { return w })
		}},
}

// gaussians is boxMuller on both pairs of uniforms.
func (k *kernel) gaussians(u [4]*value) [4]*value {
	var out [4]*value
	for p := 0; p < 4; p += 2 {
		r := k.sqrt(k.mul(k.log(u[p]), k.f(-2)))
		sin, cos := k.sinCos(u[p+1])
		out[p], out[p+1] = k.mul(r, cos), k.mul(r, sin)
	}
	return out
}

// randomFill writes sixteen Philox blocks per iteration: word w of the block of
// lane l belongs to element 16*w + l.
func randomFill(k *kernel, combine func(place mem, v *value) *value, turn func(i *gp, w [4]*value) [4]*value) {
	dst, c := k.ptr("dst"), k.ptr("c")
	n := k.bytes("dst")
	word := func(i int, name string) *value { return k.named(k.splat(mem{ptr: c, disp: 4 * i}), name) }
	positions := make([]*value, k.groups())
	for g := range positions {
		positions[g] = k.variable("position", k.iadd(word(2, "c0"), k.laneNumbers(g)))
	}
	k.each(n, 4*lanes*4, func(i *gp) {
		for g, position := range positions {
			u := turn(i, k.philox(position, word))
			k.set(position, k.iadd(position, k.i(lanes)))
			for w, v := range u {
				place := mem{ptr: dst, index: i, disp: 4 * lanes * w}
				place = k.group(place, g)
				if combine != nil {
					v = combine(place, v)
				}
				k.store(place, v)
			}
		}
	})
}

// uniforms is philox.Uniform on each word.
func (k *kernel) uniforms(c [4]*value) [4]*value {
	for w := range c {
		u := k.add(k.float(k.shr(c[w], 9)), k.f(0.5))
		c[w] = k.named(k.mul(u, k.f(1.0/(1<<23))), "u")
	}
	return c
}

// philox is philox.Block.
func (k *kernel) philox(position *value, word func(i int, name string) *value) [4]*value {
	k0, k1 := word(0, "k0"), word(1, "k1")
	c := [4]*value{position, word(3, "c1"), word(4, "c2"), word(5, "c3")}
	for round := range 10 {
		if round > 0 {
			k0 = k.iadd(k0, k.i(0x9E3779B9))
			k1 = k.iadd(k1, k.i(0xBB67AE85))
		}
		h0, l0 := k.mulHiLo(c[0], k.i(0xD2511F53))
		h1, l1 := k.mulHiLo(c[2], k.i(0xCD9E8D57))
		c = [4]*value{k.xor(k.xor(h1, c[1]), k0), l1, k.xor(k.xor(h0, c[3]), k1), l0}
	}
	return c
}
