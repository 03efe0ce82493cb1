package ops

import (
	"math"

	"github.com/godmae/godmae/tensor"
)

// Resize is bicubic interpolation of images with Keys' kernel at a = -0.75,
// half-pixel centres, the border pixel repeated outside and no antialiasing.
// Output pixel i reads the four input pixels around (i+0.5)*in/out - 0.5. Rows
// are interpolated first (four taps in ascending order), then columns. Input:
// img [B, C, h, w]. Output: [B, C, Size[0], Size[1]]. Attribute: Size.
var Resize = &Op{
	Name:  "resize",
	In:    []Param{{Name: "img"}},
	Out:   []Param{{Name: "y"}},
	Reads: AttrSize,
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		x := in[0].Shape()
		if x.Rank() != 4 || x.Dim(2) < 1 || x.Dim(3) < 1 || at.Size[0] < 1 || at.Size[1] < 1 {
			shapeError("resize", "img [B C h w], not empty, and a positive size", in)
		}
		return [MaxOut]Spec{F(tensor.Of(x.Dim(0), x.Dim(1), at.Size[0], at.Size[1]))}
	},
	Ref: func(out, in []*Array, at *Attr) {
		x := in[0].Shape
		h, w, oh, ow := x.Dim(2), x.Dim(3), at.Size[0], at.Size[1]
		for plane := range x.Dim(0) * x.Dim(1) {
			src, dst := in[0].F[plane*h*w:(plane+1)*h*w], out[0].F[plane*oh*ow:(plane+1)*oh*ow]
			for i := range oh {
				rows, rowWeights := CubicTaps(i, h, oh)
				for j := range ow {
					cols, colWeights := CubicTaps(j, w, ow)
					sum := 0.0
					for a, row := range rows {
						line := 0.0
						for b, col := range cols {
							line += colWeights[b] * src[row*w+col]
						}
						sum += rowWeights[a] * line
					}
					dst[i*ow+j] = sum
				}
			}
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "enlarge", At: Attr{Size: [2]int{16, 14}}, In: []Arg{N(2, 3, 5, 7)}},
			{Name: "shrink", At: Attr{Size: [2]int{3, 4}}, In: []Arg{N(1, 1, 8, 9)}},
			{Name: "same size", At: Attr{Size: [2]int{6, 5}}, In: []Arg{N(1, 2, 6, 5)}},
		}
	},
}

// ResizeGrad is the derivative of [Resize] with respect to the image, the
// transpose of the linear map. The gradient of an output pixel is added to the
// pixels that it read, with the same weights. Columns come first (output rows
// ascending, their four taps in ascending order), then rows. Input: dy [B, C,
// H, W]. Output: dx [B, C, Size[0], Size[1]]. Attribute: Size, the size of the
// image before resizing.
var ResizeGrad = &Op{
	Name:  "resize.grad_x",
	In:    []Param{{Name: "dy"}},
	Out:   []Param{{Name: "dx"}},
	Reads: AttrSize,
	Batch: Batch{Rule: PerSample},
	Infer: func(in []*tensor.Tensor, at *Attr) [MaxOut]Spec {
		dy := in[0].Shape()
		if dy.Rank() != 4 || dy.Dim(2) < 1 || dy.Dim(3) < 1 || at.Size[0] < 1 || at.Size[1] < 1 {
			shapeError("resize.grad_x", "dy [B C H W], not empty, and a positive size", in)
		}
		return [MaxOut]Spec{F(tensor.Of(dy.Dim(0), dy.Dim(1), at.Size[0], at.Size[1]))}
	},
	Ref: func(out, in []*Array, at *Attr) {
		dy := in[0].Shape
		oh, ow, h, w := dy.Dim(2), dy.Dim(3), at.Size[0], at.Size[1]
		for plane := range dy.Dim(0) * dy.Dim(1) {
			src, dst := in[0].F[plane*oh*ow:(plane+1)*oh*ow], out[0].F[plane*h*w:(plane+1)*h*w]
			clear(dst)
			for i := range oh {
				rows, rowWeights := CubicTaps(i, h, oh)
				for j := range ow {
					cols, colWeights := CubicTaps(j, w, ow)
					for a, row := range rows {
						for b, col := range cols {
							dst[row*w+col] += rowWeights[a] * colWeights[b] * src[i*ow+j]
						}
					}
				}
			}
		}
	},
	Cases: func() []Case {
		return []Case{
			{Name: "enlarged", At: Attr{Size: [2]int{5, 7}}, In: []Arg{N(2, 3, 16, 14)}},
			{Name: "shrunk", At: Attr{Size: [2]int{8, 9}}, In: []Arg{N(1, 1, 3, 4)}},
			{Name: "same size", At: Attr{Size: [2]int{6, 5}}, In: []Arg{N(1, 2, 6, 5)}},
		}
	},
}

// CubicTaps returns the four input positions that output position i reads when
// n positions become m, and their weights (Keys, "Cubic convolution
// interpolation", 1981, with a = -0.75). Products are rounded before they are
// added, so the weights are the same on every machine.
func CubicTaps(i, n, m int) (pos [4]int, weight [4]float64) {
	const a = -0.75
	centre := float64((float64(i)+0.5)*float64(n))/float64(m) - 0.5
	first := math.Floor(centre)
	for k := range 4 {
		p := int(first) - 1 + k
		x := math.Abs(centre - float64(p))
		if x <= 1 {
			weight[k] = float64((float64((a+2)*x)-(a+3))*float64(x*x)) + 1
		} else {
			weight[k] = float64((float64((float64(a*x)-5*a)*x)+8*a)*x) - 4*a
		}
		pos[k] = min(max(p, 0), n-1)
	}
	return pos, weight
}
