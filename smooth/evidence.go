package smooth

import (
	"math"
	"math/big"

	"github.com/godmae/godmae/internal/exact"
)

// LogEvidence returns, for a radius and a noise level, the evidence E of
// MethodAnytime against the supposition that the selected class has probability
// at most Phi(radius/sigma): its logarithm to the base 10 after so many samples
// with and without that class. It is computed in float64, for pictures; what a
// certificate claims rests on exact.Evidence.
func LogEvidence(radius, sigma Decimal) func(hits, misses int) float64 {
	p0 := exact.NormalCDF(new(big.Rat).Quo(radius.Rat(), sigma.Rat()))
	odds := exact.Enclose(big.NewRat(1, 1)).Sub(p0).Quo(p0).Float64()
	var rise, fall []float64 // logarithms of the factors of a hit and a miss
	for _, s := range claimShares() {
		share, _ := s.Float64()
		rest, _ := s.Sub(big.NewRat(1, 1), s).Float64()
		rise, fall = append(rise, math.Log1p(float64(share*odds))), append(fall, math.Log(rest))
	}
	return func(hits, misses int) float64 {
		terms, top := make([]float64, len(rise)), math.Inf(-1)
		for i := range terms {
			terms[i] = float64(float64(hits)*rise[i]) + float64(float64(misses)*fall[i])
			top = max(top, terms[i])
		}
		sum := 0.0
		for _, t := range terms {
			sum += math.Exp(t - top)
		}
		return (top + math.Log(sum/float64(len(terms)))) / math.Ln10
	}
}
