package tensor

import (
	"fmt"
	"strings"
)

// MaxRank is the largest number of dimensions of a tensor.
const MaxRank = 4

// Shape is the sizes of a tensor's dimensions, outermost first. It is a
// comparable value; the zero Shape is that of a scalar.
type Shape struct {
	rank int
	dims [MaxRank]int
}

// Of returns the shape with the given dimensions. It panics if there are more
// than [MaxRank] of them or one is negative.
func Of(dims ...int) Shape {
	if len(dims) > MaxRank {
		panic(&ShapeError{Op: "tensor.Of", Msg: fmt.Sprintf("%d dimensions, the largest number is %d", len(dims), MaxRank)})
	}
	s := Shape{rank: len(dims)}
	for i, d := range dims {
		if d < 0 {
			panic(&ShapeError{Op: "tensor.Of", Msg: fmt.Sprintf("dimension %d is %d", i, d)})
		}
		s.dims[i] = d
	}
	return s
}

// Rank returns the number of dimensions.
func (s Shape) Rank() int { return s.rank }

// Dim returns the size of dimension i; negative i count from the innermost:
// Dim(-1) is the last one.
func (s Shape) Dim(i int) int {
	if i < 0 {
		i += s.rank
	}
	if i < 0 || i >= s.rank {
		panic(&ShapeError{Op: "tensor.Shape.Dim", Msg: fmt.Sprintf("dimension %d of %v", i, s)})
	}
	return s.dims[i]
}

// Elems returns the number of elements, 1 for a scalar.
func (s Shape) Elems() int {
	n := 1
	for _, d := range s.dims[:s.rank] {
		n *= d
	}
	return n
}

// Last returns the size of the innermost dimension, 1 for a scalar.
func (s Shape) Last() int {
	if s.rank == 0 {
		return 1
	}
	return s.dims[s.rank-1]
}

// Rows returns the number of innermost vectors: Elems divided by Last.
func (s Shape) Rows() int {
	n := 1
	for i := 0; i < s.rank-1; i++ {
		n *= s.dims[i]
	}
	return n
}

// WithLast returns the shape with its innermost dimension replaced.
func (s Shape) WithLast(n int) Shape {
	if s.rank == 0 {
		panic(&ShapeError{Op: "tensor.Shape.WithLast", Msg: "a scalar has no dimensions"})
	}
	s.dims[s.rank-1] = n
	return s
}

// WithFirst returns the shape with its outermost dimension replaced.
func (s Shape) WithFirst(n int) Shape {
	if s.rank == 0 {
		panic(&ShapeError{Op: "tensor.Shape.WithFirst", Msg: "a scalar has no dimensions"})
	}
	s.dims[0] = n
	return s
}

// Dims returns a fresh slice of the dimensions.
func (s Shape) Dims() []int { return append([]int(nil), s.dims[:s.rank]...) }

// String returns the shape as "[2 3 4]".
func (s Shape) String() string {
	parts := make([]string, s.rank)
	for i := range parts {
		parts[i] = fmt.Sprint(s.dims[i])
	}
	return "[" + strings.Join(parts, " ") + "]"
}

// ShapeError is the panic value for shapes that do not fit together, which is a
// bug of the program rather than an error of its user.
type ShapeError struct {
	Op  string // operation or function
	Msg string // both shapes and the expected ones
}

func (e *ShapeError) Error() string { return e.Op + ": " + e.Msg }
