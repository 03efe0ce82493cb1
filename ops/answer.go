package ops

import (
	"math"

	"github.com/godmae/godmae/tensor"
)

// NoAnswer is the result of [ArgMax] and [TopK] where there is no position.
const NoAnswer = -1

// ArgMax is the prediction of a classifier: the position of the largest number of
// each row, or the first position if several are equal. It is NoAnswer if no
// number is above -Inf. NaN is never chosen. Input: x [..., K]. Output: class I32
// [rows].
var ArgMax = &Op{
	Name:  "argmax",
	In:    []Param{{Name: "x"}},
	Out:   []Param{{Name: "class", Kind: Int}},
	Moves: true,
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, _ *Attr) [MaxOut]Spec {
		if in[0].Shape().Rank() < 1 {
			shapeError("argmax", "x [... K]", in)
		}
		return [MaxOut]Spec{{Int, tensor.Of(in[0].Shape().Rows())}}
	},
	Ref: func(out, in []*Array, _ *Attr) {
		k := in[0].Shape.Last()
		for r := range out[0].I {
			TopOf(out[0].I[r:r+1], in[0].F[r*k:(r+1)*k])
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "rows", In: []Arg{N(3, 10)}},
			{Name: "wide", In: []Arg{N(2, 2, 37)}},
			{Name: "corners", In: []Arg{answerCorners()}},
		}
	},
}

// TopK lists the Count best predictions of a classifier, best first: the positions
// of the largest numbers of each row, equal ones in ascending order. NaN and -Inf
// are not listed; NoAnswer fills the remaining places. Input: x [..., K], Count <=
// K. Output: classes I32 [rows, Count]. Attribute: Count.
var TopK = &Op{
	Name:  "topk",
	In:    []Param{{Name: "x"}},
	Out:   []Param{{Name: "classes", Kind: Int}},
	Reads: AttrCount,
	Moves: true,
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		x := in[0].Shape()
		if x.Rank() < 1 || at.Count < 1 || at.Count > x.Last() {
			shapeError("topk", "x [... K] with 1 <= Count <= K", in)
		}
		return [MaxOut]Spec{{Int, tensor.Of(x.Rows(), at.Count)}}
	},
	Ref: func(out, in []*Array, at *Attr) {
		k := in[0].Shape.Last()
		for r := range in[0].Shape.Rows() {
			TopOf(out[0].I[r*at.Count:(r+1)*at.Count], in[0].F[r*k:(r+1)*k])
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "five", At: Attr{Count: 5}, In: []Arg{N(3, 10)}},
			{Name: "all", At: Attr{Count: 7}, In: []Arg{N(2, 7)}},
			{Name: "corners", At: Attr{Count: 3}, In: []Arg{answerCorners()}},
		}
	},
}

// answerCorners are rows with ties, infinities and NaN.
func answerCorners() Arg {
	nan, inf := math.NaN(), math.Inf(1)
	return Arg{Shape: tensor.Of(7, 4), Present: true, Floats: []float64{
		1, 2, 2, 0,
		nan, 0, nan, -1,
		-inf, nan, -inf, nan,
		inf, 3, inf, 4,
		-inf, -5, nan, -inf,
		0, math.Copysign(0, -1), 0, 0,
		nan, nan, nan, nan,
	}}
}

// TopOf fills top with the positions of the largest numbers of row, in the
// order of [TopK].
func TopOf[T float32 | float64](top []int32, row []T) {
	for i := range top {
		best, at := T(math.Inf(-1)), int32(NoAnswer)
		for j, x := range row {
			behind := i == 0 || x < row[top[i-1]] || x == row[top[i-1]] && int32(j) > top[i-1]
			if behind && x > best {
				best, at = x, int32(j)
			}
		}
		if top[i] = at; at == NoAnswer {
			for ; i < len(top); i++ {
				top[i] = NoAnswer
			}
			return
		}
	}
}
