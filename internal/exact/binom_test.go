package exact

import (
	"encoding/json"
	"math/big"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// tailByDefinition adds exact rational terms. It is slow for large n.
func tailByDefinition(x, n int, p *big.Rat) *big.Rat {
	q := new(big.Rat).Sub(big.NewRat(1, 1), p)
	power := func(b *big.Rat, e int) *big.Rat {
		r := big.NewRat(1, 1)
		for range e {
			r.Mul(r, b)
		}
		return r
	}
	sum := new(big.Rat)
	for k := max(x, 0); k <= n; k++ {
		c := new(big.Rat).SetInt(new(big.Int).Binomial(int64(n), int64(k)))
		sum.Add(sum, c.Mul(c, new(big.Rat).Mul(power(p, k), power(q, n-k))))
	}
	return sum
}

func TestBinomialUpperTailEnclosesTheRationalSum(t *testing.T) {
	for _, n := range []int{0, 1, 2, 7, 40} {
		for x := -1; x <= n+1; x++ {
			for _, p := range []*big.Rat{new(big.Rat), big.NewRat(1, 1000), big.NewRat(1, 3), big.NewRat(1, 2), big.NewRat(7, 8), big.NewRat(1, 1)} {
				want := tailByDefinition(x, n, p)
				got := BinomialUpperTail(x, n, p)
				lo, _ := got.Lo.Rat(nil)
				hi, _ := got.Hi.Rat(nil)
				require.True(t, lo.Cmp(want) <= 0 && want.Cmp(hi) <= 0, "n=%d x=%d p=%s: %v not in [%v,%v]", n, x, p, want, got.Lo, got.Hi)
				width, _ := new(big.Rat).Sub(hi, lo).Float64()
				require.LessOrEqual(t, width, 1e-28)
			}
		}
	}
	require.Panics(t, func() { BinomialUpperTail(1, 2, big.NewRat(3, 2)) })
	require.Panics(t, func() { BinomialUpperTail(0, -1, big.NewRat(1, 2)) })
}

func TestBinomialUpperTailAgainstGonum(t *testing.T) {
	for _, c := range []struct {
		x, n int
		p    float64
	}{{5, 100, .01}, {99, 100, .9}, {600, 1000, .5}, {400, 1000, .5}, {99_500, 100_000, .99}, {50_300, 100_000, .5}, {49_000, 100_000, .5}} {
		p := new(big.Rat).SetFloat64(c.p)
		got := BinomialUpperTail(c.x, c.n, p)
		want := mathext.RegIncBeta(float64(c.x), float64(c.n-c.x+1), c.p)
		require.InEpsilon(t, want, got.Float64(), 1e-8, "%+v", c)
		require.Less(t, got.Lo.Cmp(got.Hi), 1)
		if c.n <= 1000 {
			survival := 1 - distuv.Binomial{N: float64(c.n), P: c.p}.CDF(float64(c.x-1))
			require.InDelta(t, survival, got.Float64(), 1e-10)
		}
	}
}

func TestBinomialTestAgainstFixture(t *testing.T) {
	raw, err := os.ReadFile("testdata/binom_test.json")
	require.NoError(t, err)
	var table struct{ Rows [][3]float64 }
	require.NoError(t, json.Unmarshal(raw, &table))
	require.NotEmpty(t, table.Rows)
	for _, row := range table.Rows {
		a, b := int(row[0]), int(row[1])
		require.InEpsilon(t, row[2], BinomialTest(a, b).Float64(), 1e-9, "%d against %d", a, b)
		require.Equal(t, BinomialTest(a, b).Float64(), BinomialTest(b, a).Float64())
	}
	require.Equal(t, 1.0, BinomialTest(0, 0).Float64())
	require.Equal(t, 1.0, BinomialTest(5, 5).Float64())
	require.Equal(t, "1", BinomialTest(1, 0).CeilDecimal(12).String())
	require.Panics(t, func() { BinomialTest(-1, 3) })
}
