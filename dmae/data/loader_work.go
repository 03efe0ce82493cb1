package data

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
)

// share splits a batch into jobs. It is false if the loader was stopped
// meanwhile.
func (l *Loader) share(b *Batch) bool {
	n := b.N()
	b.pending.Store(int32((n + jobSize - 1) / jobSize))
	for lo := 0; lo < n; lo += jobSize {
		select {
		case l.jobs <- job{batch: b, lo: lo, hi: min(lo+jobSize, n)}:
		case <-l.ctx.Done():
			return false
		}
	}
	return true
}

// work processes jobs until the loader is stopped or there are no more.
func (l *Loader) work() {
	w := &worker{steps: l.o.Pipeline}
	for {
		select {
		case <-l.ctx.Done():
			return
		case j, more := <-l.jobs:
			if !more {
				return
			}
			for slot := j.lo; slot < j.hi; slot++ {
				l.fill(w, j.batch, slot)
			}
			if j.batch.pending.Add(-1) == 0 {
				j.batch.ready <- struct{}{}
			}
		}
	}
}

// fill writes the image of a position. In a shuffled epoch the next valid
// image of the data set replaces a corrupt one. The choice does not depend
// on other loaded images, so it is the same after a resume.
func (l *Loader) fill(w *worker, b *Batch, slot int) {
	i := int(b.Index[slot])
	for tries := 1; ; tries++ {
		err := l.put(w, b, i, slot)
		if err == nil {
			b.Index[slot], b.Labels[slot] = uint32(i), int32(l.ds.Label(i))
			return
		}
		if !errors.As(err, new(*CorruptError)) {
			b.note(&b.failed, slotError{slot, i, err})
			return
		}
		b.note(&b.corrupt, slotError{slot, i, err})
		if !l.o.Shuffle || tries > l.o.MaxCorrupt {
			return // settle reports that there are too many
		}
		if tries == l.ds.Len() {
			b.note(&b.failed, slotError{slot, i, fmt.Errorf("all images of the data set %s are corrupt", l.ds.Name())})
			return
		}
		i = (i + 1) % l.ds.Len()
	}
}

// put reads image i and writes it, transformed as in the batch's epoch, to a place of
// the batch.
func (l *Loader) put(w *worker, b *Batch, i, slot int) error {
	im, err := l.ds.Image(i)
	if err != nil {
		return err
	}
	size, addr := l.c*l.h*l.w, AugmentAddr(l.o.Seed, uint32(i), uint32(b.Epoch))
	if l.o.Bytes {
		err = w.applyBytes(b.Bytes[slot*size:(slot+1)*size], im, addr)
	} else {
		err = w.apply(b.Images[slot*size:(slot+1)*size], im, addr)
	}
	if err != nil {
		return fmt.Errorf("image %d of the data set %s: %w", i, l.ds.Name(), err)
	}
	return nil
}

// note keeps an error of the batch.
func (b *Batch) note(list *[]slotError, e slotError) {
	b.mu.Lock()
	defer b.mu.Unlock()
	*list = append(*list, e)
}

// Next returns the next batch, which is valid until the next call of Next.
// After the last one the error is io.EOF. Errors come in the order of the
// batches and are final.
func (l *Loader) Next() (*Batch, error) {
	for l.err == nil {
		if l.held != nil {
			l.free <- l.held // has room for every buffer
			l.held = nil
		}
		if l.err = l.advance(); l.err == nil && l.held.N() > 0 {
			return l.held, nil
		}
	}
	l.cancel()
	return nil, l.err
}

// advance waits for the next batch and handles its errors.
func (l *Loader) advance() error {
	if err := l.ctx.Err(); err != nil {
		return err
	}
	select {
	case b, more := <-l.order:
		if !more {
			if err := l.ctx.Err(); err != nil {
				return err
			}
			return io.EOF
		}
		select {
		case <-b.ready:
			l.held = b
		case <-l.ctx.Done():
			return l.ctx.Err()
		}
	case <-l.ctx.Done():
		return l.ctx.Err()
	}
	return l.settle(l.held)
}

// settle reports corrupt images in the order of the batch and removes their
// positions.
func (l *Loader) settle(b *Batch) error {
	bySlot := func(a, b slotError) int { return cmp.Compare(a.slot, b.slot) }
	if len(b.failed) > 0 {
		slices.SortStableFunc(b.failed, bySlot)
		return b.failed[0].err
	}
	if len(b.corrupt) == 0 {
		return nil
	}
	slices.SortStableFunc(b.corrupt, bySlot)
	for _, e := range b.corrupt {
		if err := l.leftOut.Add(e.image, e.err); err != nil {
			return err
		}
	}
	if l.o.Shuffle {
		return nil
	}
	size := l.c * l.h * l.w
	kept := 0
	for slot := range b.Index {
		if slices.ContainsFunc(b.corrupt, func(e slotError) bool { return e.slot == slot }) {
			continue
		}
		b.Index[kept], b.Labels[kept] = b.Index[slot], b.Labels[slot]
		if l.o.Bytes {
			copy(b.Bytes[kept*size:(kept+1)*size], b.Bytes[slot*size:(slot+1)*size])
		} else {
			copy(b.Images[kept*size:(kept+1)*size], b.Images[slot*size:(slot+1)*size])
		}
		kept++
	}
	b.Index, b.Labels = b.Index[:kept], b.Labels[:kept]
	b.resize(kept * size)
	return nil
}

// resize gives the batch room for the given number of values.
func (b *Batch) resize(values int) {
	if b.bytes != nil {
		b.Bytes = b.bytes[:values]
	} else {
		b.Images = b.images[:values]
	}
}

// Close ends the goroutines of the loader and waits for them. It may be called
// at any time, and more than once.
func (l *Loader) Close() {
	l.cancel()
	l.running.Wait()
}
