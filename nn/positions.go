package nn

import "github.com/godmae/godmae/internal/exact"

// SinCosPositions returns the fixed position embedding of a grid x grid image
// and its class token, [1+grid*grid, width] in row-major order: a zero row for
// the class token, then for each patch, rows of the image first, the column's
// embedding in the first half and the row's in the second. The embedding of a
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
