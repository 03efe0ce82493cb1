//go:build ignore

// Jpeg-histogram compares this project's decoding of image files with Pillow's.
// It prints a histogram of the absolute differences of all values. See
// scripts/decode-with-pil.py.
package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/godmae/godmae/dmae/data"
)

func main() {
	if len(os.Args) < 3 {
		log.Fatal("usage: go run scripts/jpeg-histogram.go pixels.bin FILE...")
	}
	f, err := os.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	r := bufio.NewReader(f)
	var counts [256]int
	sum, equal := 0, 0
	for _, path := range os.Args[2:] {
		var size [2]uint32
		if err := binary.Read(r, binary.LittleEndian, &size); err != nil {
			log.Fatal(err)
		}
		n := int(size[0]) * int(size[1])
		want := make([]byte, 3*n)
		if _, err := io.ReadFull(r, want); err != nil {
			log.Fatal(err)
		}
		im, err := data.ReadImage(path, 3, data.DefaultMaxPixels)
		if err != nil {
			log.Fatal(err)
		}
		if im.W != int(size[0]) || im.H != int(size[1]) {
			log.Fatalf("%s: %dx%d, not %dx%d", path, im.W, im.H, size[0], size[1])
		}
		worst := 0
		for i, v := range want {
			d := int(im.Pix[i%3*n+i/3]) - int(v)
			d = max(d, -d)
			counts[d]++
			sum += d
			worst = max(worst, d)
		}
		if worst == 0 {
			equal++
		}
	}
	total := 0
	for _, c := range counts {
		total += c
	}
	fmt.Printf("%d files, %d of them equal; %d values, mean difference %.5f\n", len(os.Args)-2, equal, total, float64(sum)/float64(total))
	for d, c := range counts {
		if c > 0 {
			fmt.Printf("%3d %10d %9.4f%%\n", d, c, 100*float64(c)/float64(total))
		}
	}
}
