package ops

import "github.com/godmae/godmae/tensor"

// Order is the order of the values inside a flattened patch.
type Order uint8

// The two orders in use: a patch embedding is a convolution (channel, row,
// column), a reconstruction target interleaves channels (row, column, channel).
const (
	ChannelRowColumn Order = iota
	RowColumnChannel
)

// Patchify cuts images into patches, row by row, and flattens each patch in
// the given Order. The result is the input of a patch embedding or a
// reconstruction target. Input: img [B, C, H, W], H and W multiples of Patch.
// Output: [B, H/Patch*W/Patch, C*Patch*Patch]. Attributes: Patch, Order. Its
// derivative is [Unpatchify].
var Patchify = &Op{
	Name:  "patchify",
	In:    []Param{{Name: "img"}},
	Out:   []Param{{Name: "y"}},
	Reads: AttrPatch | AttrOrder,
	Moves: true,
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		x, p := in[0].Shape(), at.Patch
		if x.Rank() != 4 || p < 1 || x.Dim(2)%p != 0 || x.Dim(3)%p != 0 {
			shapeError("patchify", "img [B C H W] with H and W multiples of the patch", in)
		}
		return [MaxOut]Spec{F(tensor.Of(x.Dim(0), x.Dim(2)/p*(x.Dim(3)/p), x.Dim(1)*p*p))}
	},
	Ref: func(out, in []*Array, at *Attr) {
		eachPatchValue(in[0].Shape, at, func(pixel, value int) { out[0].F[value] = in[0].F[pixel] })
	},
	Cases: func() []Case {
		return []Case{
			{Name: "channel row column", At: Attr{Patch: 4}, In: []Arg{N(2, 3, 8, 12)}},
			{Name: "row column channel", At: Attr{Patch: 2, Order: RowColumnChannel}, In: []Arg{N(2, 3, 6, 4)}},
			{Name: "grey", At: Attr{Patch: 7}, In: []Arg{N(1, 1, 14, 14)}},
		}
	},
}

// Unpatchify is the inverse of [Patchify]. Input: x [B, L, P]. Output: img
// [B, P/Patch^2, H, W]. Attributes: Patch, Order, and Size = {H, W}.
var Unpatchify = &Op{
	Name:  "unpatchify",
	In:    []Param{{Name: "x"}},
	Out:   []Param{{Name: "img"}},
	Reads: AttrPatch | AttrOrder | AttrSize,
	Moves: true,
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		x, p, h, w := in[0].Shape(), at.Patch, at.Size[0], at.Size[1]
		if x.Rank() != 3 || p < 1 || x.Dim(2)%(p*p) != 0 || h%p != 0 || w%p != 0 || h/p*(w/p) != x.Dim(1) {
			shapeError("unpatchify", "x [B L P] with as many patches as the size holds", in)
		}
		return [MaxOut]Spec{F(tensor.Of(x.Dim(0), x.Dim(2)/(p*p), h, w))}
	},
	Ref: func(out, in []*Array, at *Attr) {
		eachPatchValue(out[0].Shape, at, func(pixel, value int) { out[0].F[pixel] = in[0].F[value] })
	},
	Cases: func() []Case {
		return []Case{
			{Name: "channel row column", At: Attr{Patch: 4, Size: [2]int{8, 12}}, In: []Arg{N(2, 6, 48)}},
			{Name: "row column channel", At: Attr{Patch: 2, Order: RowColumnChannel, Size: [2]int{6, 4}}, In: []Arg{N(2, 6, 12)}},
		}
	},
}

// eachPatchValue calls f with the position of every pixel of images of shape
// img and of the value it becomes in the patches.
func eachPatchValue(img tensor.Shape, at *Attr, f func(pixel, value int)) {
	c, h, w, p := img.Dim(1), img.Dim(2), img.Dim(3), at.Patch
	for b := range img.Dim(0) {
		for ch := range c {
			for i := range h {
				for j := range w {
					patch := (b*(h/p)+i/p)*(w/p) + j/p
					value := (ch*p+i%p)*p + j%p
					if at.Order == RowColumnChannel {
						value = (i%p*p+j%p)*c + ch
					}
					f(((b*c+ch)*h+i)*w+j, patch*c*p*p+value)
				}
			}
		}
	}
}

// Normalize maps each channel to (img - mean)/std, a subtraction and a
// division. Input: img [B, C, H, W] with C <= 3. Output: like img. Attribute:
// Chan = {mean, std} by channel.
var Normalize = &Op{
	Name:  "normalize",
	In:    []Param{{Name: "img"}},
	Out:   []Param{{Name: "y"}},
	Reads: AttrChan,
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		x := in[0].Shape()
		if x.Rank() != 4 || x.Dim(1) > len(at.Chan[0]) {
			shapeError("normalize", "img [B C H W] with at most 3 channels", in)
		}
		return [MaxOut]Spec{F(x)}
	},
	Ref: func(out, in []*Array, at *Attr) {
		x := in[0].Shape
		n := x.Dim(2) * x.Dim(3)
		for i, v := range in[0].F {
			c := i / n % x.Dim(1)
			out[0].F[i] = (v - at.Chan[0][c]) / at.Chan[1][c]
		}
	},
	Cases: func() []Case {
		at := Attr{Chan: [2][3]float64{{0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}}}
		return []Case{{Name: "colour", At: at, In: []Arg{N(2, 3, 5, 7)}}, {Name: "grey", At: at, In: []Arg{N(3, 1, 4, 4)}}}
	},
}

// Pixels turns 8-bit images into network inputs, y = x/255. Inputs: x U8 [B, ...], and
// optionally image I32 [B] with values in [0, N). With image, x is [N, ...] and sample
// b is x[image[b]], so several samples share one upload. Output: y, floats [B, ...],
// the quotients rounded once.
var Pixels = &Op{
	Name:  "pixels",
	In:    []Param{{Name: "x", Kind: Byte}, {Name: "image", Kind: Int, Optional: true, Picks: true}},
	Out:   []Param{{Name: "y"}},
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, _ *Attr) [MaxOut]Spec {
		y, ok := pick(in[0], in[1])
		if !ok {
			shapeError("pixels", "x u8 [N ...], image i32 [B] or none (then N is B)", in)
		}
		return [MaxOut]Spec{F(y)}
	},
	Ref: func(out, in []*Array, _ *Attr) {
		n := out[0].Shape.Elems() / max(1, out[0].Shape.Dim(0))
		for i := range out[0].F {
			out[0].F[i] = float64(in[0].U[picked(in[1], i/max(1, n))*n+i%n]) / 255
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "images", In: []Arg{grey(3, 3, 5, 7)}},
			{Name: "shared", In: []Arg{grey(2, 3, 5, 7), ints([]int32{1, 0, 1, 1}, 4)}},
		}
	},
}

// pick returns the shape of the samples that image selects from x, or of x if
// image is nil.
func pick(x, image *tensor.Tensor) (y tensor.Shape, ok bool) {
	s := x.Shape()
	switch {
	case s.Rank() < 1:
		return s, false
	case image == nil:
		return s, true
	case image.Shape().Rank() != 1:
		return s, false
	}
	return s.WithFirst(image.Shape().Dim(0)), true
}

// picked returns the index in x of a sample.
func picked(image *Array, sample int) int {
	if image == nil {
		return sample
	}
	return int(image.I[sample])
}
