package simd

// Add sets dst[i] = a[i] + b[i].
func Add(dst, a, b []float32) { mapTwo("Add", use().add, dst, a, b) }

// Sub sets dst[i] = a[i] - b[i].
func Sub(dst, a, b []float32) { mapTwo("Sub", use().sub, dst, a, b) }

// Mul sets dst[i] = a[i] * b[i].
func Mul(dst, a, b []float32) { mapTwo("Mul", use().mul, dst, a, b) }

// GeluGrad sets dst[i] = dy[i] * gelu'(x[i]), with gelu' as in
// exact.GeluGrad32.
func GeluGrad(dst, dy, x []float32) { mapTwo("GeluGrad", use().geluGrad, dst, dy, x) }

// Exp sets dst[i] = e^x[i], as exact.Exp32.
func Exp(dst, x []float32) { mapOne("Exp", use().exp, dst, x) }

// Gelu sets dst[i] = x[i]*Phi(x[i]), as exact.Gelu32.
func Gelu(dst, x []float32) { mapOne("Gelu", use().gelu, dst, x) }

// Fill sets every element of dst to v.
func Fill(dst []float32, v float32) {
	for i := range dst {
		dst[i] = v
	}
}

// Scale sets dst[i] = a[i] * s.
func Scale(dst, a []float32, s float32) {
	need("Scale", "a", len(a), len(dst))
	n := whole(len(dst))
	use().scale(dst[:n], a[:n], s)
	if n < len(dst) {
		t := newTail(a[n:], nil, nil)
		use().scale(t.d[:], t.a[:], s)
		t.finish(dst[n:])
	}
}

// AddScaled sets dst[i] = fma(b[i], s, a[i]).
func AddScaled(dst, a []float32, s float32, b []float32) {
	need("AddScaled", "a", len(a), len(dst))
	need("AddScaled", "b", len(b), len(dst))
	n := whole(len(dst))
	use().addScaled(dst[:n], a[:n], s, b[:n])
	if n < len(dst) {
		t := newTail(a[n:], b[n:], nil)
		use().addScaled(t.d[:], t.a[:], s, t.b[:])
		t.finish(dst[n:])
	}
}

// Normalize sets dst[i] = (x[i] - mean) / std, as in image normalisation.
func Normalize(dst, x []float32, mean, std float32) {
	need("Normalize", "x", len(x), len(dst))
	n := whole(len(dst))
	use().normalize(dst[:n], x[:n], mean, std)
	if n < len(dst) {
		t := newTail(x[n:], nil, nil)
		use().normalize(t.d[:], t.a[:], mean, std)
		t.finish(dst[n:])
	}
}

func mapOne(fn string, k func(dst, x []float32), dst, x []float32) {
	need(fn, "x", len(x), len(dst))
	n := whole(len(dst))
	k(dst[:n], x[:n])
	if n < len(dst) {
		t := newTail(x[n:], nil, nil)
		k(t.d[:], t.a[:])
		t.finish(dst[n:])
	}
}

func mapTwo(fn string, k func(dst, a, b []float32), dst, a, b []float32) {
	need(fn, "first source", len(a), len(dst))
	need(fn, "second source", len(b), len(dst))
	n := whole(len(dst))
	k(dst[:n], a[:n], b[:n])
	if n < len(dst) {
		t := newTail(a[n:], b[n:], nil)
		k(t.d[:], t.a[:], t.b[:])
		t.finish(dst[n:])
	}
}
