// Training a tiny denoising masked autoencoder: from a quarter of the patches of a noisy
// image it learns to give the whole clean image. Writes reconstruct.png.
package main

import (
	"context"
	"fmt"
	"image/png"
	"os"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/dmae/train"
	"github.com/godmae/godmae/ops/cpu"
)

func main() {
	b := cpu.New(cpu.Options{})
	defer b.Close()
	config := must(dmae.Preset("dmae_vit_tiny_patch4_28"))
	config.Width, config.Depth, config.Decoder.Depth = 64, 2, 1 // for seconds, not minutes
	config.NormPix = false                                      // errors of pixels, not relative to their patch
	recipe := train.PretrainRecipe(64)
	recipe.Epochs, recipe.WarmupEpochs, recipe.LR = 8, 0.5, 3e-3
	images := data.First(must(data.Open(data.FashionMNIST, data.Options{Split: data.Train})), 40*recipe.Batch)
	out := must(os.MkdirTemp("", "dmae"))
	defer os.RemoveAll(out)

	fmt.Printf("noise of sigma %g; of the %d patches of an image, %d are seen\n\n", config.Sigma, config.Patches(), config.Visible())
	fmt.Println("Squared error of the image that is given back, over the variance of pixels:")
	fmt.Println("  1.0000  grey everywhere")
	fmt.Printf("  %.4f  the noisy image as it is, all patches seen: (sigma/%g)^2\n", config.Sigma*config.Sigma/config.Std[0]/config.Std[0], config.Std[0])
	sum := 0.0
	result := must(train.Pretrain(context.Background(), train.Options{
		Backend: b, Model: config, Recipe: recipe, Train: images, Out: out,
		Progress: func(p train.Progress) { // after every step, of which an epoch has 40
			if sum += p.Loss; p.Step%40 == 0 {
				fmt.Printf("  %.4f  the autoencoder, mean of epoch %d\n", sum/40, p.Epoch+1)
				sum = 0
			}
		},
	}))

	model := must(dmae.LoadAutoencoder(b, result.Checkpoint))
	test := must(data.Open(data.FashionMNIST, data.Options{Split: data.Test})) // images it has not seen
	pixels := make([]float32, 8*28*28)
	for i := range 8 {
		check(data.NewInput(1, 28).Pixels(test, i, pixels[i*28*28:(i+1)*28*28]))
	}
	file := must(os.Create("reconstruct.png"))
	check(png.Encode(file, must(model.Picture(pixels, config.Sigma, 0))))
	check(file.Close())
	fmt.Println("\nreconstruct.png: eight test images, what the autoencoder sees of each, and what it makes of that")
	fmt.Println("\nThe point: nobody told it a label. To fill in what is hidden and take the noise away it has to know")
	fmt.Println("what clothes look like, and its encoder is where a classifier that withstands noise starts.")
}

func must[T any](v T, err error) T {
	check(err)
	return v
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
