package cpu

import "github.com/godmae/godmae/tensor"

// rows is a tensor, or a part of one, as a matrix of count contiguous rows of
// width elements.
type rows[T float32 | int32 | uint8] struct {
	data         []T
	count, width int
}

// row returns row i.
func (r rows[T]) row(i int) []T { return r.data[i*r.width : (i+1)*r.width] }

// span returns rows lo to hi-1.
func (r rows[T]) span(lo, hi int) []T { return r.data[lo*r.width : hi*r.width] }

// grain is the number of rows that a worker takes at a time.
func (r rows[T]) grain() int { return rowGrain(r.width) }

// rowsOf returns a float tensor as rows along its last dimension.
func rowsOf(t *tensor.Tensor) rows[float32] {
	return rows[float32]{floats(t), t.Shape().Rows(), t.Shape().Last()}
}

// samplesOf returns a float tensor with one row for each sample, that is for
// each index of its outermost dimension.
func samplesOf(t *tensor.Tensor) rows[float32] {
	count, width := samples(t)
	return rows[float32]{floats(t), count, width}
}

// intsOf returns an integer tensor as one row for each sample.
func intsOf(t *tensor.Tensor) rows[int32] {
	count, width := samples(t)
	return rows[int32]{ints(t), count, width}
}

// bytesOf returns a tensor of bytes as one row for each sample.
func bytesOf(t *tensor.Tensor) rows[uint8] {
	count, width := samples(t)
	return rows[uint8]{tensor.Data[uint8](t), count, width}
}

// planesOf returns images [B, C, H, W] as one row for each of the B*C planes.
func planesOf(t *tensor.Tensor) rows[float32] {
	s := t.Shape()
	return rows[float32]{floats(t), s.Dim(0) * s.Dim(1), s.Dim(2) * s.Dim(3)}
}

// tokens is a tensor [B, T, D]: count samples of t tokens of d elements.
type tokens struct {
	data        []float32
	count, t, d int
}

func tokensOf(x *tensor.Tensor) tokens {
	s := x.Shape()
	return tokens{floats(x), s.Dim(0), s.Dim(1), s.Dim(2)}
}

// sample returns the tokens of a sample, one per row.
func (x *tokens) sample(s int) rows[float32] {
	n := x.t * x.d
	return rows[float32]{x.data[s*n : (s+1)*n], x.t, x.d}
}

// grain is the number of samples that a worker takes at a time.
func (x *tokens) grain() int { return rowGrain(x.t * x.d) }

// samples returns the number of samples of a tensor (its outermost dimension)
// and the elements of one.
func samples(t *tensor.Tensor) (count, elems int) {
	count = t.Shape().Dim(0)
	if count == 0 {
		return 0, 0
	}
	return count, t.Shape().Elems() / count
}

// floats returns the elements of a float tensor, nil for an absent one.
func floats(t *tensor.Tensor) []float32 {
	if t == nil {
		return nil
	}
	return tensor.Data[float32](t)
}

// ints returns the elements of an integer tensor, nil for an absent one.
func ints(t *tensor.Tensor) []int32 {
	if t == nil {
		return nil
	}
	return tensor.Data[int32](t)
}
