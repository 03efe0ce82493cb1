package simd

// layerNormCheck returns the width of the rows of x.
func layerNormCheck(fn string, x, y, mean, rstd, gamma []float32) (rows, n int) {
	rows, n = len(mean), len(gamma)
	need(fn, "rstd", len(rstd), rows)
	need(fn, "x", len(x), rows*n)
	need(fn, "y or dy", len(y), rows*n)
	if n > reduceBlock {
		panic(LengthError{fn, "gamma", n, reduceBlock})
	}
	return rows, n
}

// LayerNormRows normalises the rows of x [rows, n] to y and writes their mean
// and rstd [rows]; gamma and beta are [n], n is at most 4,096.
//
// Sequence (Ba, Kiros and Hinton, arXiv:1607.06450, in two passes): mean =
// sum(x)/n; v = sum((x-mean)^2)/n with each square entering by FMA; rstd =
// 1/sqrt(v + eps); y = fma(gamma, (x-mean)*rstd, beta). Sums as in [Sum].
func LayerNormRows(y, mean, rstd, x, gamma, beta []float32, eps float32) {
	rows, n := layerNormCheck("LayerNormRows", x, y, mean, rstd, gamma)
	need("LayerNormRows", "beta", len(beta), n)
	if rows == 0 || n == 0 {
		return
	}
	if n%lanes != 0 {
		layerNormGo(y, mean, rstd, x, gamma, beta, eps)
		return
	}
	use().layerNorm(y, mean, rstd, x, gamma, beta, eps)
}

// LayerNormGradX sets dx, or adds to it when accumulate is true, the gradient
// of [LayerNormRows] with respect to x.
//
// Sequence: h = (x-mean)*rstd; g = dy*gamma; a = sum(g)/n; b = dot(g, h)/n;
// d = fma(-h, b, g - a)*rstd; dx = d, or dx + d. Sums as in [Sum] and [Dot].
func LayerNormGradX(dx, dy, x, mean, rstd, gamma []float32, accumulate bool) {
	rows, n := layerNormCheck("LayerNormGradX", x, dy, mean, rstd, gamma)
	need("LayerNormGradX", "dx", len(dx), rows*n)
	if rows == 0 || n == 0 {
		return
	}
	k := use()
	if n%lanes != 0 {
		k = &goKernels
	}
	if accumulate {
		k.layerNormGradXAdd(dx, dy, x, mean, rstd, gamma)
	} else {
		k.layerNormGradX(dx, dy, x, mean, rstd, gamma)
	}
}

// LayerNormGradParams adds the gradients of [LayerNormRows] with respect to
// gamma and beta to dgamma and dbeta [n].
//
// Sequence, for each column: s = +0 and t = +0; for the rows in order
// s = fma(dy, (x-mean)*rstd, s) and t = t + dy; dgamma += s; dbeta += t. A call
// is the rows of one sample.
func LayerNormGradParams(dgamma, dbeta, dy, x, mean, rstd []float32) {
	rows, n := layerNormCheck("LayerNormGradParams", x, dy, mean, rstd, dgamma)
	need("LayerNormGradParams", "dbeta", len(dbeta), n)
	if rows == 0 || n == 0 {
		return
	}
	if n%lanes != 0 {
		layerNormGradParamsGo(dgamma, dbeta, dy, x, mean, rstd)
		return
	}
	use().layerNormGradParams(dgamma, dbeta, dy, x, mean, rstd)
}
