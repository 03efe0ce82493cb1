package exact

const (
	sqrtHalf  float32 = 0x1.6a09e6p-1 // sqrt(1/2)
	invSqrt2P float32 = 0x1.988454p-2 // 1/sqrt(2 pi)
)

// Gelu32 returns x*Phi(x), the Gaussian error linear unit in its erf form
// (Hendrycks and Gimpel, arXiv:1606.08415). The absolute error is below
// 2^-23*max(1, |x|); for large negative x, where the result is far smaller than
// x, that is not a small relative error.
//
// Sequence: x*[NormalCDF32](x).
func Gelu32(x float32) float32 { return float32(x * NormalCDF32(x)) }

// NormalCDF32 returns Phi(x), the standard normal distribution function. The
// absolute error is below 2^-23.
//
// Sequence: e = Erf32(x*sqrt(1/2)); fma(0.5, e, 0.5).
func NormalCDF32(x float32) float32 {
	return FMA32(0.5, Erf32(float32(x*sqrtHalf)), 0.5)
}

// GeluGrad32 returns the derivative of [Gelu32], Phi(x) + x*phi(x) with phi the
// standard normal density. The absolute error is below 2^-22.
//
// Sequence: w = (x*x)*-0.5; d = Exp32(w)*(1/sqrt(2 pi)); fma(x, d, Phi(x)).
func GeluGrad32(x float32) float32 {
	w := float32(float32(x*x) * -0.5)
	d := float32(Exp32(w) * invSqrt2P)
	return FMA32(x, d, NormalCDF32(x))
}
