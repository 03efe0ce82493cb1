// Noise on a picture: what a noise level sigma does to the pixels of an image, and
// how far away from the image the noisy copies are. Writes noise.png.
package main

import (
	"crypto/sha256"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log"
	"math"
	"os"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/pixelnoise"
)

func main() {
	images, err := data.Open(data.FashionMNIST, data.Options{Split: data.Test})
	check(err)
	clean, err := images.Image(0) // 28 x 28 grey pixels of 0 to 255
	check(err)
	fmt.Printf("image 0 of %s: %s, %d pixels\n\n", images.Name(), images.Classes()[images.Label(0)], len(clean.Pix))

	panels := [][]byte{clean.Pix}
	fmt.Println("sigma  255 sigma  deviation drawn  pixels unchanged  length of the noise  sigma sqrt(784)")
	for _, sigma := range []string{"0.05", "0.25", "0.5"} {
		noise, err := pixelnoise.New(decimal.Must(sigma))
		check(err)
		// The address names the noise: the same one gives the same noise for ever.
		address := philox.Addr{Seed: 1, Stream: philox.EvalNoise}
		noisy, same, squares := make([]byte, len(clean.Pix)), 0, 0
		for i, x := range clean.Pix {
			eta := noise.At(address, i) // an integer, in grey levels
			squares += eta * eta
			if eta == 0 {
				same++
			}
			// A screen shows 0 to 255 only. The network gets the sum as it is.
			noisy[i] = byte(min(max(int(x)+eta, 0), 255))
		}
		panels = append(panels, noisy)
		s, n := decimal.Must(sigma).Float64(), float64(len(clean.Pix))
		fmt.Printf("%-5s  %9.2f  %15.2f  %16d  %19.2f  %15.2f\n", sigma, 255*s, math.Sqrt(float64(squares)/n), same,
			math.Sqrt(float64(squares))/255, s*math.Sqrt(n))
	}

	picture := sideBySide(panels, clean.W, 6)
	file, err := os.Create("noise.png")
	check(err)
	check(png.Encode(file, picture))
	check(file.Close())
	digest := sha256.Sum256(picture.Pix)
	fmt.Printf("\nnoise.png: the image, then its three noisy copies; the SHA-256 of its pixels begins with %x\n", digest[:8])
	fmt.Println("\nThe point: sigma is the standard deviation of the noise on each pixel, with pixels scaled to [0,1].")
	fmt.Println("Over 784 pixels it adds up to a length of about 28 sigma: noisy copies are far from the image.")
}

// sideBySide draws square pictures of the given width next to each other, every
// pixel as a square of zoom x zoom.
func sideBySide(panels [][]byte, width, zoom int) *image.Gray {
	g := image.NewGray(image.Rect(0, 0, len(panels)*width*zoom, width*zoom))
	for y := range width * zoom {
		for x := range len(panels) * width * zoom {
			panel, column := x/(width*zoom), x%(width*zoom)/zoom
			g.SetGray(x, y, color.Gray{Y: panels[panel][y/zoom*width+column]})
		}
	}
	return g
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
