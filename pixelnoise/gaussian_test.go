package pixelnoise

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/philox"
)

// known caches the distributions of the tests; they are immutable.
var known = map[string]*Gaussian{}

func distribution(t testing.TB, sigma string) *Gaussian {
	t.Helper()
	if known[sigma] == nil {
		g, err := New(decimal.Must(sigma))
		require.NoError(t, err)
		known[sigma] = g
	}
	return known[sigma]
}

// testPrecision is enough for the alternating series of the tests: its largest
// term is below 2^120 where it is used.
const testPrecision = 640

var pi, _, _ = big.ParseFloat("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798214808651328230664709384460955058223172535940812848111745028410270193852110555964462294895493038196", 10, testPrecision, big.ToNearestEven)

// phi returns Phi((2j+1)/(510 sigma)) by a series that the package does not
// use: 1/2 + 1/sqrt(2 pi) sum (-1)^n z^(2n+1) / (2^n n! (2n+1)), in plain
// floats of 640 bits.
func phi(j int, sigma string) *big.Float {
	num := func() *big.Float { return new(big.Float).SetPrec(testPrecision) }
	z := big.NewRat(int64(2*j+1), 510)
	z.Quo(z, decimal.Must(sigma).Rat())
	square := num().SetRat(new(big.Rat).Mul(z, z))
	power, sum := num().SetRat(z), num().SetRat(z) // z^(2n+1) / (2^n n!), signed
	for n := int64(1); ; n++ {
		power.Mul(power, square)
		power.Quo(power, num().SetInt64(-2*n))
		term := num().Quo(power, num().SetInt64(2*n+1))
		if term.Sign() == 0 || term.MantExp(nil) < -400 {
			break
		}
		sum.Add(sum, term)
	}
	root := num().Sqrt(num().Mul(pi, num().SetInt64(2)))
	return sum.Add(sum.Quo(sum, root), big.NewFloat(0.5))
}

// digitsOf returns floor(2^bits x).
func digitsOf(x *big.Float, bits int) *big.Int {
	n, _ := new(big.Float).SetMantExp(x, bits).Int(nil)
	return n
}

// Every threshold has the digits of an independent computation, so every atom
// has the right mass: to 64 digits, and to 128 where a second word is drawn.
func TestEveryAtomAgainstAnotherSeries(t *testing.T) {
	sigmas := []string{"0.25", "0.12", "0.01"}
	if !testing.Short() {
		sigmas = append(sigmas, "0.5", "1")
	}
	for _, sigma := range sigmas {
		g := distribution(t, sigma)
		width := 255 * decimal.Must(sigma).Float64()
		checked, total := 0, new(big.Float).SetPrec(testPrecision)
		before := new(big.Float).SetPrec(testPrecision)
		for i, c := range g.cdf {
			j := i - g.bound
			if z := (float64(j) + 0.5) / width; math.Abs(z) > 12 {
				// The series does not converge here; less than 2^-64 is left.
				require.Less(t, math.Erfc(math.Abs(z)/math.Sqrt2), 0x1p-64)
				require.Equal(t, map[bool]uint64{true: math.MaxUint64, false: 0}[z > 0], c)
				continue
			}
			want := phi(j, sigma)
			require.Equal(t, digitsOf(want, 64).Uint64(), c, "sigma %s, P(eta <= %d)", sigma, j)
			if i%16 == 0 {
				words := g.threshold(j, 2)
				low := new(big.Int).Sub(digitsOf(want, 128), new(big.Int).Lsh(digitsOf(want, 64), 64))
				require.Equal(t, []uint64{c, low.Uint64()}, words)
			}
			if checked > 0 {
				mass := new(big.Float).Sub(want, before)
				require.Positive(t, mass.Sign())
				total.Add(total, mass)
				// The density at the middle of the cell is close to the mass.
				f, _ := mass.Float64()
				density := math.Exp(-float64(j*j)/(2*width*width)) / (width * math.Sqrt(2*math.Pi))
				if width > 20 && math.Abs(float64(j)) < 3*width {
					require.InEpsilon(t, density, f, 0.002, "P(eta = %d)", j)
				}
			}
			before = want
			checked++
		}
		require.Greater(t, checked, 30)
		f, _ := total.Sub(big.NewFloat(1), total).Float64()
		require.InDelta(t, 0, f, 3e-12, "total mass within seven standard deviations, short of 1")
	}
}

func TestSymmetryAndOrder(t *testing.T) {
	for _, sigma := range []string{"0.001", "0.07", "0.25", "2"} {
		g := distribution(t, sigma)
		require.Len(t, g.cdf, 2*g.bound)
		for i, c := range g.cdf {
			require.Equal(t, math.MaxUint64-c, g.cdf[len(g.cdf)-1-i], "P(eta = j) = P(eta = -j)")
			if i > 0 {
				require.LessOrEqual(t, g.cdf[i-1], c)
			}
		}
		require.Less(t, g.cdf[g.bound-1], uint64(1)<<63)
		require.Greater(t, g.cdf[g.bound], uint64(1)<<63)
	}
}

