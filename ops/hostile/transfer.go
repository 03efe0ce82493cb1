package hostile

import (
	"errors"
	"fmt"

	"github.com/godmae/godmae/tensor"
)

// Upload copies host numbers.
func (b *Backend) Upload(dst *tensor.Tensor, src any) {
	b.call()
	to, n := b.on("hostile.Upload", dst), 0
	var kept any
	switch src := src.(type) {
	case []float32:
		n, kept = len(src), append([]float32(nil), src...)
	case []float64:
		n, kept = len(src), append([]float64(nil), src...)
	case []int32:
		n, kept = len(src), append([]int32(nil), src...)
	default:
		panic(&tensor.ShapeError{Op: "hostile.Upload", Msg: fmt.Sprintf("cannot upload %T", src)})
	}
	if _, ints := src.([]int32); n != dst.Shape().Elems() || ints != (dst.DType() == tensor.I32) {
		panic(&tensor.ShapeError{Op: "hostile.Upload", Msg: fmt.Sprintf("%d numbers of a %T for a %v tensor %v", n, src, dst.DType(), dst.Shape())})
	}
	dst.Touch()
	b.later(func() { b.inner.Upload(to(), kept) })
}

// Download waits and copies a tensor to the host. With an error it fills dst
// with rubbish.
func (b *Backend) Download(dst any, src *tensor.Tensor) error {
	b.call()
	from, n, ints := b.on("hostile.Download", src), 0, false
	switch dst := dst.(type) {
	case []float32:
		n = len(dst)
		for i := range dst {
			dst[i] = 12345
		}
	case []float64:
		n = len(dst)
		for i := range dst {
			dst[i] = 12345
		}
	case []int32:
		n, ints = len(dst), true
		for i := range dst {
			dst[i] = 12345
		}
	default:
		panic(&tensor.ShapeError{Op: "hostile.Download", Msg: fmt.Sprintf("cannot download into %T", dst)})
	}
	if n != src.Shape().Elems() || ints != (src.DType() == tensor.I32) {
		panic(&tensor.ShapeError{Op: "hostile.Download", Msg: fmt.Sprintf("a %v tensor %v into %d numbers of a %T", src.DType(), src.Shape(), n, dst)})
	}
	var err error
	b.later(func() { err = b.inner.Download(dst, from()) })
	return errors.Join(b.wait(), err)
}
