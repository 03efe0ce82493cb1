package data_test

import (
	"context"
	"fmt"

	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/philox"
)

// Batches of the built-in images, randomly cropped and flipped. They are the
// same in every run.
func ExampleNewLoader() {
	images, err := data.Open(data.FashionMNIST, data.Options{Split: data.Train})
	if err != nil {
		fmt.Println(err)
		return
	}
	loader, err := data.NewLoader(context.Background(), images, data.LoaderOptions{
		Batch: 128, Shuffle: true, Seed: 0, Epochs: 1,
		Pipeline: data.Pipeline{
			data.RandomResizedCrop{Size: 28, Scale: [2]float64{0.2, 1}},
			data.RandomFlip{},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer loader.Close()
	batch, err := loader.Next()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(loader.StepsPerEpoch(), "batches; the first starts with image", batch.Index[0], "of class", images.Classes()[batch.Labels[0]])
	// Output: 79 batches; the first starts with image 2490 of class Coat
}

// The first images of each class, for a small labelled set.
func ExampleBalanced() {
	images, err := data.Open(data.FashionMNIST, data.Options{Split: data.Train})
	if err != nil {
		fmt.Println(err)
		return
	}
	labelled, err := data.Balanced(images, 100)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(labelled.Len(), "of", images.Len())
	// Output: 1000 of 10000
}

// A transform of one's own: half of the images become their negatives. In
// training it goes into train.Options.Augment.
func ExampleCustom() {
	negative := data.Custom{Name: "negative p=0.5", Change: func(im data.Image, g *philox.Gen) {
		if g.Float32() < 0.5 {
			for i, v := range im.Pix {
				im.Pix[i] = 255 - v
			}
		}
	}}
	image := data.Image{C: 1, H: 1, W: 3, Pix: []byte{0, 51, 255}}
	pixels := make([]float32, 3)
	for sample := range uint32(4) {
		err := data.Pipeline{negative}.Apply(pixels, image, data.AugmentAddr(0, sample, 0))
		fmt.Println(pixels, err)
	}
	fmt.Println(image.Pix)
	// Output:
	// [1 0.8 0] <nil>
	// [1 0.8 0] <nil>
	// [0 0.2 1] <nil>
	// [1 0.8 0] <nil>
	// [0 51 255]
}
