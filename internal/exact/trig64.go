package exact

import "math"

// Sin returns the sine, with an error below 1 ulp for |x| < 2^30. For other x
// it returns NaN.
func Sin(x float64) float64 {
	r, quadrant := reduce(x)
	return sinCos(r, quadrant)
}

// Cos returns the cosine; see Sin.
func Cos(x float64) float64 {
	r, quadrant := reduce(x)
	return sinCos(r, quadrant+1)
}

// BoxMuller turns two uniform numbers of (0,1) into two independent normal ones of
// mean 0 and standard deviation std (Box and Muller, "A Note on the Generation of
// Random Normal Deviates", 1958): r = std*sqrt(-2*log(u)), then r*cos(2 pi v) and
// r*sin(2 pi v), each step rounded.
func BoxMuller(std, u, v float64) (a, b float64) {
	r := float64(std * math.Sqrt(float64(-2*Log(u))))
	angle := float64(2 * math.Pi * v)
	return float64(r * Cos(angle)), float64(r * Sin(angle))
}

// sinCos returns the sine of r + quadrant*pi/2.
func sinCos(r double, quadrant int) float64 {
	var v float64
	if quadrant&1 == 0 {
		v = sinKernel(r)
	} else {
		v = cosKernel(r)
	}
	if quadrant&2 != 0 {
		return -v
	}
	return v
}

// reduce returns r in about [-pi/4, pi/4] with x = r + n*pi/2, and n mod 4. The
// multiple of pi/2 is subtracted in three parts of 53 bits, products with their error terms;
// the first difference is exact by Sterbenz's lemma.
func reduce(x float64) (double, int) {
	const (
		half1 = 1.570796326794896558e+00 // pi/2, rounded
		half2 = 6.123233995736766036e-17 // the rest, rounded
		half3 = -1.4973849048591698e-33  // the rest of that
	)
	if !(math.Abs(x) < 1<<30) {
		return double{hi: math.NaN()}, 0
	}
	n := math.RoundToEven(x / half1)
	p := float64(n * half1)
	e := math.FMA(n, half1, -p)
	r := twoSum(x-p, -e)
	p = float64(n * half2)
	e = math.FMA(n, half3, math.FMA(n, half2, -p))
	return r.plus(double{hi: -p, lo: -e}), int(int64(n) & 3)
}

// sinKernel is fdlibm's polynomial for the sine on [-pi/4, pi/4].
func sinKernel(r double) float64 {
	const (
		s1 = -1.66666666666666324348e-01
		s2 = 8.33333333332248946124e-03
		s3 = -1.98412698298579493134e-04
		s4 = 2.75573137070700676789e-06
		s5 = -2.50507602534068634195e-08
		s6 = 1.58969099521155010221e-10
	)
	x := r.hi
	z := float64(x * x)
	v := float64(z * x)
	q := math.FMA(z, math.FMA(z, math.FMA(z, math.FMA(z, s6, s5), s4), s3), s2)
	return x - ((float64(z*(float64(0.5*r.lo)-float64(v*q))) - r.lo) - float64(v*s1))
}

// cosKernel is fdlibm's polynomial for the cosine on [-pi/4, pi/4].
func cosKernel(r double) float64 {
	const (
		c1 = 4.16666666666666019037e-02
		c2 = -1.38888888888741095749e-03
		c3 = 2.48015872894767294178e-05
		c4 = -2.75573143513906633035e-07
		c5 = 2.08757232129817482790e-09
		c6 = -1.13596475577881948265e-11
	)
	x := r.hi
	z := float64(x * x)
	q := float64(z * math.FMA(z, math.FMA(z, math.FMA(z, math.FMA(z, math.FMA(z, c6, c5), c4), c3), c2), c1))
	half := float64(0.5 * z)
	w := 1 - half
	return w + (((1 - w) - half) + (float64(z*q) - float64(x*r.lo)))
}
