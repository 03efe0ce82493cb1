package simd

import (
	"math"
	"sync"
)

// reduceBlock is the block length of a reduction with sixteen lanes; the block
// results of a longer slice are reduced in the same way.
const reduceBlock = 4096

// Sum returns the sum of x: element i is added to lane i mod 16, the lanes
// start at +0, and then lanes i+8, i+4, i+2 and i+1 are added to lane i in
// turn. Slices longer than 4,096 elements are divided into blocks of that
// size, and the block results are summed in the same way.
func Sum(x []float32) float32 {
	return reduce(x, nil, sumOf(func(acc *[lanes]float32, x, _ []float32) {
		n := whole(len(x))
		use().sum(acc, x[:n])
		sumGo(acc, x[n:])
	}))
}

// SumSquares returns the sum of x[i]^2, with each square added to its lane by a
// fused multiply-add; lanes and blocks as in [Sum].
func SumSquares(x []float32) float32 {
	return reduce(x, nil, sumOf(func(acc *[lanes]float32, x, _ []float32) {
		n := whole(len(x))
		use().sumSquares(acc, x[:n])
		sumSquaresGo(acc, x[n:])
	}))
}

// Dot returns the sum of a[i]*b[i], with each product added to its lane by a
// fused multiply-add; lanes and blocks as in [Sum].
func Dot(a, b []float32) float32 {
	need("Dot", "b", len(b), len(a))
	return reduce(a, b, sumOf(func(acc *[lanes]float32, a, b []float32) {
		n := whole(len(a))
		use().dot(acc, a[:n], b[:n])
		dotGo(acc, a[n:], b[n:])
	}))
}

// SquaredDiffSum returns the sum of (a[i]-b[i])^2: the difference is rounded,
// and its square added to the lane by a fused multiply-add; lanes and blocks
// as in [Sum].
func SquaredDiffSum(a, b []float32) float32 {
	need("SquaredDiffSum", "b", len(b), len(a))
	return reduce(a, b, sumOf(func(acc *[lanes]float32, a, b []float32) {
		n := whole(len(a))
		use().squaredDiff(acc, a[:n], b[:n])
		squaredDiffGo(acc, a[n:], b[n:])
	}))
}

// Max returns the largest element of x by compare-and-select from -Inf, in
// lanes and blocks as in [Sum]. NaN never compares as larger, so NaN elements
// are ignored; the maximum of no elements is -Inf.
func Max(x []float32) float32 {
	return reduce(x, nil, reduction{float32(math.Inf(-1)), treeMax, larger, func(acc *[lanes]float32, x, _ []float32) {
		n := whole(len(x))
		use().max(acc, x[:n])
		maxGo(acc, x[n:])
	}})
}

// reduce divides a (and b, unless nil) into blocks, reduces each with block to
// sixteen lanes that start at start, and combines the lanes with tree. The
// block results are reduced in the same way, level by level, without being
// stored. It allocates nothing.
func reduce(a, b []float32, r reduction) float32 {
	s := reductions.Get().(*reductionState)
	defer reductions.Put(s)
	upper := &s.upper
	for i := 0; i == 0 || i < len(a); i += reduceBlock {
		end := min(i+reduceBlock, len(a))
		Fill(s.acc[:], r.start)
		if b == nil {
			r.block(&s.acc, a[i:end], nil)
		} else {
			r.block(&s.acc, a[i:end], b[i:end])
		}
		v := r.tree(&s.acc)
		if len(a) <= reduceBlock {
			return v
		}
		if upper[0].push(v, r) == reduceBlock {
			upper[1].push(upper[0].finish(r), r)
		}
	}
	if upper[1].n == 0 {
		return upper[0].finish(r)
	}
	if upper[0].n > 0 {
		upper[1].push(upper[0].finish(r), r)
	}
	return upper[1].finish(r)
}

// reductionState is the memory of one reduction.
type reductionState struct {
	acc   [lanes]float32
	upper [2]level // both empty between reductions
}

var reductions = sync.Pool{New: func() any { return new(reductionState) }}

// reduction has the functions of a reduction: a sum or a maximum.
type reduction struct {
	start float32
	tree  func(*[lanes]float32) float32
	enter func(lane, v float32) float32 // adds a block result to its lane
	block func(acc *[lanes]float32, a, b []float32)
}

func sumOf(block func(acc *[lanes]float32, a, b []float32)) reduction {
	return reduction{0, treeSum, func(lane, v float32) float32 { return lane + v }, block}
}

func larger(m, v float32) float32 {
	if v > m {
		return v
	}
	return m
}

// level collects up to 4,096 block results in sixteen lanes.
type level struct {
	acc [lanes]float32
	n   int
}

// push adds one result to its lane and returns the number of results so far.
func (l *level) push(v float32, r reduction) int {
	if l.n == 0 {
		Fill(l.acc[:], r.start)
	}
	lane := l.acc[l.n%lanes]
	l.acc[l.n%lanes] = r.enter(lane, v)
	l.n++
	return l.n
}

// finish returns the combined lanes and empties the level. A single result is
// returned unchanged.
func (l *level) finish(r reduction) float32 {
	first, n := l.acc[0], l.n
	l.n = 0
	if n == 1 {
		return first
	}
	return r.tree(&l.acc)
}

// treeSum adds sixteen lanes: the upper half to the lower, four times.
func treeSum(s *[lanes]float32) float32 {
	for h := lanes / 2; h > 0; h /= 2 {
		for i := range h {
			s[i] += s[i+h]
		}
	}
	return s[0]
}

// treeMax is treeSum with "upper > lower ? upper : lower".
func treeMax(s *[lanes]float32) float32 {
	for h := lanes / 2; h > 0; h /= 2 {
		for i := range h {
			s[i] = larger(s[i], s[i+h])
		}
	}
	return s[0]
}
