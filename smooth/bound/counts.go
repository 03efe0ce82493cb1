package bound

import "fmt"

// NoClass is the answer of a classifier without a class (all scores are
// NaN), and the class of an abstention. Such a sample counts in the number
// of samples and for no class.
const NoClass = -1

// ClassCount is a class and its number of samples.
type ClassCount [2]int

// Counts has the classes that occurred, in ascending order (NoClass first).
type Counts []ClassCount

// Of returns the count of a class.
func (c Counts) Of(class int) int {
	for _, cc := range c {
		if cc[0] == class {
			return cc[1]
		}
	}
	return 0
}

// Total returns the sum of all counts.
func (c Counts) Total() int {
	n := 0
	for _, cc := range c {
		n += cc[1]
	}
	return n
}

// Top returns the class with the largest count and the one after it; ties go
// to the lower class. Without any class it returns NoClass, with count 0.
func (c Counts) Top() (first, second ClassCount) {
	first, second = ClassCount{NoClass, 0}, ClassCount{NoClass, 0}
	for _, cc := range c {
		switch {
		case cc[0] == NoClass:
		case cc[1] > first[1]:
			first, second = cc, first
		case cc[1] > second[1]:
			second = cc
		}
	}
	return first, second
}

// Check returns an error unless the counts are valid for a classifier with the
// given number of classes: each class at most once, in ascending order.
func (c Counts) Check(classes int) error {
	last := NoClass - 1
	for _, cc := range c {
		if cc[0] <= last || cc[0] >= classes {
			return fmt.Errorf("class %d is out of order or outside %d classes", cc[0], classes)
		}
		if cc[1] <= 0 || cc[1] > MaxSamples {
			return fmt.Errorf("class %d has the count %d", cc[0], cc[1])
		}
		last = cc[0]
	}
	return nil
}
