package exact

import "math"

// Log returns the natural logarithm, with an error below 1 ulp: fdlibm's
// reduction x = 2^k (1+f) and polynomial in s = f/(2+f), every product rounded
// separately. Special cases are those of math.Log.
func Log(x float64) float64 {
	const (
		ln2Hi = 6.93147180369123816490e-01
		ln2Lo = 1.90821492927058770002e-10
		l1    = 6.666666666666735130e-01
		l2    = 3.999999999940941908e-01
		l3    = 2.857142874366239149e-01
		l4    = 2.222219843214978396e-01
		l5    = 1.818357216161805012e-01
		l6    = 1.531383769920937332e-01
		l7    = 1.479819860511658591e-01
	)
	switch {
	case math.IsNaN(x) || math.IsInf(x, 1):
		return x
	case x < 0:
		return math.NaN()
	case x == 0:
		return math.Inf(-1)
	}
	m, exponent := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m *= 2
		exponent--
	}
	f := m - 1
	k := float64(exponent)
	s := f / (2 + f)
	s2 := float64(s * s)
	s4 := float64(s2 * s2)
	t1 := float64(s2 * math.FMA(s4, math.FMA(s4, math.FMA(s4, l7, l5), l3), l1))
	t2 := float64(s4 * math.FMA(s4, math.FMA(s4, l6, l4), l2))
	half := float64(0.5 * float64(f*f))
	return float64(k*ln2Hi) - ((half - (float64(s*(half+(t1+t2))) + float64(k*ln2Lo))) - f)
}

// Exp returns e^x, with an error below 0.51 ulp in the range of normal numbers.
// It computes in twice the precision, at the cost of speed.
func Exp(x float64) float64 { return double{hi: x}.exp() }

// Pow returns x^y for x > 0, with an error below 0.51 ulp in the range of
// normal numbers; it is NaN for other x.
func Pow(x, y float64) float64 {
	if !(x > 0) || math.IsInf(x, 1) || math.IsNaN(y) || math.IsInf(y, 0) {
		return math.NaN()
	}
	// One step of Newton's method doubles the digits of the logarithm.
	l := Log(x)
	e, k := double{hi: -l}.expReduced()
	m, exponent := math.Frexp(x)
	e = e.times(double{hi: m}).plus(double{hi: -math.Ldexp(1, -k-exponent)})
	correction := math.Ldexp(e.hi, k+exponent)
	return fastSum(l, correction).times(double{hi: y}).exp()
}

// double is the unevaluated sum of two float64, |lo| at most half an ulp of hi
// (Dekker 1971): about 106 bits.
type double struct{ hi, lo float64 }

// twoSum returns a + b exactly (Knuth).
func twoSum(a, b float64) double {
	s := a + b
	t := s - a
	return double{s, (a - (s - t)) + (b - t)}
}

// fastSum returns a + b exactly, for |a| >= |b|.
func fastSum(a, b float64) double {
	s := a + b
	return double{s, b - (s - a)}
}

func (x double) plus(y double) double {
	s := twoSum(x.hi, y.hi)
	return fastSum(s.hi, s.lo+(x.lo+y.lo))
}

func (x double) times(y double) double {
	p := float64(x.hi * y.hi)
	e := math.FMA(x.hi, y.hi, -p)
	return fastSum(p, e+(float64(x.hi*y.lo)+float64(x.lo*y.hi)))
}

// over returns x/n for a small integer n.
func (x double) over(n float64) double {
	q := x.hi / n
	r := math.FMA(-q, n, x.hi) + x.lo
	return fastSum(q, r/n)
}

// expReduced returns e and k with exp(x) = e 2^k, e near 1: Taylor's series
// after subtracting k ln 2.
func (x double) expReduced() (e double, k int) {
	// ln 2 to 106 bits.
	ln2 := double{6.931471805599452862e-01, 2.319046813846299558e-17}
	n := math.RoundToEven(x.hi / ln2.hi)
	r := x.plus(double{hi: -n}.times(ln2))
	e, term := double{hi: 1}, double{hi: 1}
	for i := 1; i <= 26; i++ {
		term = term.times(r).over(float64(i))
		e = e.plus(term)
	}
	return e, int(n)
}

func (x double) exp() float64 {
	switch {
	case math.IsNaN(x.hi):
		return x.hi
	case x.hi > 710:
		return math.Inf(1)
	case x.hi < -746:
		return 0
	}
	e, k := x.expReduced()
	return math.Ldexp(e.hi+e.lo, k)
}
