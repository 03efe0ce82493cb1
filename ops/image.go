package ops

import "github.com/godmae/godmae/tensor"

// Patchify cuts images into patches, rows of patches first, each flattened in
// the given Order: the layout of a patch embedding's input or of a
// reconstruction target. Input: img [B, C, H, W], H and W multiples of Patch.
// Output: [B, H/Patch*W/Patch, C*Patch*Patch]. Attributes: Patch, Order. Its
// derivative is [Unpatchify].
var Patchify = &Op{
	Name:    "patchify",
	Outputs: 1,
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		x, p := in[0].Shape(), at.Patch
		if x.Rank() != 4 || p < 1 || x.Dim(2)%p != 0 || x.Dim(3)%p != 0 {
			mismatch("patchify", "img [B C H W] with H and W multiples of the patch", in)
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
	Name:    "unpatchify",
	Outputs: 1,
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		x, p, h, w := in[0].Shape(), at.Patch, at.Size[0], at.Size[1]
		if x.Rank() != 3 || p < 1 || x.Dim(2)%(p*p) != 0 || h%p != 0 || w%p != 0 || h/p*(w/p) != x.Dim(1) {
			mismatch("unpatchify", "x [B L P] with as many patches as the size holds", in)
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
	Name:    "normalize",
	Outputs: 1,
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		x := in[0].Shape()
		if x.Rank() != 4 || x.Dim(1) > len(at.Chan[0]) {
			mismatch("normalize", "img [B C H W] with at most 3 channels", in)
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
