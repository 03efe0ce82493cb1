package data

import (
	"fmt"
	"slices"

	"github.com/godmae/godmae/philox"
)

// Split is a part of a data set.
type Split string

// The parts of a data set. If they have no folder, validation images are held
// out from the training images; see Options.ValFraction.
const (
	Train Split = "train"
	Val   Split = "val"
	Test  Split = "test"
)

// splitCopy is the copy of the random numbers that hold out images. Those that
// order an epoch are in the same stream with copy 0.
const splitCopy = 1

// HoldOut divides a data set in two: a random share of each class, fraction of
// it rounded to a whole number, becomes the second part. The division depends
// on the labels, the fraction and the seed only. Both parts keep the order of
// ds. The fraction is in [0,1); an empty part is an error.
func HoldOut(ds Dataset, fraction float64, seed uint64) (kept, held *Subset, err error) {
	if !(fraction >= 0 && fraction < 1) {
		return nil, nil, fmt.Errorf("the validation fraction %v is not from 0 to below 1", fraction)
	}
	byClass := make([][]int, len(ds.Classes()))
	for i := range ds.Len() {
		byClass[ds.Label(i)] = append(byClass[ds.Label(i)], i)
	}
	var a, b []int
	for class, members := range byClass {
		n := int(float64(float64(len(members))*fraction) + 0.5)
		g := philox.NewGen(philox.Addr{Seed: seed, Stream: philox.DataOrder, Copy: splitCopy, A: uint32(class)})
		for rank, j := range g.Perm(len(members)) {
			if rank < n {
				b = append(b, members[j])
			} else {
				a = append(a, members[j])
			}
		}
	}
	if len(a) == 0 || len(b) == 0 {
		return nil, nil, fmt.Errorf("a validation fraction of %v leaves a part of the %d images of %s empty", fraction, ds.Len(), ds.Name())
	}
	slices.Sort(a)
	slices.Sort(b)
	return NewSubset(ds, a), NewSubset(ds, b), nil
}

// HasVal reports whether there are validation images that are neither training
// nor test images: either training images are held out, or the data set has both
// val and test. If a folder has val/ only, as for ImageNet, results are reported
// on it, and Open(Test) opens it.
func (s *Source) HasVal() bool {
	return s.o.ValFraction > 0 || s.parts.val != nil && s.parts.test != nil
}
