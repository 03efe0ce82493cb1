package main

// Epilogues of a matrix product: kernels over a block of rows of its result,
// with the bias of sixteen columns in registers.

var epilogueSpecs = []spec{
	{"bias", "dst[r*ld+i] += bias[i], r < rows",
		append(sliceArgs("dst", "bias"), arg{"rows", "int"}, arg{"ld", "int"}),
		func(k *kernel) {
			epilogue(k, "", func(sum *value, _ mem) *value { return sum })
		}},
	{"biasGelu", "dst[r*ld+i] = exact.Gelu32(dst[r*ld+i] + bias[i]), r < rows",
		append(sliceArgs("dst", "bias"), arg{"rows", "int"}, arg{"ld", "int"}),
		func(k *kernel) {
			epilogue(k, "", func(sum *value, _ mem) *value { return k.gelu(sum) })
		}},
	{"biasPreGelu", "pre[r*ldp+i] = dst[r*ld+i] + bias[i]; dst[r*ld+i] = exact.Gelu32(pre[r*ldp+i]), r < rows",
		append(sliceArgs("dst", "bias", "pre"), arg{"rows", "int"}, arg{"ld", "int"}, arg{"ldp", "int"}),
		func(k *kernel) {
			epilogue(k, "pre", func(sum *value, place mem) *value {
				k.store(place, sum)
				return k.gelu(sum)
			})
		}},
	{"biasResidual", "dst[r*ld+i] = (dst[r*ld+i]+bias[i])*s + res[r*ldr+i], r < rows",
		append(append(sliceArgs("dst", "bias"), arg{"s", "float32"}), append(sliceArgs("res"), arg{"rows", "int"}, arg{"ld", "int"}, arg{"ldr", "int"})...),
		func(k *kernel) {
			s := k.scalar("s")
			epilogue(k, "res", func(sum *value, place mem) *value { return k.add(k.mul(sum, s), k.load(place)) })
		}},
}

// epilogue loops over the rows with sixteen columns at a time and stores the
// result of finish for each sum. place is the address of the element of the
// matrix named other, if there is one.
func epilogue(k *kernel, other string, finish func(sum *value, place mem) *value) {
	dst, bias := k.ptr("dst"), k.ptr("bias")
	n := k.bytes("bias")
	rows, ld := k.integer("rows"), k.elements("ld")
	var second, ldSecond *gp
	if other != "" {
		second, ldSecond = k.ptr(other), k.elements("ld"+other[:1])
	}
	k.each(n, 4*lanes, func(i *gp) {
		var biases []*value
		for g := range k.groups() {
			biases = append(biases, k.named(k.load(k.group(at(bias, i), g)), "bias"))
		}
		row, left := k.copyGP(dst), k.copyGP(rows)
		var row2 *gp
		if second != nil {
			row2 = k.copyGP(second)
		}
		k.times(left, func() {
			chains := min(k.chains, k.groups())
			for first := 0; first < k.groups(); first += chains {
				k.interleave(chains, func(j int) {
					g := first + j
					var place mem
					if row2 != nil {
						place = k.group(at(row2, i), g)
					}
					sum := k.named(k.add(k.load(k.group(at(row, i), g)), biases[g]), "sum")
					k.store(k.group(at(row, i), g), finish(sum, place))
				})
			}
			k.advance(row, ld)
			if row2 != nil {
				k.advance(row2, ldSecond)
			}
		})
		k.release(row)
		k.release(left)
		if row2 != nil {
			k.release(row2)
		}
	})
}
