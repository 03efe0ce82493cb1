package ops

import "github.com/godmae/godmae/tensor"

// Mix blends each image with another one of the batch: mixup (Zhang et al.,
// arXiv 1710.09412), y[b] = Scale*x[b] + (1-Scale)*x[partner[b]]. With a Box
// that is not empty it is cutmix (Yun et al., arXiv 1905.04899): rows Box[0] to
// Box[1]-1 and columns Box[2] to Box[3]-1 come from the partner and the rest
// from the image. Inputs: x [B, C, H, W], partner I32 [B], rows of x. Output: y
// like x: both products rounded, then their sum. Attributes: Scale, Box. Images
// need no derivative.
var Mix = &Op{
	Name:  "mix",
	In:    []Param{{Name: "x"}, {Name: "partner", Kind: Int}},
	Out:   []Param{{Name: "y"}},
	Reads: AttrScale | AttrBox,
	Batch: Batch{WholeBatch, "a sample is blended with another one"},
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		x, box := in[0].Shape(), at.Box
		if x.Rank() != 4 || in[1].Shape() != tensor.Of(x.Dim(0)) ||
			box[0] < 0 || box[1] > x.Dim(2) || box[2] < 0 || box[3] > x.Dim(3) {
			shapeError("mix", "x [B C H W] that the box lies in, partner i32 [B]", in)
		}
		return [MaxOut]Spec{F(x)}
	},
	Ref: func(out, in []*Array, at *Attr) {
		s := in[0].Shape
		h, w, n := s.Dim(2), s.Dim(3), s.Dim(1)*s.Dim(2)*s.Dim(3)
		for b, partner := range in[1].I {
			for i := range n {
				own, other := in[0].F[b*n+i], in[0].F[int(partner)*n+i]
				row, column := i/w%h, i%w
				switch {
				case !at.Cutmix():
					out[0].F[b*n+i] = own*at.Scale + other*(1-at.Scale)
				case row >= at.Box[0] && row < at.Box[1] && column >= at.Box[2] && column < at.Box[3]:
					out[0].F[b*n+i] = other
				default:
					out[0].F[b*n+i] = own
				}
			}
		}
	},
	Cases: func() []Case {
		pairs := ints([]int32{1, 0, 3, 2, 4}, 5)
		return []Case{
			{Name: "mixup", At: Attr{Scale: 0.3}, In: []Arg{N(5, 3, 5, 7), pairs}},
			{Name: "cutmix", At: Attr{Scale: 0.3, Box: [4]int{1, 4, 2, 7}}, In: []Arg{N(5, 3, 5, 7), pairs}},
			{Name: "large", At: Attr{Scale: 0.75}, In: []Arg{N(2, 1, 40, 40), ints([]int32{1, 1}, 2)}},
		}
	},
}

// Cutmix reports whether [Mix] copies a box of the partner.
func (at *Attr) Cutmix() bool { return at.Box[0] < at.Box[1] && at.Box[2] < at.Box[3] }
