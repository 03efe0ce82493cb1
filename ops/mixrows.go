package ops

import "github.com/godmae/godmae/tensor"

// MixRows is [Mix] with separate weights and boxes for each image: y[b] = w[b,0]*x[b] + w[b,1]*x[partner[b]]. If
// the box of image b is not empty, the partner's rows box[b,0] to box[b,1]-1 and columns box[b,2] to box[b,3]-1
// are copied into the image instead. Inputs: x [B, C, H, W], partner I32 [B], rows of x, w [B, 2], box I32 [B,
// 4]. Output: y like x: both products rounded, then their sum. Images need no derivative.
var MixRows = &Op{
	Name:  "mixrows",
	In:    []Param{{Name: "x"}, {Name: "partner", Kind: Int}, {Name: "w"}, {Name: "box", Kind: Int}},
	Out:   []Param{{Name: "y"}},
	Batch: Batch{WholeBatch, "a sample is blended with another one"},
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		x := in[0].Shape()
		if x.Rank() != 4 || in[1].Shape() != tensor.Of(x.Dim(0)) ||
			in[2].Shape() != tensor.Of(x.Dim(0), 2) || in[3].Shape() != tensor.Of(x.Dim(0), 4) {
			shapeError("mixrows", "x [B C H W], partner i32 [B], weights [B 2], boxes i32 [B 4]", in)
		}
		return [MaxOut]Spec{F(x)}
	},
	Ref: func(out, in []*Array, at *Attr) {
		s := in[0].Shape
		h, w, n := s.Dim(2), s.Dim(3), s.Dim(1)*s.Dim(2)*s.Dim(3)
		for b, partner := range in[1].I {
			box := [4]int32(in[3].I[4*b:])
			for i := range n {
				own, other := in[0].F[b*n+i], in[0].F[int(partner)*n+i]
				row, column := int32(i/w%h), int32(i%w)
				switch {
				case !HasBox(box):
					out[0].F[b*n+i] = own*in[2].F[2*b] + other*in[2].F[2*b+1]
				case row >= box[0] && row < box[1] && column >= box[2] && column < box[3]:
					out[0].F[b*n+i] = other
				default:
					out[0].F[b*n+i] = own
				}
			}
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "rows", In: []Arg{N(4, 3, 5, 7), ints([]int32{1, 0, 3, 2}, 4),
				{Shape: tensor.Of(4, 2), Floats: []float64{0.3, 0.7, 1, 0, 0.5, 0.5, 0.875, 0.125}, Present: true},
				ints([]int32{0, 0, 0, 0, 1, 4, 2, 7, 0, 5, 0, 7, 3, 3, 1, 2}, 4, 4)}, NoGrad: []int{2}},
		}
	},
}

// HasBox reports whether a box of [MixRows] is not empty.
func HasBox(box [4]int32) bool { return box[0] < box[1] && box[2] < box[3] }
