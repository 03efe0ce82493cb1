package nn

import (
	"fmt"
	"math"

	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/ops"
)

// SinCosPositions returns the fixed position embedding of a grid x grid image
// and its class token, [1+grid*grid, width]. It has a zero row for the class
// token, then one row per patch in row-major order. Its first half is the
// embedding of the column, the second that of the row. The embedding of a
// coordinate x is sin(x w_i) for i = 0..width/4-1 and then cos(x w_i), with
// w_i = 10000^(-i/(width/4)). The width is a multiple of 4.
func SinCosPositions(width, grid int) []float64 {
	quarter := width / 4
	omega := make([]float64, quarter)
	for i := range omega {
		omega[i] = 1 / exact.Pow(10000, float64(i)/float64(quarter))
	}
	out := make([]float64, (1+grid*grid)*width)
	coordinate := func(dst []float64, x int) {
		for i, w := range omega {
			dst[i] = exact.Sin(float64(x) * w)
			dst[quarter+i] = exact.Cos(float64(x) * w)
		}
	}
	for row := range grid {
		for column := range grid {
			patch := out[(1+row*grid+column)*width:][:width]
			coordinate(patch[:width/2], column)
			coordinate(patch[width/2:], row)
		}
	}
	return out
}

// InterpolatePositions resizes a position embedding to another grid of
// patches. src is [1+from*from, width]: the class token's row, then the
// patches' rows in row-major order. The result is [1+to*to, width]. The class
// token's row is copied. Each column of the other rows is resized as a from x
// from image with the rule of [ops.Resize]: bicubic with a = -0.75, half-pixel
// centres, the border repeated, no antialiasing. Sums are computed in float64
// and rounded once.
func InterpolatePositions(src []float32, from, to, width int) []float32 {
	if len(src) != (1+from*from)*width {
		panic(fmt.Sprintf("nn.InterpolatePositions: %d values are no %d x %d grid of width %d with a class token", len(src), from, from, width))
	}
	dst := make([]float32, (1+to*to)*width)
	copy(dst, src[:width])
	row := make([]float64, width)
	for i := range to {
		rows, rowWeights := ops.CubicTaps(i, from, to)
		for j := range to {
			cols, colWeights := ops.CubicTaps(j, from, to)
			clear(row)
			for a, y := range rows {
				for b, x := range cols {
					weight := float64(rowWeights[a] * colWeights[b])
					for d, v := range src[(1+y*from+x)*width:][:width] {
						row[d] += float64(weight * float64(v))
					}
				}
			}
			for d, v := range row {
				dst[(1+i*to+j)*width+d] = float32(v)
			}
		}
	}
	return dst
}

// Grid returns the side of the square grid of a position embedding of shape [1,
// 1+grid*grid, width], and false for another shape.
func Grid(shape []int) (grid int, ok bool) {
	if len(shape) != 3 || shape[0] != 1 || shape[1] < 2 {
		return 0, false
	}
	grid = int(math.Sqrt(float64(shape[1] - 1)))
	return grid, grid*grid == shape[1]-1
}

// positionName is the parameter that is interpolated if the weights have
// another grid than the model.
const positionName = "pos_embed"

// regrids reports whether a tensor of the given shape is a position embedding
// that can be interpolated for a parameter.
func regrids(p *Param, shape []int) bool {
	_, ok1 := Grid(shape)
	_, ok2 := Grid(p.Shape.Dims())
	return p.Name == positionName && ok1 && ok2 && shape[2] == p.Shape.Last()
}

// regrid interpolates a position embedding of the given shape for a parameter
// with another grid. It returns false if they are not two grids of the same
// width.
func regrid(p *Param, shape []int, src func() ([]float32, error)) ([]float32, bool, error) {
	if !regrids(p, shape) {
		return nil, false, nil
	}
	v, err := src()
	if err != nil {
		return nil, true, err
	}
	from, _ := Grid(shape)
	to, _ := Grid(p.Shape.Dims())
	return InterpolatePositions(v, from, to, shape[2]), true, nil
}