// script returns words one after the other and notes how many were taken.
func script(taken *int, words ...uint64) func() uint64 {
	return func() uint64 {
		*taken++
		return words[*taken-1]
	}
}

// A word that equals the digits of a threshold is decided by the next ones,
// however many it takes.
func TestRetry(t *testing.T) {
	g := distribution(t, "0.25")
	for _, j := range []int{-300, -77, -1, 0, 1, 100, 299} {
		digits := g.threshold(j, 4)
		require.Equal(t, g.cdf[j+g.bound], digits[0])
		for _, c := range []struct {
			words []uint64
			want  int
		}{
			{[]uint64{digits[0] - 1}, j},
			{[]uint64{digits[0] + 1}, j + 1},
			{[]uint64{digits[0], digits[1] - 1}, j},
			{[]uint64{digits[0], digits[1] + 1}, j + 1},
			{[]uint64{digits[0], digits[1], digits[2], digits[3] - 1}, j},
			{[]uint64{digits[0], digits[1], digits[2], digits[3] + 1}, j + 1},
		} {
			taken := 0
			require.Equal(t, c.want, g.Draw(script(&taken, c.words...)), "j=%d, %d words", j, len(c.words))
			require.Len(t, c.words, taken)
		}
	}
	// Near 0 and 1 hundreds of thresholds share a word.
	narrow := distribution(t, "0.05")
	for _, c := range []struct{ z, bits int }{{119, 64}, {171, 128}} {
		// eta = c.z has a threshold beyond 64 or 128 zero digits.
		digits := narrow.threshold(-c.z-1, 5)
		taken := 0
		words := c.bits/64 + 1
		for i := range words - 1 {
			require.Zero(t, digits[i])
		}
		require.NotZero(t, digits[words-1])
		next := append(append([]uint64{}, digits[:words-1]...), digits[words-1]+1)
		require.Equal(t, -c.z, narrow.Draw(script(&taken, next...)))
		require.Equal(t, words, taken)
	}
	require.PanicsWithValue(t, "pixelnoise: 1024 random bits agree with a value of the distribution function, so the generator is broken", func() { g.threshold(0, 17) })
}

func TestSaturation(t *testing.T) {
	g := distribution(t, "1")
	require.Equal(t, 6, g.Clip())
	require.Equal(t, 255*7, g.bound)
	require.Equal(t, float32(-6), g.Input(-1530))
	require.Equal(t, float32(-6), g.Input(-100000))
	require.Equal(t, float32(7), g.Input(1785))
	require.Equal(t, float32(7), g.Input(100000))
	require.Equal(t, float32(1784)/255, g.Input(1784))
	// Noise at the bound moves every pixel to the end of the clipping range.
	require.Equal(t, g.Input(math.MinInt32), g.Input(255-g.bound))
	require.Equal(t, g.Input(math.MaxInt32), g.Input(0+g.bound))
}

func TestClip(t *testing.T) {
	for sigma, want := range map[string]int{
		"0.001": 1, "0.25": 1, "0.333333333333333333333333": 1, "0.333333333333333333333334": 2, "0.5": 3, "0.9": 5, "1": 6, "100": 600,
	} {
		require.Equal(t, want, Clip(decimal.Must(sigma)), sigma)
	}
	for _, sigma := range []string{"0", "-1", "10.0001"} {
		_, err := New(decimal.Must(sigma))
		require.ErrorContains(t, err, "sigma is "+sigma)
	}
}

// The draws of an address are part of every certificate that uses them.
func TestGoldenDraws(t *testing.T) {
	for sigma, want := range map[string]string{"0.25": "f38be20608e15f321fc3bae584e3f2fa184ca8f579ca9b05ef309b8bd151406b", "1": "c7934a7561a31a7760e1720bbc9b53f50221d1baf3207f81b0010e3dda2c9680"} {
		g, h := distribution(t, sigma), sha256.New()
		for i := range 3072 {
			eta := g.At(philox.Addr{Seed: 1<<40 + 3, Stream: philox.EstimationNoise, A: 7, B: 11}, i)
			require.NoError(t, binary.Write(h, binary.LittleEndian, int32(eta)))
		}
		require.Equal(t, want, hex.EncodeToString(h.Sum(nil)), sigma)
	}
}

// Counts of a million draws are what the masses predict.
func TestDrawsFollowTheMasses(t *testing.T) {
	g := distribution(t, "0.03")
	const n = 1 << 20
	dst, x := make([]float32, n), make([]uint8, n)
	Fill(g, dst, x, philox.Addr{Seed: 8, Stream: philox.EstimationNoise})
	counts := map[int]int{}
	for _, v := range dst {
		counts[int(math.Round(float64(v)*255))]++
	}
	chi2, cells := 0.0, 0
	for j := -40; j <= 40; j++ {
		mass := float64(g.cdf[j+g.bound]-g.cdf[j+g.bound-1]) / 0x1p64
		if want := mass * n; want > 10 {
			chi2 += (float64(counts[j]) - want) * (float64(counts[j]) - want) / want
			cells++
		}
	}
	require.Greater(t, cells, 50)
	require.Less(t, chi2, float64(cells)+5*math.Sqrt(2*float64(cells)))
}
