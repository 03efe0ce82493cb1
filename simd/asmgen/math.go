package main

// The elementary functions, operation for operation as in package exact, which
// explains each name and constant.

const (
	roundMagic     = 0x1.8p23
	roundMagicBits = 0x4B400000
	log2E          = 0x1.715476p+0
	ln2Hi          = 0x1.62e430p-1
	ln2Lo          = -0x1.05c610p-29

	sqrtHalf     = 0x1.6a09e6p-1
	invSqrt2P    = 0x1.988454p-2
	sqrtHalfBits = 0x3F3504F3
	twoPiHi      = 0x1.921fb6p+2
	twoPiLo      = -0x1.777a5cp-23
)

// Coefficients, the highest power first.
var (
	expCoefficients = []float32{0x1.6a4f2ep-10, 0x1.123986p-7, 0x1.5558aep-5, 0x1.555492p-3, 0x1.fffffcp-2, 1, 1}
	logCoefficients = []float32{-0x1.38aadcp-4, 0x1.055d28p-3, -0x1.0d86d0p-3, 0x1.22d956p-3, -0x1.547212p-3, 0x1.99a01cp-3, -0x1.000228p-2, 0x1.555554p-2}
	sinCoefficients = []float32{-0x1.2ddcecp+6, 0x1.46607ep+6, -0x1.4abbc0p+5, twoPiLo}
	cosCoefficients = []float32{0x1.d4e420p+5, -0x1.55b29ap+6, 0x1.03c1b0p+6, -0x1.3bd3ccp+4, 1}
	erfSmall        = []float32{-0x1.36bc58p-11, 0x1.466eccp-8, -0x1.b66a2ap-6, 0x1.ce185cp-4, -0x1.8126dcp-2, 0x1.06eba6p-3}
	erfLarge        = []float32{0x1.969c62p-13, -0x1.8c3b82p-9, 0x1.6ad70cp-6, -0x1.a90346p-4, -0x1.465614p-1, -0x1.20a7cap+0, -0x1.d53fc6p-13}
)

// horner evaluates a polynomial by fused multiply-adds.
func (k *kernel) horner(c []float32, x *value) *value {
	p := k.f(c[0])
	for _, a := range c[1:] {
		p = k.fma(p, x, k.f(a))
	}
	return p
}

// reduceExp is exact.reduceExp.
func (k *kernel) reduceExp(x *value) (n, r *value) {
	t := k.fma(x, k.f(log2E), k.f(roundMagic))
	f := k.sub(t, k.f(roundMagic))
	r = k.fma(f, k.f(-ln2Hi), x)
	r = k.named(k.fma(f, k.f(-ln2Lo), r), "r")
	return k.named(k.isub(t, k.i(roundMagicBits)), "n"), r
}

// pow2 is exact.pow2.
func (k *kernel) pow2(n *value) *value { return k.shl(k.iadd(n, k.i(127)), 23) }

// exp is exact.Exp32; below omits the upper bound, for arguments that are never
// positive.
func (k *kernel) exp(x *value, below bool) *value {
	y := x
	if !below {
		y = k.choose(k.greater(x, k.f(89)), k.f(89), x)
	}
	n, r := k.reduceExp(y)
	p := k.horner(expCoefficients, r)
	half := k.sar(n, 1)
	p = k.mul(p, k.pow2(half))
	p = k.mul(p, k.pow2(k.isub(n, half)))
	low := k.f(-87.34)
	return k.choose(k.less(x, low), k.f(0), p)
}

// less is "x < c" for a constant c.
func (k *kernel) less(x, c *value) *value { return k.greater(c, x) }

// erf is exact.Erf32.
func (k *kernel) erf(x *value) *value {
	z := k.mul(x, x)
	s := k.horner(erfSmall, z)
	s = k.named(k.fma(s, x, x), "small")
	t := k.named(k.and(x, k.i(0x7FFFFFFF)), "|x|")
	y := k.choose(k.greater(t, k.f(4)), k.f(4), t)
	g := k.horner(erfLarge, y)
	n, r := k.reduceExp(g)
	e := k.mul(k.horner(expCoefficients, r), k.pow2(n))
	l := k.sub(k.f(1), e)
	l = k.named(k.or(l, k.and(x, k.i(0x80000000))), "large")
	return k.choose(k.greater(t, k.f(0.9375)), l, s)
}

// normalCDF is exact.NormalCDF32.
func (k *kernel) normalCDF(x *value) *value {
	return k.fma(k.f(0.5), k.erf(k.mul(x, k.f(sqrtHalf))), k.f(0.5))
}

// gelu is exact.Gelu32, geluGrad exact.GeluGrad32.
func (k *kernel) gelu(x *value) *value { return k.mul(x, k.normalCDF(x)) }

func (k *kernel) geluGrad(x *value) *value {
	cdf := k.normalCDF(x)
	w := k.mul(k.mul(x, x), k.f(-0.5))
	d := k.mul(k.exp(w, true), k.f(invSqrt2P))
	return k.fma(x, d, cdf)
}

// log is exact.LogOpen32, for normal x of the open interval (0,1).
func (k *kernel) log(x *value) *value {
	i := k.isub(x, k.i(sqrtHalfBits))
	e := k.float(k.sar(i, 23))
	m := k.iadd(k.and(i, k.i(1<<23-1)), k.i(sqrtHalfBits))
	f := k.named(k.sub(m, k.f(1)), "f")
	z := k.mul(f, f)
	q := k.horner(logCoefficients, f)
	y := k.mul(k.mul(f, z), q)
	y = k.fma(e, k.f(ln2Lo), y)
	y = k.fma(k.f(-0.5), z, y)
	y = k.add(f, y)
	return k.named(k.fma(e, k.f(ln2Hi), y), "log")
}

// sinCos is exact.SinCos2Pi32.
func (k *kernel) sinCos(u *value) (sin, cos *value) {
	t := k.fma(u, k.f(4), k.f(roundMagic))
	r := k.fma(k.sub(t, k.f(roundMagic)), k.f(-0.25), u)
	z := k.mul(r, r)
	w := k.mul(k.horner(sinCoefficients, z), r)
	s := k.fma(r, k.f(twoPiHi), w)
	c := k.horner(cosCoefficients, z)
	odd := k.bit0(t)
	sin, cos = k.choose(odd, c, s), k.choose(odd, s, c)
	sin = k.xor(sin, k.shl(k.and(t, k.i(2)), 30))
	cos = k.xor(cos, k.shl(k.and(k.iadd(t, k.i(1)), k.i(2)), 30))
	return k.named(sin, "sin"), k.named(cos, "cos")
}
