package hostile

import (
	"errors"
	"slices"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// Upload copies host numbers before it returns and queues the upload of the
// copy.
func (b *Backend) Upload(dst *tensor.Tensor, src any) {
	b.call()
	to := b.on("hostile.Upload", dst)
	ops.CheckTransfer("hostile.Upload", dst, src)
	dst.Touch()
	kept := clone(src)
	b.later(func() { b.inner.Upload(to(), kept) })
}

// fetch is a running copy to the host.
type fetch struct {
	done   chan struct{} // closed by the device
	staged any           // the later contents of dst
	err    error         // of the wrapped backend
	dst    any
}

// Fetch fills dst with invalid values until Await.
func (b *Backend) Fetch(dst any, src *tensor.Tensor) ops.Ticket {
	b.call()
	from := b.on("hostile.Fetch", src)
	ops.CheckTransfer("hostile.Fetch", src, dst)
	f := &fetch{done: make(chan struct{}), staged: clone(dst), dst: dst}
	rubbish(dst)
	b.fetches = append(b.fetches, f)
	b.always(func(lost error) {
		if lost == nil {
			f.err = b.inner.Download(f.staged, from())
		}
		close(f.done)
	})
	return ops.Ticket(len(b.fetches))
}

// Await waits until the device has done the fetch, and not for later work.
func (b *Backend) Await(t ops.Ticket) error {
	b.call()
	if t == 0 {
		return nil
	}
	f := b.fetches[t-1]
	if f == nil { // already awaited
		return b.wait()
	}
	b.waited = b.calls
	<-f.done
	if err := errors.Join(b.known(), f.err); err != nil {
		return err
	}
	b.fetches[t-1] = nil
	switch dst := f.dst.(type) {
	case []float32:
		copy(dst, f.staged.([]float32))
	case []float64:
		copy(dst, f.staged.([]float64))
	case []int32:
		copy(dst, f.staged.([]int32))
	case []uint8:
		copy(dst, f.staged.([]uint8))
	}
	return nil
}

// Download is Await of Fetch.
func (b *Backend) Download(dst any, src *tensor.Tensor) error { return b.Await(b.Fetch(dst, src)) }

func clone(host any) any {
	switch v := host.(type) {
	case []float32:
		return slices.Clone(v)
	case []float64:
		return slices.Clone(v)
	case []int32:
		return slices.Clone(v)
	}
	return slices.Clone(host.([]uint8))
}

// rubbish overwrites host numbers that must not be read yet.
func rubbish(host any) {
	switch v := host.(type) {
	case []float32:
		fill(v, 12345)
	case []float64:
		fill(v, 12345)
	case []int32:
		fill(v, 12345)
	case []uint8:
		fill(v, 123)
	}
}

func fill[T any](s []T, v T) {
	for i := range s {
		s[i] = v
	}
}
