package smooth_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// Certify three points with the classifier "the first coordinate exceeds one
// half". The true radius is the distance to one half.
func Example() {
	points := [][]float32{{0.9, 0.1}, {0.2, 0.7}, {0.501, 0.3}}
	classifier := &smooth.FuncClassifier{
		K:      2,
		Pixels: func(image int) ([]float32, error) { return points[image], nil },
		Class: func(noisy []float32) int {
			if noisy[0] > 0.5 {
				return 1
			}
			return 0
		},
	}
	dir, err := os.MkdirTemp("", "certify")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	images, err := certificate.NewIndexSet([]int{0, 1, 2})
	if err != nil {
		log.Fatal(err)
	}
	task := smooth.Task{
		Params: certificate.Params{
			Plan: bound.Plan{Sigma: decimal.Must("0.25"), Alpha: decimal.Must("0.001"), N0: 100, N: 1000}, Seed: 0,
		},
		Subject:    certificate.Subject{Contract: "f32/1", Data: "three points", Images: images, Of: 3},
		Classifier: classifier,
		Describe:   func(int) (certificate.Image, error) { return certificate.Image{Label: -1}, nil },
		Out:        filepath.Join(dir, "points.jsonl"),
	}
	if err := task.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
	f, err := os.Open(task.Out)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	certificate, err := certificate.NewReader(f)
	if err != nil {
		log.Fatal(err)
	}
	for {
		record, err := certificate.Next()
		if err != nil {
			break // io.EOF once the trailer has been verified
		}
		fmt.Printf("point %d: class %d, pA %s, radius %s\n", record.Image, record.Predict, record.PA, record.Radius)
	}
	// Output:
	// point 0: class 1, pA 0.906231455322, radius 0.329475
	// point 1: class 0, pA 0.841866833458, radius 0.250539
	// point 2: class -1, pA 0.445807356046, radius 0
}
