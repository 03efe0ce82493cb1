package bound_test

import (
	"fmt"
	"log"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/smooth/bound"
)

// The procedure CERTIFY by hand and as a method, for a thousand noisy copies of
// an image, 990 of them with the selected class.
func ExampleCohen() {
	sigma, alpha := decimal.Must("0.25"), decimal.Must("0.001")
	pA := bound.ClopperPearsonLower(990, 1000, alpha)
	fmt.Println("by hand:", pA, bound.Radius(pA, sigma))

	cohen, err := bound.NewCohen(bound.Plan{Sigma: sigma, Alpha: alpha, N0: 100, N: 1000})
	if err != nil {
		log.Fatal(err)
	}
	for _, hits := range []int{990, 1000, 520} {
		v := cohen.Decide(7, hits)
		fmt.Printf("%d hits: class %d, pA %s, radius %s\n", hits, v.Class, v.PA, v.Radius)
	}
	// Output:
	// by hand: 0.976036187155 0.494502
	// 990 hits: class 7, pA 0.976036187155, radius 0.494502
	// 1000 hits: class 7, pA 0.99311604842, radius 0.615815
	// 520 hits: class -1, pA 0.470674467353, radius 0
}

// The anytime test processes the samples of an image and ends when the next
// radius of its grid is decided.
func ExampleStatistics() {
	plan := bound.Plan{
		Method: bound.MethodAnytime, Sigma: decimal.Must("0.25"), Alpha: decimal.Must("0.001"), N0: 100, N: 10_000,
		Radii: bound.Grid([]decimal.Decimal{decimal.Must("0.25"), decimal.Must("0.5")}), Futility: bound.DefaultFutility(),
	}
	stats, err := bound.New(plan, 10)
	if err != nil {
		log.Fatal(err)
	}
	trial, samples, hits := stats.Begin(0), 0, 0
	for due := trial.Due(); due != 0; due = trial.Due() {
		samples, hits = due, due-due/200 // one miss in two hundred
		trial.Look(hits)
	}
	v := trial.Verdict(3, bound.Counts{{3, hits}, {5, samples - hits}})
	fmt.Printf("%d samples: class %d, radius %s\n", samples, v.Class, v.Radius)
	// Output:
	// 704 samples: class 3, radius 0.5
}
