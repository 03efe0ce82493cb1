package data

import "fmt"

// Subset is a view of some images of a data set, in a given order.
type Subset struct {
	Dataset
	index []int
}

// NewSubset returns the images of ds at the given positions. It panics if a
// position is out of range.
func NewSubset(ds Dataset, index []int) *Subset {
	for _, i := range index {
		if i < 0 || i >= ds.Len() {
			panic(fmt.Sprintf("data: a subset asks for image %d of %d", i, ds.Len()))
		}
	}
	return &Subset{Dataset: ds, index: index}
}

// First returns the first n images, or ds if n is 0 or at least its length.
func First(ds Dataset, n int) Dataset {
	if n <= 0 || n >= ds.Len() {
		return ds
	}
	return Every(ds, 1, n)
}

// Every returns images 0, step, 2*step ... of ds, at most n of them; n = 0 is
// no limit. Certification on ImageNet uses every 50th validation image.
func Every(ds Dataset, step, n int) *Subset {
	var index []int
	for i := 0; i < ds.Len() && (n <= 0 || len(index) < n); i += max(step, 1) {
		index = append(index, i)
	}
	return NewSubset(ds, index)
}

// Balanced returns the first n images of each class, in the order of ds. It is
// an error if a class has fewer.
func Balanced(ds Dataset, n int) (*Subset, error) {
	counts := make([]int, len(ds.Classes()))
	index := make([]int, 0, n*len(counts))
	for i := range ds.Len() {
		if c := ds.Label(i); counts[c] < n {
			counts[c]++
			index = append(index, i)
		}
	}
	for c, have := range counts {
		if have < n {
			return nil, fmt.Errorf("the class %q of the data set %s has %d images, but %d are asked for", ds.Classes()[c], ds.Name(), have, n)
		}
	}
	return NewSubset(ds, index), nil
}

// Len returns the number of images of the subset.
func (s *Subset) Len() int { return len(s.index) }

// Origin returns the position in the underlying data set of image i.
func (s *Subset) Origin(i int) int { return s.index[i] }

// Label returns the class of image i of the subset.
func (s *Subset) Label(i int) int { return s.Dataset.Label(s.index[i]) }

// Image returns image i of the subset.
func (s *Subset) Image(i int) (Image, error) { return s.Dataset.Image(s.index[i]) }

func (s *Subset) inner() Dataset { return s.Dataset }
func (s *Subset) at(i int) int   { return s.index[i] }
