// Breaking a certificate of float noise: a classifier that reads from the last bits of a
// noisy image which image lies below the noise, and why it cannot read integer noise.
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

// spy answers 0 if a noisy pixel close to 0 is no multiple of 2^-32, and 1 otherwise.
// Noise on a black pixel is a float32 close to 0, which may be far finer than that. On a
// pixel v/255, v >= 1, a sum close to 0 comes from noise close to -v/255, and that is a
// multiple of 2^-32, as v/255 is and so the sum. 0 says: there are black pixels below.
func spy(noisy []float32) int {
	for _, z := range noisy {
		units := math.Abs(float64(z)) * (1 << 32)
		if units < 1<<22 && units != math.Floor(units) { // |z| < 2^-10
			return 0
		}
	}
	return 1
}

func main() {
	images, err := data.Open(data.FashionMNIST, data.Options{Split: data.Test})
	check(err)
	sandal, err := images.Image(8)
	check(err)
	// Image 0 is the sandal. Image 1 is the same with every black pixel one level brighter.
	bytes := [2][]byte{sandal.Pix, append([]byte(nil), sandal.Pix...)}
	changed := 0
	for p, v := range sandal.Pix {
		if v == 0 {
			bytes[1][p] = 1
			changed++
		}
	}
	f := &smooth.FuncClassifier{
		K: 2, Class: spy,
		Bytes: func(image int) ([]byte, error) { return bytes[image], nil },
		Pixels: func(image int) ([]float32, error) {
			x := make([]float32, len(bytes[image]))
			for p, v := range bytes[image] {
				x[p] = float32(v) / 255
			}
			return x, nil
		},
	}
	distance := math.Sqrt(float64(changed)) / 255
	fmt.Printf("A: a %s. B: %d black pixels are 1/255. Distance %.4f.\n", images.Classes()[images.Label(8)], changed, distance)
	// With a power of 2 for sigma, sigma times a float32 is exact.
	ctx, sigma, alpha, n := context.Background(), decimal.Must("0.125"), decimal.Must("0.001"), 10000
	for i, kind := range []string{"float32 noise", "integer noise"} {
		params := certificate.Params{Sound: i == 1, Plan: bound.Plan{Sigma: sigma, Alpha: alpha, N0: 100, N: n}}
		r, err := smooth.Certify(ctx, f, params, 0, certificate.Image{Label: -1}, nil)
		check(err)
		noise, err := smooth.NoiseOf(params)
		check(err)
		b, err := smooth.Predict(ctx, f, 1, noise, n, alpha)
		check(err)
		fmt.Printf("\n%s at A: answer %d in %d of %d samples; certified radius %s\n", kind, r.Predict, r.Estimation.Counts.Of(r.Predict), n, r.Radius)
		fmt.Printf("                    at B: answer %d in %d of %d samples\n", r.Predict, b.Counts.Of(r.Predict), n)
	}
	fmt.Println("\nThe point: B lies within the radius certified with float noise, and has another answer: the theorem is")
	fmt.Println("about real noise. Integer noise is real noise, rounded, and no last bit of its sums tells A from B.")
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
