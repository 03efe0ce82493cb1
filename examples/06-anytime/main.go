// The anytime test: evidence that may be looked at after each sample and ends the sampling
// once it is enough. How many samples does it save, and how often does it err?
package main

import (
	"fmt"
	"log"
	"math"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/smooth/bound"
)

// evidence returns log10 of E, the mean over 60 bets on q > p0 of what they have become:
// (q/p0)^hits ((1-q)/(1-p0))^misses. If the probability of a hit is p0 or less, no bet
// gains on average, and E ever reaches 1/alpha with probability alpha at most (Ville).
func evidence(p0 float64, hits, misses int) float64 {
	sum := 0.0
	for i := range 60 {
		u := (float64(i) + 0.5) / 60
		q := p0 + (1-p0)*(1-u*u)
		sum += math.Pow(q/p0, float64(hits)) * math.Pow((1-q)/(1-p0), float64(misses)) / 60
	}
	return math.Log10(sum)
}

func main() {
	const most, images = 1600, 2000
	radius, sigma, alpha := decimal.Must("0.25"), decimal.Must("0.25"), decimal.Must("0.05")
	p0 := math.Erfc(-1/math.Sqrt2) / 2 // Phi(radius/sigma), which the class must exceed
	fmt.Printf("log10 E, 90 hits and 10 misses: %.6f by hand, %.6f by smooth/bound\n\n",
		evidence(p0, 90, 10), bound.LogEvidence(radius, sigma)(90, 10))
	anytime, err := bound.New(bound.Plan{Method: bound.MethodAnytime, Sigma: sigma, Alpha: alpha, N0: 100, N: most,
		Radii: bound.Grid([]decimal.Decimal{radius}), Futility: bound.DefaultFutility()}, 2)
	if err != nil {
		log.Fatal(err)
	}
	var enough [most + 1]int // hits of n with which Clopper and Pearson claim the radius
	for n, hits := 16, 0; n <= most; n += 16 {
		for hits <= n && bound.ClopperPearsonLower(hits, n, alpha).Float64() <= p0 {
			hits++
		}
		enough[n] = hits
	}
	fmt.Println("probability | anytime: samples, claims | Clopper-Pearson: at 1,600, at any of 100 looks")
	for _, p := range []float64{0.99, 0.95, 0.9, 0.87, p0} {
		samples, claims, fixed, peeking := 0, 0, 0, 0
		for image := range uint32(images) {
			g := philox.NewGen(philox.Addr{Stream: philox.FirstUserStream, A: image})
			trial, hits, peeked := anytime.Begin(0), 0, 0
			for n := 1; n <= most; n++ {
				if g.Float64() < p {
					hits++
				}
				if n%16 == 0 && hits >= enough[n] {
					peeked = 1
				}
				if n == trial.Due() {
					if trial.Look(hits); trial.Due() == 0 { // decided: here the sampling ends
						samples += n
						if trial.Verdict(1, bound.Counts{{0, n - hits}, {1, hits}}).Radius.Sign() > 0 {
							claims++
						}
					}
				}
			}
			peeking += peeked
			if hits >= enough[most] {
				fixed++
			}
		}
		percent := func(count int) float64 { return 100 * float64(count) / images }
		fmt.Printf("%11.4f | %16d %6.1f%% | %24.1f%% %20.1f%%\n", p, samples/images, percent(claims), percent(fixed), percent(peeking))
	}
	fmt.Println("\nThe point: evidence may be looked at as often as one likes, and clear cases need few samples. In the last")
	fmt.Println("row every claim is an error: 5% are allowed, and a bound made for one look errs more often at 100 looks.")
}
