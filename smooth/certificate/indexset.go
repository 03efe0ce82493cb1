package certificate

import (
	"errors"
	"fmt"
	"iter"
	"math"
)

// Span is an arithmetic progression of image indices: first, step, count.
type Span [3]int

// IndexSet is an increasing list of image indices in a few spans: every 20th of
// 10,000 images is [[0,20,500]].
type IndexSet []Span

// NewIndexSet makes the set of strictly increasing indices. Greedily, a span
// continues as long as the step is the same.
func NewIndexSet(indices []int) (IndexSet, error) {
	set := IndexSet{}
	for i, index := range indices {
		if index < 0 || int64(index) > math.MaxUint32 {
			return nil, fmt.Errorf("image index %d is outside 0..%d", index, int64(math.MaxUint32))
		}
		if i > 0 && index <= indices[i-1] {
			return nil, fmt.Errorf("image index %d follows %d: indices must increase", index, indices[i-1])
		}
		if n := len(set); n > 0 {
			s := &set[n-1]
			if s[2] == 1 {
				s[1] = index - s[0]
			}
			if index == s[0]+s[1]*s[2] {
				s[2]++
				continue
			}
		}
		set = append(set, Span{index, 1, 1})
	}
	return set, nil
}

// Len returns the number of indices.
func (set IndexSet) Len() int {
	n := 0
	for _, s := range set {
		n += s[2]
	}
	return n
}

// All yields the indices in order.
func (set IndexSet) All() iter.Seq[int] {
	return func(yield func(int) bool) {
		c := set.cursor()
		for index, ok := c.next(); ok && yield(index); index, ok = c.next() {
		}
	}
}

// cursor iterates over a set.
type cursor struct {
	rest IndexSet
	k    int // indices returned of rest[0]
	skip int // indices left out after each one
}

func (set IndexSet) cursor() cursor { return cursor{rest: set} }

// next returns the next index, and false after the last one.
func (c *cursor) next() (int, bool) {
	index, ok := c.step()
	for range c.skip {
		c.step()
	}
	return index, ok
}

func (c *cursor) step() (int, bool) {
	if len(c.rest) == 0 {
		return 0, false
	}
	s := c.rest[0]
	index := s[0] + c.k*s[1]
	if c.k++; c.k == s[2] {
		c.rest, c.k = c.rest[1:], 0
	}
	return index, true
}

// last returns the largest index of a set that is not empty.
func (set IndexSet) last() int {
	s := set[len(set)-1]
	return s[0] + s[1]*(s[2]-1)
}

// check verifies a set from a file: its spans must be those of NewIndexSet for
// its indices, so a set has only one form.
func (set IndexSet) check() error {
	last, due := int64(-1), int64(-1)
	for i, s := range set {
		first, step, count := int64(s[0]), int64(s[1]), int64(s[2])
		if first <= last || step < 1 || step > math.MaxUint32 || count < 1 || count > math.MaxUint32 || first > math.MaxUint32 {
			return fmt.Errorf("the image set has the impossible span [%d,%d,%d]", first, step, count)
		}
		if count-1 > (math.MaxUint32-first)/step {
			return fmt.Errorf("the image set reaches beyond %d", int64(math.MaxUint32))
		}
		if count == 1 && (step != 1 || i < len(set)-1) || first == due {
			return fmt.Errorf("the image set is not in canonical form at its span [%d,%d,%d], which can be merged with a neighbour or has an unused step", first, step, count)
		}
		last, due = first+step*(count-1), first+step*count
	}
	if len(set) == 0 {
		return errors.New("the image set is empty")
	}
	return nil
}
