// Clopper and Pearson by hand: from a count of 990 in 1,000 to a lower bound on the
// probability and to a radius, with whole numbers only, beside package smooth/bound.
package main

import (
	"fmt"
	"math"
	"math/big"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/smooth/bound"
)

// unit is the grid of the bound: probabilities are whole numbers a of 10^-12.
var unit = big.NewInt(1_000_000_000_000)

// rare reports whether x or more hits in n trials have a probability of at most
// 1/oneIn when a hit has probability a/unit. It is
//
//	sum over k = x..n of C(n,k) a^k (unit-a)^(n-k) <= unit^n / oneIn,
//
// both sides of which are whole numbers: nothing is rounded.
func rare(x, n int64, a *big.Int, oneIn int64) bool {
	miss, sum := new(big.Int).Sub(unit, a), new(big.Int)
	for k := x; k <= n; k++ {
		term := new(big.Int).Binomial(n, k)
		term.Mul(term, new(big.Int).Exp(a, big.NewInt(k), nil))
		term.Mul(term, new(big.Int).Exp(miss, big.NewInt(n-k), nil))
		sum.Add(sum, term)
	}
	sum.Mul(sum, big.NewInt(oneIn))
	return sum.Cmp(new(big.Int).Exp(unit, big.NewInt(n), nil)) <= 0
}

// lower returns the largest a for which x hits in n trials are that rare: were the
// true probability smaller still, so many hits would be an accident rarer than 1/oneIn.
func lower(x, n, oneIn int64) int64 {
	low, high := int64(0), unit.Int64() // rare at low, not rare at high
	for high-low > 1 {
		if middle := (low + high) / 2; rare(x, n, big.NewInt(middle), oneIn) {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// quantile returns Phi^-1(p) for p of at least 1/2, by halving an interval.
func quantile(p float64) float64 {
	low, high := 0.0, 10.0
	for range 60 {
		if middle := (low + high) / 2; math.Erfc(middle/math.Sqrt2)/2 >= 1-p { // 1 - Phi(middle)
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

func main() {
	const n, oneIn = 1000, 1000 // alpha = 1/1000
	alpha, sigma := decimal.Must("0.001"), decimal.Must("0.25")
	fmt.Println("hits of 1,000   pA by hand      smooth/bound    radius by hand  smooth/bound")
	for _, x := range []int64{1000, 999, 990, 900, 700} {
		a := lower(x, n, oneIn)
		pA := bound.ClopperPearsonLower(int(x), n, alpha)
		radius := math.Floor(1e6*sigma.Float64()*quantile(float64(a)/1e12)) / 1e6 // rounded down
		fmt.Printf("%13d   0.%012d  %-14s  %.6f        %s\n", x, a, pA, radius, bound.Radius(pA, sigma))
	}
	fmt.Printf("\nAll hits: pA is the n-th root of alpha, 0.001^(1/1000) = %.12f.\n", math.Pow(0.001, 0.001))
	a := lower(990, n, oneIn)
	fmt.Printf("990 hits are rarer than 1 in 1,000 at pA: %v; at pA + 10^-12: %v.\n", rare(990, n, big.NewInt(a), oneIn), rare(990, n, big.NewInt(a+1), oneIn))
	fmt.Println("\nThe point: a count proves a probability, and the probability a radius; both are rounded down.")
}
