package data

import (
	"bytes"
	"embed"
	"fmt"
	"image"
	"image/png"
	"sync"
)

// The excerpt: the first 10,000 training and the first 2,000 test images of
// Fashion-MNIST (Xiao, Rasul and Vollgraf 2017, MIT licence, see LICENSE.txt
// there) as contact sheets with 100 images in a row, and their labels as IDX
// files. scripts/make-fashion-mnist-excerpt.go made them. PNG with the Paeth
// filter is smaller than gzip, and image viewers show it.
//
//go:embed fashionmnist
var fashionFiles embed.FS

// FashionMNIST is the name of the built-in data set for Open.
const FashionMNIST = builtin + "fashion-mnist"

// Mean and standard deviation of the pixels of the built-in Fashion-MNIST
// training images, scaled to [0,1].
const (
	FashionMNISTMean = 0.2863089170668267
	FashionMNISTStd  = 0.35401796410642805
)

const sheetColumns = 100 // images in a row of a contact sheet

var fashionClasses = []string{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"}

var (
	fashionTrain = sync.OnceValues(func() (Dataset, error) { return fashionPart("train") })
	fashionTest  = sync.OnceValues(func() (Dataset, error) { return fashionPart("test") })
)

// fashionPart decodes one of the two embedded parts.
func fashionPart(part string) (Dataset, error) {
	sheet, err := fashionFiles.ReadFile("fashionmnist/" + part + ".png")
	if err != nil {
		return nil, err
	}
	labelFile, err := fashionFiles.ReadFile("fashionmnist/" + part + "-labels-idx1-ubyte")
	if err != nil {
		return nil, err
	}
	labels, err := readIDX(bytes.NewReader(labelFile), DefaultMaxBytes)
	if err != nil {
		return nil, fmt.Errorf("the embedded labels of Fashion-MNIST: %w", err)
	}
	im, err := png.Decode(bytes.NewReader(sheet))
	if err != nil {
		return nil, fmt.Errorf("the embedded images of Fashion-MNIST: %w", err)
	}
	grey, ok := im.(*image.Gray)
	if !ok {
		return nil, fmt.Errorf("the embedded images of Fashion-MNIST are not grey")
	}
	n := labels.dims[0]
	images := idx{dims: []int{n, 28, 28}, data: make([]byte, n*28*28)}
	for row := range n * 28 {
		i, y := row/28, row%28
		at := grey.PixOffset(i%sheetColumns*28, i/sheetColumns*28+y)
		copy(images.data[row*28:(row+1)*28], grey.Pix[at:at+28])
	}
	return idxPair("fashion-mnist/"+part, images, labels, fashionClasses)
}
