// A linear classifier has a radius that can be computed exactly: the distance to its
// plane. How much of it does a certificate from counted samples find?
package main

import (
	"context"
	"fmt"
	"log"
	"math"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

func main() {
	images, err := data.Open(data.FashionMNIST, data.Options{Split: data.Train})
	check(err)
	pixels := func(i int) ([]float32, error) { // scaled to [0,1]
		x := make([]float32, 28*28)
		return x, data.NewInput(1, 28).Pixels(images, i, x)
	}
	var means [10][28 * 28]float64 // the mean image of each class
	var seen [10]float64
	for i := range images.Len() {
		x, err := pixels(i)
		check(err)
		class := images.Label(i)
		seen[class]++
		for p, v := range x {
			means[class][p] += (float64(v) - means[class][p]) / seen[class]
		}
	}
	// The plane stands half way between the mean trouser and the mean dress, at right
	// angles to the line from one to the other. A trouser is what lies in front of it.
	trouser, dress := means[1], means[3]
	margin := func(x []float32) (distance float64) { // negative behind the plane
		length := 0.0
		for p, v := range x {
			w := trouser[p] - dress[p]
			distance += w * (float64(v) - (trouser[p]+dress[p])/2)
			length += w * w
		}
		return distance / math.Sqrt(length)
	}
	f := &smooth.FuncClassifier{K: 2, Pixels: pixels, Class: func(noisy []float32) int {
		if margin(noisy) > 0 {
			return 1
		}
		return 0
	}}

	sigma, alpha := decimal.Must("0.5"), decimal.Must("0.001")
	fmt.Println("image  distance  Phi(distance/sigma)      n       pA  certified radius")
	for _, i := range []int{166, 21, 69} { // three trousers: near the plane, farther, far
		x, err := pixels(i)
		check(err)
		// Along the line to the plane the noise is one normal number of deviation sigma.
		exact := math.Erfc(-margin(x)/sigma.Float64()/math.Sqrt2) / 2
		for _, n := range []int{100, 1000, 10000} {
			// Float noise, as in the theorem but for its rounding; 05-float-noise has what that can cost.
			params := certificate.Params{Plan: bound.Plan{Sigma: sigma, Alpha: alpha, N0: 20, N: n}}
			r, err := smooth.Certify(context.Background(), f, params, i, certificate.Image{Label: 1}, nil)
			check(err)
			fmt.Printf("%5d  %8.4f  %19.5f  %5d  %.5f  %16.4f\n", i, margin(x), exact, n, r.PA.Float64(), r.Radius.Float64())
		}
	}
	fmt.Println("\nThe point: around a linear classifier the theorem gives the distance to the plane, and counts")
	fmt.Println("give less: n samples cannot prove a probability close to 1, so the largest distances lose most.")
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
