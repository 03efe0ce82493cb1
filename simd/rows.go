package simd

// BiasRows adds bias [n] to each of rows rows of x [rows, n].
func BiasRows(x, bias []float32, rows, n int) {
	need("BiasRows", "x", len(x), rows*n)
	need("BiasRows", "bias", len(bias), n)
	biasRows(x, bias, rows, n)
}

// biasRows is BiasRows for rows that are ld apart.
func biasRows(x, bias []float32, rows, ld int) {
	w := whole(len(bias))
	if rows > 0 && w > 0 {
		use().bias(x, bias[:w], rows, ld)
	}
	if rows > 0 && w < len(bias) {
		biasGo(x[w:], bias[w:], rows, ld)
	}
}

// BiasResidualRows sets dst[r,i] = (dst[r,i] + bias[i])*scale + res[r,i], each
// step rounded, for dst and res [rows, n]: the end of a residual branch, with
// scale the drop-path factor of its sample (multiplying by 1 is exact).
func BiasResidualRows(dst, bias []float32, scale float32, res []float32, rows, n int) {
	need("BiasResidualRows", "dst", len(dst), rows*n)
	need("BiasResidualRows", "bias", len(bias), n)
	need("BiasResidualRows", "res", len(res), rows*n)
	biasResidualRows(dst, bias, scale, res, rows, n, n)
}

// biasResidualRows is BiasResidualRows for rows that are ld and ldr apart.
func biasResidualRows(dst, bias []float32, scale float32, res []float32, rows, ld, ldr int) {
	w := whole(len(bias))
	if rows > 0 && w > 0 {
		use().biasResidual(dst, bias[:w], scale, res, rows, ld, ldr)
	}
	if rows > 0 && w < len(bias) {
		biasResidualGo(dst[w:], bias[w:], scale, res[w:], rows, ld, ldr)
	}
}

// ColumnSum adds the sum over the rows of x to acc [n]. Row r of x is
// x[r*ld:r*ld+n]. Each column is one chain of additions from +0 in row order,
// whose result is then added to acc; a call is one sample of a bias gradient.
func ColumnSum(acc, x []float32, rows, ld int) {
	n := len(acc)
	needAtLeast("ColumnSum", "a row of x", ld, n)
	if rows == 0 || n == 0 {
		return
	}
	needAtLeast("ColumnSum", "x", len(x), (rows-1)*ld+n)
	w := whole(n)
	if w > 0 {
		use().columnSum(acc[:w], x, rows, ld)
	}
	if w < n {
		columnSumGo(acc[w:], x[w:], rows, ld)
	}
}
