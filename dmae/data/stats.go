package data

import (
	"fmt"
	"math"
)

// MeanStd returns the mean and the standard deviation of each channel over all
// pixels of all images, scaled to [0,1]. The sums are exact integers, so the
// result does not depend on the machine. Corrupt images are left out and
// counted.
func MeanStd(ds Dataset, leftOut *LeftOut) (mean, std []float64, err error) {
	c, _, _ := ds.Shape()
	sum, squares := make([]uint64, c), make([]uint64, c)
	var pixels uint64 // per channel
	for i := range ds.Len() {
		im, err := ds.Image(i)
		if err != nil {
			if err := leftOut.Add(i, err); err != nil {
				return nil, nil, err
			}
			continue
		}
		n := im.H * im.W
		pixels += uint64(n)
		for ch := range c {
			for _, v := range im.Pix[ch*n : (ch+1)*n] {
				sum[ch] += uint64(v)
				squares[ch] += uint64(v) * uint64(v)
			}
		}
	}
	if pixels == 0 {
		return nil, nil, fmt.Errorf("no image of the data set %s can be used", ds.Name())
	}
	mean, std = make([]float64, c), make([]float64, c)
	for ch := range c {
		mean[ch] = float64(sum[ch]) / (255 * float64(pixels))
		square := float64(squares[ch]) / (255 * 255 * float64(pixels))
		std[ch] = math.Sqrt(max(square-float64(mean[ch]*mean[ch]), 0))
	}
	return mean, std, nil
}
