package data_test

import (
	"context"
	"fmt"

	"github.com/godmae/godmae/dmae/data"
)

// Batches of the built-in images, cropped and flipped at random, the same in
// every run.
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
