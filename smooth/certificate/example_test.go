package certificate_test

import (
	"fmt"
	"io"
	"log"
	"os"

	"github.com/godmae/godmae/smooth/certificate"
)

// Read a certificate with all checks that need no model.
func ExampleReader() {
	f, err := os.Open("testdata/format2.jsonl")
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	r, err := certificate.NewReader(f)
	if err != nil {
		log.Fatal(err)
	}
	h := r.Header()
	fmt.Printf("method %s, sigma %s, alpha %s, %s\n", h.Method, h.Sigma, h.Alpha, h.Choice.Describe(h.Images.Len()))
	for {
		line, err := r.NextLine()
		if err == io.EOF {
			break // the trailer has been verified
		}
		if err != nil {
			log.Fatal(err)
		}
		if line.LeftOut != nil {
			fmt.Printf("image %d: left out, %s\n", line.Image(), line.LeftOut.Reason)
			continue
		}
		fmt.Printf("image %d: class %d, radius %s\n", line.Image(), line.Record.Predict, line.Record.Radius)
	}
	// Output:
	// method randomised, sigma 0.25, alpha 0.001, 5 of 1,000, the first ones of every 5th
	// image 0: class 0, radius 0.124866
	// image 5: class 1, radius 0.133647
	// image 10: left out, undecodable
	// image 15: class -1, radius 0
	// image 20: class 1, radius 0.097561
}
